// Senders that start and die at random, readers that restart, and a network that loses 2 %: all day, if need be.
//
//   soak [SECONDS]
//
// The accounts must agree at the end of each reader, and this process and a slotcat that reads all the time must not grow.
// Half of the senders and one of the readers live in this process; the others have processes, and half of those are killed.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>

#include "support/accounts.hpp"
#include "support/lossy_relay.hpp"
#include "support/process.hpp"
#include "support/scratch.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

constexpr unsigned senders = 20;
constexpr std::size_t largest_record = 200 * 1024;
constexpr std::size_t most_sessions = 100'000;
/// How long datagrams may overtake one another, or be waited for.
constexpr std::int64_t under_way = 1'000'000'000;
/// Says what time it is, by the same way as all others: who hears it has heard what was sent before.
const std::string speaking_clock = "speaking-clock";
constexpr long slotcat_pipes = 3;
const std::string group = "239.255.77.1";

std::int64_t now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// What is known of each run of a sender, in memory that is shared with its process. The place in the table is its seed.
struct session {
  std::atomic<std::uint64_t> posted{0};
  std::atomic<std::int64_t> started{0};
  std::atomic<std::int64_t> ended{0};  // 0: not yet, or killed
};

class session_table {
 public:
  explicit session_table(const std::string& file) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void* memory = MAP_FAILED;
    if (fd >= 0 && ::ftruncate(fd, size) == 0) memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot share " + file);
    ::close(fd);
    sessions_ = static_cast<session*>(memory);
  }
  session& operator[](std::uint64_t seed) { return sessions_[seed]; }

 private:
  static constexpr std::size_t size = most_sessions * sizeof(session);
  session* sessions_;
};

class chance {
 public:
  explicit chance(std::uint64_t seed) : random_(seed) {}
  /// From `least` to `most`; small ones are more likely.
  std::chrono::milliseconds time(std::chrono::milliseconds least, std::chrono::milliseconds most) {
    const auto part = std::uniform_real_distribution<double>(0, 1)(random_);
    return least + std::chrono::duration_cast<std::chrono::milliseconds>((most - least) * part * part);
  }
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

 private:
  std::mt19937_64 random_;
};

/// One life of a sender.
void post(const std::string& to, std::uint64_t seed, session& s, std::chrono::milliseconds life, const std::atomic<bool>& stopping) {
  chance dice(seed);
  numbered_records records(largest_record);
  const auto end = std::chrono::steady_clock::now() + life;
  s.started = now();
  {
    record_writer writer(to + "&app=" + numbered_records::app(seed));
    while (std::chrono::steady_clock::now() < end && !stopping) {
      for (auto burst = 1 + dice.below(8); burst != 0; --burst) {
        const auto number = s.posted++;
        (void)writer.write(records.make(seed, number));
      }
      std::this_thread::sleep_for(dice.time(1ms, 800ms));
    }
  }
  s.ended = now();
}

/// What a reader was told in its life.
struct report {
  std::int64_t opened = 0;
  std::int64_t closed = 0;  // the time that the speaking clock told last
  std::map<std::uint64_t, account> senders;
  std::vector<std::string> faults;
};

report listen(const std::string& at, std::chrono::milliseconds life, const std::atomic<bool>& stopping) {
  report r;
  accounts told{numbered_records(largest_record)};
  record_reader reader{address(at)};
  r.opened = now();
  const auto end = std::chrono::steady_clock::now() + life;
  while (std::chrono::steady_clock::now() < end && !stopping) {
    const auto* e = reader.next_event(100ms);
    if (e == nullptr) continue;
    const auto* record = std::get_if<received_record>(e);
    const auto* lost = std::get_if<gap>(e);
    if (record != nullptr && record->from->app == speaking_clock) {
      r.closed = std::stoll(std::string(record->text));
    } else if (lost == nullptr || lost->from->app != speaking_clock) {
      told.take(*e);
    }
  }
  r.senders = told.senders();
  r.faults = told.faults();
  if (told.foreign() != 0) r.faults.emplace_back("foreign messages");
  return r;
}

void print(const report& r, std::ostream& out) {
  out << "life " << r.opened << ' ' << r.closed << '\n';
  for (const auto& [id, a] : r.senders) {
    out << "sender " << id << ' ' << a.first << ' ' << a.next << ' ' << a.delivered << ' ' << a.incomplete << ' ' << a.lost << ' '
        << a.dropped << ' ' << a.app << '\n';
  }
  for (const auto& f : r.faults) out << "fault " << f << '\n';
}

report parse(const std::string& text) {
  report r;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    if (what == "life") {
      words >> r.opened >> r.closed;
    } else if (what == "sender") {
      std::uint64_t id = 0;
      account a;
      words >> id >> a.first >> a.next >> a.delivered >> a.incomplete >> a.lost >> a.dropped >> a.app;
      r.senders[id] = a;
    } else {
      r.faults.push_back(line);
    }
  }
  if (r.closed == 0) r.faults.emplace_back("a reader ended early");
  return r;
}

/// Compares reports with the sessions, and adds up.
class audit {
 public:
  audit(session_table& sessions, const std::atomic<std::uint64_t>& begun) : sessions_(sessions), begun_(begun) {}

  void check(const report& r) {
    const std::lock_guard lock(mutex_);
    ++readers_;
    for (const auto& f : r.faults) fault(f);
    std::vector<bool> heard(begun_ + 1);
    for (const auto& [id, a] : r.senders) {
      sum_.delivered += a.delivered;
      sum_.incomplete += a.incomplete;
      sum_.lost += a.lost;
      sum_.dropped += a.dropped;
      if (a.delivered + a.incomplete + a.lost + a.dropped != a.next - a.first) fault(a.app + ": its sums do not agree");
      std::uint64_t seed = 0;
      if (a.app.empty()) continue;  // its name never came
      if (!numbered_records::seed_of(a.app, seed) || seed >= heard.size()) {
        fault("unknown sender " + a.app);
        continue;
      }
      heard[seed] = true;
      const auto& s = sessions_[seed];
      const auto from_to = " (told of " + std::to_string(a.first) + " to " + std::to_string(a.next) + ')';
      if (a.next > s.posted) fault(a.app + ": posted only " + std::to_string(s.posted) + from_to);
      if (s.started > r.opened && a.first != 0) fault(a.app + ": its beginning was not told" + from_to);
      if (within(s, r) && a.next != s.posted) fault(a.app + ": of " + std::to_string(s.posted) + " not all were told" + from_to);
    }
    for (std::uint64_t seed = 0; seed < heard.size(); ++seed) {
      const auto& s = sessions_[seed];
      if (within(s, r) && s.posted != 0) {
        ++whole_sessions_;
        if (!heard[seed]) fault(numbered_records::app(seed) + ": never heard of");
      }
    }
  }

  void fault(const std::string& what) {
    ++faults_;
    std::cout << "FAULT " << what << std::endl;
  }
  std::string told() const {
    const std::lock_guard lock(mutex_);
    std::ostringstream out;
    out << readers_ << " lives of readers; whole lives of senders heard " << whole_sessions_ << "; told: delivered "
        << sum_.delivered << ", incomplete " << sum_.incomplete << ", lost " << sum_.lost << ", dropped by senders "
        << sum_.dropped << "; faults " << faults_;
    return out.str();
  }
  unsigned faults() const { return faults_; }

 private:
  static bool within(const session& s, const report& r) {
    return s.started > r.opened && s.ended != 0 && s.ended + under_way < r.closed;
  }

  session_table& sessions_;
  const std::atomic<std::uint64_t>& begun_;
  mutable std::mutex mutex_;
  account sum_;
  std::uint64_t readers_ = 0;
  std::uint64_t whole_sessions_ = 0;
  unsigned faults_ = 0;
};

/// What a process has.
struct holdings {
  long memory = 0;  // KiB of its own
  long descriptors = 0;
  long threads = 0;

  void raise_to(const holdings& h) {
    memory = std::max(memory, h.memory);
    descriptors = std::max(descriptors, h.descriptors);
    threads = std::max(threads, h.threads);
  }
  std::string text() const {
    return std::to_string(memory) + " KiB, " + std::to_string(descriptors) + " descriptors, " + std::to_string(threads) + " threads";
  }
};

holdings holdings_of(int pid) {
  holdings h;
  const auto folder = "/proc/" + std::to_string(pid);
  std::ifstream status(folder + "/status");
  for (std::string word; status >> word;) {
    if (word == "RssAnon:") status >> h.memory;
    if (word == "Threads:") status >> h.threads;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/fd")) h.descriptors += entry.path().empty() ? 0 : 1;
  return h;
}

/// Watches a process: what it had at most in the second quarter of the time, and in the last.
class growth {
 public:
  growth(std::string name, int pid) : name_(std::move(name)), pid_(pid) {}

  void look(double part_of_time) {
    last_ = holdings_of(pid_);
    if (part_of_time >= .25 && part_of_time < .5) early_.raise_to(last_);
    if (part_of_time >= .75) late_.raise_to(last_);
  }
  std::string text() const { return name_ + ": " + last_.text(); }
  bool none() const {
    std::cout << name_ << ": at most " << early_.text() << " in the second quarter, " << late_.text() << " in the last\n";
    // Numbers go up and down with the senders that happen to live.
    constexpr long memory_noise = 8 * 1024;
    constexpr long noise = 16;
    return late_.memory <= early_.memory + memory_noise && late_.descriptors <= early_.descriptors + noise &&
           late_.threads <= early_.threads + noise;
  }

 private:
  std::string name_;
  int pid_;
  holdings last_;
  holdings early_;
  holdings late_;
};

std::atomic<bool> asked_to_end{false};

int be_sender(char** argv) {
  session_table table(argv[3]);
  const auto seed = std::strtoull(argv[4], nullptr, 10);
  post(argv[2], seed, table[seed], std::chrono::milliseconds(std::atol(argv[5])), asked_to_end);
  return 0;
}

int be_reader(char** argv) {
  std::signal(SIGTERM, [](int) { asked_to_end = true; });
  print(listen(argv[2], std::chrono::milliseconds(std::atol(argv[3])), asked_to_end), std::cout);
  return 0;
}

int run_soak(const std::string& self, std::chrono::seconds length) {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto port = scratch_port();
  const auto table_file = folder / "sessions";
  session_table table(table_file);
  weather rough;
  rough.drop = .02;
  rough.repeat = .005;
  rough.reorder = .005;
  rough.held_up = 80ms;  // some come when they have been given up
  std::atomic<std::uint64_t> begun{0};
  std::atomic<bool> stop_senders{false};
  std::atomic<bool> stop_readers{false};
  audit books(table, begun);
  const auto empty_handed = holdings_of(::getpid());

  auto relay = std::make_unique<lossy_relay>(rough, 1, group, port);
  const auto to = "127.0.0.1/" + name + "?port=" + std::to_string(relay->port());
  const auto at = "*/" + name + "?if=lo&rcvbuf=256M&group=" + group + "&port=" + std::to_string(port);
  const auto longest_reading = std::max<std::chrono::milliseconds>(20s, std::min<std::chrono::milliseconds>(length / 4, 120s));
  process slotcat({"sh", "-c", "exec \"$0\" \"$@\" >/dev/null", program("slotcat"), at, "--json", "--stats"});

  std::vector<std::thread> sender_threads;
  for (unsigned i = 0; i < senders; ++i) {
    sender_threads.emplace_back([&, i] {
      chance dice(1000 + i);
      while (!stop_senders) {
        const auto seed = begun++;
        if (seed >= most_sessions - senders) return;
        const auto life = dice.time(200ms, 20s);
        if (i % 2 == 0) {
          post(to, seed, table[seed], life, stop_senders);
          continue;
        }
        const bool killed = dice.below(2) == 0;
        process child({self, "sender", to, table_file, std::to_string(seed), std::to_string((killed ? 2 * life : life).count())});
        if (killed) {
          wait_until([&] { return stop_senders.load(); }, life);
          child.signal(SIGKILL);
        }
        const auto code = child.wait(60s);
        if (!killed && code != 0) books.fault("a sender ended with " + std::to_string(code));
      }
    });
  }
  std::vector<std::thread> reader_threads;
  for (unsigned i = 0; i < 2; ++i) {
    reader_threads.emplace_back([&, i] {
      chance dice(2000 + i);
      while (!stop_readers) {
        const auto life = dice.time(10s, longest_reading);
        if (i == 0) {
          books.check(listen(at, life, stop_readers));
        } else {
          process child({self, "reader", at, std::to_string(life.count())});
          wait_until([&] { return stop_readers.load() || child.ended(); }, life + 60s);
          if (stop_readers) child.signal(SIGTERM);
          child.wait();
          books.check(parse(child.out()));
        }
      }
    });
  }

  std::atomic<bool> stop_clock{false};
  std::thread clock([&] {
    record_writer writer(to + "&max_delay=0&app=" + speaking_clock);
    while (!stop_clock) {
      const auto time = std::to_string(now());
      record r;
      r.text = time;
      (void)writer.write(r);
      std::this_thread::sleep_for(50ms);
    }
  });

  growth ours("this process", ::getpid());
  growth theirs("slotcat", slotcat.pid());
  const auto begin = std::chrono::steady_clock::now();
  for (auto next_line = length / 12;;) {
    const auto passed = std::chrono::steady_clock::now() - begin;
    if (passed >= length) break;
    const auto part = std::chrono::duration<double>(passed) / std::chrono::duration<double>(length);
    ours.look(part);
    theirs.look(part);
    if (passed >= next_line) {
      std::cout << std::chrono::duration_cast<std::chrono::seconds>(passed).count() << " s: " << begun << " lives of senders; "
                << ours.text() << "; " << theirs.text() << std::endl;
      next_line += length / 12;
    }
    std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(1s, length / 60));
  }

  stop_senders = true;
  for (auto& t : sender_threads) t.join();
  std::this_thread::sleep_for(std::chrono::nanoseconds(under_way) + 2s);  // so that the readers hear the end, too
  stop_readers = true;
  for (auto& t : reader_threads) t.join();
  stop_clock = true;
  clock.join();
  const auto weather_seen = relay->counted();
  slotcat.signal(SIGINT);
  slotcat.wait();

  std::uint64_t posted = 0;
  for (std::uint64_t seed = 0; seed < begun; ++seed) posted += table[seed].posted;
  std::cout << begun << " lives of senders, " << posted << " records posted in " << weather_seen.taken << " datagrams; lost "
            << weather_seen.dropped << ", repeated " << weather_seen.repeated << ", held up " << weather_seen.held_up << '\n'
            << books.told() << '\n'
            << slotcat.err();
  if (!ours.none()) books.fault("this process has grown");
  if (!theirs.none()) books.fault("slotcat has grown");
  relay.reset();
  const auto in_the_end = holdings_of(::getpid());
  std::cout << "this process: " << empty_handed.text() << " before, " << in_the_end.text() << " after\n";
  if (in_the_end.threads != empty_handed.threads || in_the_end.descriptors > empty_handed.descriptors + slotcat_pipes) {
    books.fault("threads or descriptors are left");
  }
  return books.faults() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string role = argc > 1 ? argv[1] : "60";
  if (role == "sender" && argc == 6) return be_sender(argv);
  if (role == "reader" && argc == 4) return be_reader(argv);
  const auto seconds = std::atol(role.c_str());
  if (seconds <= 0) {
    std::cerr << "usage: soak [SECONDS]\n";
    return 2;
  }
  return run_soak("/proc/" + std::to_string(::getpid()) + "/exe", std::chrono::seconds(seconds));
} catch (const std::exception& e) {
  std::cerr << "soak: " << e.what() << '\n';
  return 1;
}
