// Anything may arrive on an open port, at full speed: slotcat stays within its memory, shows nothing false, counts what it
// refuses, and goes on reading a sender that behaves.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <rapidjson/document.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mailslog/record_writer.hpp>

#include "support/accounts.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/scratch.hpp"
#include "unit/datagram_builder.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

constexpr auto good_record_every = 5ms;
constexpr std::uint64_t good_records = 400;

/// Sends to a port of this machine as fast as it can, from a thread of its own.
class flood {
 public:
  using maker = std::function<bytes(std::uint64_t)>;

  flood(std::uint16_t port, maker make) {
    // Made in advance: what costs time here gives the reader time.
    constexpr std::size_t different = 4096;
    for (std::size_t i = 0; i < different; ++i) datagrams_.push_back(make(i));
    thread_ = std::thread([this, port, make] { run(port, make); });
  }
  ~flood() {
    stopping_ = true;
    thread_.join();
  }
  std::uint64_t sent() const { return sent_; }

 private:
  void run(std::uint16_t port, const maker& make) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ::sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    ::connect(fd, reinterpret_cast<const ::sockaddr*>(&to), sizeof to);
    for (std::uint64_t n = 0; !stopping_; ++n) {
      auto& d = datagrams_[n % datagrams_.size()];
      if (n >= datagrams_.size()) d = make(n);
      sent_ += ::send(fd, d.data(), d.size(), 0) >= 0 ? 1 : 0;
    }
    ::close(fd);
  }

  std::vector<bytes> datagrams_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> sent_{0};
  std::thread thread_;
};

struct counter {
  std::string name;  ///< in what --stats prints
  std::uint64_t value(const std::string& stats) const {
    const auto at = stats.rfind(name + ' ');
    return at == std::string::npos ? 0 : std::stoull(stats.substr(at + name.size() + 1));
  }
};

long peak_memory(int pid) {  // MiB
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  long kib = 0;
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") status >> kib;
  }
  return kib / 1024;
}

bytes random_bytes(std::mt19937_64& random, std::size_t size) {
  bytes b(size);
  for (auto& c : b) c = static_cast<std::uint8_t>(random());
  return b;
}

wire::sender_frame stranger(std::uint64_t started) { return {started, 1, "stranger", "\x1b]0;stranger\a"}; }

/// One kind of flood: what it sends to the slot, and what slotcat counts it as.
struct attack {
  const char* name;
  flood::maker make;
  const char* counted_as;  ///< null: it is shown, as records of a stranger
};

std::vector<attack> attacks(std::uint32_t tag, const std::shared_ptr<std::mt19937_64>& random) {
  const auto now = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  return {
      {"random bytes", [random](std::uint64_t n) { return random_bytes(*random, n % 1400); }, "foreign"},
      {"nothing at all", [](std::uint64_t) { return bytes(); }, "foreign"},
      {"text of other programs", [](std::uint64_t n) {
         const auto text = "<13>Nov 24 10:41:07 host app: \x1b[2J message " + std::to_string(n);
         return bytes(text.begin(), text.end());
       }, "foreign"},
      {"valid headers, random bodies", [random, tag](std::uint64_t n) {
         return datagram({tag, n % 100, n}).taken() + random_bytes(*random, n % 1300);
       }, "malformed"},
      {"fragments that announce 4 GiB", [tag](std::uint64_t n) {
         const bytes piece(1200, 'p');
         wire::fragment_frame f;
         f.total = std::uint64_t{4} << 30;
         f.bytes = view(piece);
         return datagram({tag, n, 0}).add(f).taken();
       }, "malformed"},
      {"fragments of the largest records, none finished", [tag, now](std::uint64_t n) {
         const bytes piece(1200, 'p');
         wire::fragment_frame f;
         f.total = max_record_size;
         f.offset = n / 2000 * piece.size();
         f.bytes = view(piece);
         return datagram({tag, n % 2000, n / 2000}).add(stranger(now)).add(f).taken();
       }, nullptr},
      {"datagrams that wait for others", [tag, now](std::uint64_t n) {
         const std::string text(1200, 't');
         record r;
         r.text = text;
         return datagram({tag, n % 100, 1 + n / 100 * 2}).add(stranger(now)).add(r, n / 100).taken();
       }, nullptr},
      {"a million sender ids", [tag, now](std::uint64_t n) {
         return datagram({tag, 1'000'000 + n % 1'000'000, 0}).add(stranger(now)).add(record{}, 0).taken();
       }, nullptr},
      {"old sequence numbers", [tag, now](std::uint64_t n) {
         return datagram({tag, 7, n < 4096 ? n : n % 4096}).add(stranger(now)).add(record{}, n % 4096).taken();
       }, "repeated"},
      {"terminal escapes", [tag, now](std::uint64_t n) {
         record r;
         r.text = "\x1b[2J\x1b]0;owned\a\x9b" "31m \xe2\x80\xae";
         r.logger = "\x1b[31m";
         r.attributes = {{"\x1b[0m", "\r\n\x1b[A"}};
         return datagram({tag, 7, n}).add(stranger(now)).add(r, n).taken();
       }, nullptr},
  };
}

}  // namespace

TEST_CASE("a flood of strangers' datagrams is counted, bounded, and leaves a well-behaved sender its records", "[strangers]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto port = scratch_port();
  const auto which = GENERATE(range(std::size_t{0}, std::size_t{10}));
  const auto attack = attacks(wire::slot_tag(name), std::make_shared<std::mt19937_64>(1))[which];
  CAPTURE(attack.name);
  const auto output = folder / "shown";
  const auto at = "*/" + name + "?if=lo&port=" + std::to_string(port);
  process slotcat({"sh", "-c", "exec \"$0\" \"$@\" >\"$SHOWN\"", program("slotcat"), at, "--json", "--stats", "--until-match", "^the end$"},
                  {{"SHOWN", output}});
  numbered_records records(200, true);
  const auto to = "127.0.0.1/" + name + "?max_delay=0&port=" + std::to_string(port) + "&app=";
  std::ifstream shown;
  REQUIRE(wait_until([&] {  // it listens
    record_writer(address(to + "hello")).write(records.make(0, 0));
    shown.close();
    shown.open(output);
    return shown.peek() != EOF || slotcat.ended();
  }));

  std::uint64_t sent = 0;
  {
    record_writer good(address(to + numbered_records::app(1)));
    flood f(port, attack.make);
    for (std::uint64_t n = 0; n < good_records; ++n) {
      (void)good.write(records.make(1, n));
      std::this_thread::sleep_for(good_record_every);  // the sender's pace
    }
    sent = f.sent();
  }
  const auto memory = peak_memory(slotcat.pid());
  record end;
  end.text = "the end";
  REQUIRE(wait_until([&] {
    record_writer(address(to + "end")).write(end);
    return slotcat.ended();
  }));
  CHECK(slotcat.wait() == 0);

  std::uint64_t whole = 0;
  std::uint64_t told = 0;
  std::uint64_t next = 0;
  bool first = true;
  std::size_t escapes = 0;
  std::size_t wrong = 0;
  shown.close();
  shown.open(output);
  for (std::string line; std::getline(shown, line);) {
    for (const char c : line) escapes += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? 1 : 0;
    rapidjson::Document json;
    json.Parse(line.data(), line.size());
    REQUIRE_FALSE(json.HasParseError());
    if (!json.HasMember("app") || json["app"].GetString() != numbered_records::app(1)) continue;
    const bool gap = std::string_view(json["type"].GetString()) == "gap";
    const auto number = json[gap ? "first" : "seq"].GetUint64();
    if (first) next = number;
    first = false;
    wrong += number != next ? 1 : 0;
    next = (gap ? json["last"].GetUint64() : number) + 1;
    told += next - number;
    if (!gap) {
      ++whole;
      wrong += json["message"].GetString() != std::string(records.make(1, number).text) ? 1 : 0;
    }
  }
  const auto stats = slotcat.err();
  WARN(attack.name << ": " << sent << " datagrams sent; of " << good_records << " good records " << whole << " shown, "
                   << told - whole << " reported missing; slotcat had at most " << memory << " MiB; " << stats);
  CHECK(escapes == 0);
  CHECK(wrong == 0);
  CHECK(told <= good_records);
  // What the system's buffers cannot take strikes a sender that behaves as often as the flood.
  const auto dropped = counter{"dropped by kernel"}.value(stats);
  CHECK(static_cast<double>(whole) * static_cast<double>(sent) >= good_records / 2.0 * static_cast<double>(sent - std::min(sent, dropped)));
  if (attack.counted_as != nullptr) CHECK(counter{attack.counted_as}.value(stats) > 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which need memory for themselves
  CHECK(memory <= 64);
#endif
}
