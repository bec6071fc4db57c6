// Programs that log are ended at random moments, in all ways: each record whose log call had returned is remembered, once, in order and byte
// for byte, and nothing is that was not logged.
//
//   killed [ROUNDS] [SEED]
//   killed --memory CGROUP     one that the system ends for want of memory: CGROUP is its folder, with a bound
//
// A reader was there before, comes while the program logs, or afterwards; then it is slotcat as a rule.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <mailslog/record_reader.hpp>

#include "hostile/hosts.hpp"
#include "notes.hpp"
#include "support/process.hpp"
#include "support/scratch.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

enum class reading { before, meanwhile, afterwards, by_slotcat };
const char* const reading_names[] = {"before", "meanwhile", "afterwards", "slotcat"};

struct round {
  std::uint64_t seed = 0;
  std::string via;
  std::string address;
  unsigned threads = 1;
  std::string way;
  std::int64_t after = 0;  // microseconds
  reading how = reading::afterwards;

  bool plain() const { return how == reading::by_slotcat; }
  bool synchronous() const { return via.find("async") == std::string::npos; }
  std::string text() const {
    std::ostringstream out;
    out << "seed " << seed << ": " << via << " to " << address << ", " << threads << " threads, " << way << " after " << after << " us, read "
        << reading_names[static_cast<int>(how)];
    return out.str();
  }
};

/// What a reader was given, and what is wrong with it.
class judge {
 public:
  explicit judge(const round& r) : round_(r) {}

  void take(const event& e) {
    if (const auto* record = std::get_if<received_record>(&e)) {
      if (!record->missing.empty() || record->start_missing) fault("an incomplete record");
      take(std::string(record->text));
    } else if (const auto* g = std::get_if<gap>(&e)) {
      fault("a gap of " + std::to_string(g->lost) + " lost and " + std::to_string(g->dropped) + " dropped records at " + std::to_string(g->first));
    } else if (const auto* end = std::get_if<ended>(&e)) {
      ++ends_;
      if (end->well) fault("a good end");
    }
  }
  void take(const std::string& text) {
    unsigned thread = 0;
    unsigned long long number = 0;
    if (std::sscanf(text.c_str(), "%u %llu ", &thread, &number) != 2 || thread >= round_.threads) {
      fault("a record that was not logged: " + text.substr(0, 80));
      return;
    }
    auto& next = next_[thread];
    if (number != next) fault("record " + std::to_string(number) + " of thread " + std::to_string(thread) + " in the place of " + std::to_string(next));
    if (text != text_of(round_.seed, thread, number, round_.plain())) fault("record " + std::to_string(number) + " has another text");
    next = number + 1;
    ++records_;
  }
  void end(const notes& noted) {
    for (unsigned t = 0; t < round_.threads; ++t) {
      const auto returned = noted.returned[t].load();
      if (round_.synchronous() && next_[t] < returned) {
        fault("of thread " + std::to_string(t) + " " + std::to_string(returned - next_[t]) + " of " + std::to_string(returned) + " records are missing at the end");
      }
      if (next_[t] > noted.begun[t].load()) fault("more records than were logged");
    }
  }
  bool has_ended() const { return ends_ != 0; }
  std::uint64_t records() const { return records_; }
  void fault(const std::string& what) {
    constexpr std::size_t most = 10;
    if (faults_.size() < most) faults_.push_back(what);
  }
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  const round& round_;
  std::map<unsigned, std::uint64_t> next_;
  std::uint64_t records_ = 0;
  unsigned ends_ = 0;
  std::vector<std::string> faults_;
};

history_request all() {
  history_request h;
  h.last = all_of_history;
  return h;
}

bool logged_any(const round& r, const notes& noted) {
  for (unsigned t = 0; t < r.threads; ++t) {
    if (noted.returned[t] != 0) return true;
  }
  return false;
}

// Until its end is told. What only waits in another thread is not remembered: then there may be no end to tell.
void read(record_reader& reader, judge& to, const round& r) {
  while (!to.has_ended()) {
    const auto* e = reader.next_event(r.synchronous() ? std::chrono::nanoseconds(deadline) : 1500ms);
    if (e != nullptr) {
      to.take(*e);
    } else {
      if (r.synchronous()) to.fault("its end is not told");
      return;
    }
  }
}

void read_by_slotcat(const round& r, judge& to) {
  // Address options are the writer's.
  const auto name = r.address.substr(0, r.address.find('?'));
  const auto shown = run({program("slotcat"), name.substr(name.rfind('/') + 1), "-e", "-o", "cat"});
  std::istringstream lines(shown.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("-- crashed: ", 0) == 0) continue;
    to.take(line);
  }
}

// Until it has ended, or is killed.
void watch(process& victim, const round& r, std::vector<record_reader>& readers, judge& to) {
  const auto began = std::chrono::steady_clock::now();
  const auto at = began + std::chrono::microseconds(r.after);
  if (r.how == reading::meanwhile) {
    std::this_thread::sleep_for(std::chrono::microseconds(r.after / 3));
    readers.emplace_back(address(r.address), all());
  }
  while (!victim.ended()) {
    const auto now = std::chrono::steady_clock::now();
    if (r.way == "kill" && now >= at) return victim.kill();
    if (now > began + deadline) return to.fault("it does not end");
    const auto left = std::min<std::chrono::nanoseconds>(r.way == "kill" ? at - now : 1ms, 1ms);
    if (readers.empty()) {
      std::this_thread::sleep_for(left);
    } else if (const auto* e = readers.back().next_event(left)) {
      to.take(*e);
    }
  }
}

std::vector<std::string> command(const round& r, const std::string& notes_file) {
  return {program("victim"), notes_file, r.via, r.address, std::to_string(r.threads), std::to_string(r.seed), r.way, std::to_string(r.after), r.plain() ? "plain" : "any"};
}

// What was wrong; nothing if all was right.
std::vector<std::string> play(const round& r, std::uint64_t& records) {
  const scratch_folder folder;
  const auto file = folder / "notes";
  auto& noted = open_notes(file);
  judge j(r);
  std::vector<record_reader> readers;
  const auto reader_at = address(r.address);
  if (r.how == reading::before) readers.emplace_back(reader_at);
  process victim(command(r, file));
  if (!wait_until([&] { return noted.running || victim.ended(); })) j.fault("it did not begin");
  watch(victim, r, readers, j);
  if (victim.wait() == -1) j.fault("it did not end");
  if (r.how == reading::afterwards) readers.emplace_back(reader_at, all());
  if (!readers.empty()) {
    // Nothing remembered, nothing ended.
    if (logged_any(r, noted)) read(readers.back(), j, r);
  } else {
    read_by_slotcat(r, j);
  }
  j.end(noted);
  records += j.records();
  close_notes(noted);
  return j.faults();
}

round any_round(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t end) { return random() % end; };
  round r;
  r.seed = seed;
  const auto& hosts = all_hosts();
  r.via = hosts[below(hosts.size())];
  const auto name = "killed" + std::to_string(seed % 1000);
  // 100 000 bytes in one record must not be more than half of what is remembered.
  const bool local = below(3) != 0;
  r.address = (local ? name : "*/" + name) + "?history=64M" + (local ? "" : "&if=lo&port=" + std::to_string(scratch_port())) +
              (below(2) == 0 ? "&max_delay=0" : "");
  r.threads = 1 + static_cast<unsigned>(below(most_threads));
  const std::vector<std::string> ways{"kill", "kill", "kill", "abort", "_exit", "exec", "overflow"};
  r.way = ways[below(ways.size())];
  r.after = static_cast<std::int64_t>(below(4) == 0 ? below(300) : below(2) == 0 ? below(5000) : below(60'000));
  r.how = static_cast<reading>(below(4));
  return r;
}

int report(const round& r, const std::vector<std::string>& faults) {
  if (faults.empty()) return 0;
  std::cout << "WRONG " << r.text() << '\n';
  for (const auto& f : faults) std::cout << "      " << f << '\n';
  std::cout.flush();
  return 1;
}

int out_of_memory(const std::string& cgroup) {
  // This process and what it starts.
  if (!(std::ofstream(cgroup + "/cgroup.procs") << ::getpid() << std::flush)) {
    std::cerr << "cannot enter " << cgroup << '\n';
    return 77;
  }
  int wrong = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto r = any_round(seed);
    r.via = all_hosts().front();
    r.threads = 2;
    r.way = "memory";
    r.how = reading::afterwards;
    std::uint64_t records = 0;
    auto faults = play(r, records);
    if (records == 0) faults.emplace_back("no record");
    wrong += report(r, faults);
  }
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--memory") return out_of_memory(argv[2]);
  const auto rounds = argc > 1 ? std::stoul(argv[1]) : 200;
  const auto seed = argc > 2 ? std::stoull(argv[2]) : std::random_device()();
  std::cout << "killed " << rounds << ' ' << seed << '\n' << std::flush;
  int wrong = 0;
  std::uint64_t records = 0;
  for (unsigned long i = 0; i < rounds; ++i) {
    const auto r = any_round(seed + i);
    wrong += report(r, play(r, records));
  }
  std::cout << records << " records of " << rounds << " programs were read, " << wrong << " programs not as they should be\n";
  return wrong == 0 ? 0 : 1;
}
