// Addresses, their names and options, and what is said of bad ones.
#include <mailslog/address.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace mailslog;
using namespace std::chrono_literals;

namespace {

/// What is said of a bad address; empty if it is taken.
std::string complaint(const std::string& text, slot_options options = {}) {
  try {
    address a(text, std::move(options));
    return "";
  } catch (const address_error& e) {
    return e.what();
  }
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an address says where a slot is", "[address]") {
  struct {
    const char* text;
    slot_scope scope;
    const char* host;
    const char* name;
  } const cases[] = {
      {"sensors", slot_scope::local, "", "sensors"},
      {"./sensors", slot_scope::local, "", "sensors"},
      {"./builds/linux/gcc", slot_scope::local, "", "builds/linux/gcc"},
      {"*/build-farm", slot_scope::lan, "", "build-farm"},
      {"*/builds/linux/gcc", slot_scope::lan, "", "builds/linux/gcc"},
      {"buildbox/farm", slot_scope::host, "buildbox", "farm"},
      {"buildbox.example.org/a/b", slot_scope::host, "buildbox.example.org", "a/b"},
      {"192.0.2.7/farm", slot_scope::host, "192.0.2.7", "farm"},
      {"[2001:db8::1]/farm", slot_scope::host, "2001:db8::1", "farm"},
      {"[::1]/a/b", slot_scope::host, "::1", "a/b"},
      {R"(\\.\mailslot\sensors)", slot_scope::local, "", "sensors"},
      {R"(\\.\Mailslot\Builds\Linux)", slot_scope::local, "", "builds/linux"},
      {"//./mailslot/sensors", slot_scope::local, "", "sensors"},
      {"*/caf\u00e9 au lait", slot_scope::lan, "", "caf\u00e9 au lait"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const address a(c.text);
    CHECK(a.scope() == c.scope);
    CHECK(a.host() == c.host);
    CHECK(a.name() == c.name);
    CHECK(a.text() == c.text);
  }
}

TEST_CASE("the letters of a slot's name count as small ones", "[address]") {
  CHECK(address("Build-FARM").name() == "build-farm");
  CHECK(address("*/Build-FARM").name() == "build-farm");
  // Only A to Z: what else has cases depends on whom one asks.
  CHECK(address("\u00c9T\u00c9").name() == "\u00c9t\u00c9");
}

TEST_CASE("a bad name is quoted, with what is wrong about it", "[address]") {
  struct {
    std::string text;
    const char* reason;
  } const cases[] = {
      {"", "empty"},
      {"./", "empty"},
      {"*/", "empty"},
      {"host/", "empty"},
      {"*/a//b", "part of the slot's name is empty"},
      {"*/a/", "part of the slot's name is empty"},
      {"./a/../b", "\"..\""},
      {"./a/./b", "\".\""},
      {"*/..", "\"..\""},
      {" a", "space"},
      {"a ", "space"},
      {"*/a:b", "':'"},
      {"*/a*b", "'*'"},
      {"*/a\"b", "'\"'"},
      {"*/a<b", "'<'"},
      {"*/a>b", "'>'"},
      {"*/a|b", "'|'"},
      {"*/a%b", "'%'"},
      {"*/a#b", "'#'"},
      {"*/a\\b", "'\\'"},
      {"*/" + std::string(65, 'n'), "65 bytes"},
      {"/a", "host is empty"},
      {"a b/c", "' '"},
      {"\u00e9/c", "not allowed"},
      {"[2001:db8::1/farm", "]/"},
      {"[2001:db8::1]", "]/"},
      {"[buildbox]/farm", "no IPv6 address"},
      {"[]/farm", "no IPv6 address"},
      {R"(\\.\pipe\x)", "\\mailslot\\"},
      {R"(\\.\mailslot)", "\\mailslot\\"},
      {R"(\\.\mailslot\)", "empty"},
      {std::string(254, 'h') + "/a", "253"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const auto said = complaint(c.text);
    CHECK(has(said, c.reason));
    CHECK(has(said, "\"" + c.text + "\""));
  }
  CHECK(complaint("*/" + std::string(64, 'n')) == "");
}

TEST_CASE("what a terminal would act on is shown as its bytes", "[address]") {
  CHECK(has(complaint("*/a\nb"), R"("*/a\x0ab": the slot's name has the byte 0x0a)"));
  CHECK(has(complaint("*/a\x7f" "b"), R"("*/a\x7fb": the slot's name has the byte 0x7f)"));
  CHECK(has(complaint(std::string("*/a\0b", 5)), R"("*/a\x00b": the slot's name has the byte 0x00)"));
  CHECK(has(complaint("\u00e9/c"), "the host's name has the byte 0xc3"));
}

TEST_CASE("remote mailslots have their addresses, with either kind of slash", "[address][classic]") {
  struct {
    const char* text;
    const char* host;
    const char* name;
  } const cases[] = {
      {R"(\\*\mailslot\farm)", "*", "farm"},
      {"//*/mailslot/farm", "*", "farm"},
      {R"(\\BUILDBOX\MAILSLOT\Net\Logon)", "BUILDBOX", "net/logon"},
      {"//buildbox.example.org/mailslot/farm", "buildbox.example.org", "farm"},
      {R"(\\192.0.2.7\mailslot\farm)", "192.0.2.7", "farm"},
      {R"(\\LAB#1C\mailslot\farm)", "LAB#1C", "farm"},
      {R"(\\*#00\mailslot\farm)", "*#00", "farm"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const address a(c.text);
    CHECK(a.scope() == slot_scope::classic);
    CHECK(a.classic());
    CHECK(a.host() == c.host);
    CHECK(a.name() == c.name);
  }
  CHECK(address(R"(\\.\mailslot\farm?classic=1)").scope() == slot_scope::local);
  CHECK(address(R"(\\.\mailslot\farm?classic=1)").classic());
  CHECK_FALSE(address(R"(\\.\mailslot\farm)").classic());
}

TEST_CASE("what no remote mailslot can be called is refused", "[address][classic]") {
  CHECK(has(complaint(R"(\\LAB#1\mailslot\farm)"), "two hexadecimal digits"));
  CHECK(has(complaint(R"(\\LAB#xy\mailslot\farm)"), "two hexadecimal digits"));
  CHECK(has(complaint(R"(\\#1c\mailslot\farm)"), "host is empty"));
  CHECK(has(complaint(R"(\\A B\mailslot\farm)"), "' '"));
  CHECK(has(complaint("//*/mailslot/caf\u00e9"), "ASCII"));
  CHECK(has(complaint("caf\u00e9?classic=1"), "ASCII"));
  CHECK(has(complaint("*/farm?classic=1"), "classic="));
  CHECK(has(complaint("buildbox/farm?classic=1"), "classic="));
}

TEST_CASE("options in an address override those in the struct", "[address]") {
  slot_options given;
  given.ttl = 3;
  given.port = 1000;
  const address a("*/farm?ttl=2&if=eth1&limit=1400", given);
  CHECK(a.name() == "farm");
  CHECK(a.options().ttl == 2);
  CHECK(a.options().if_ == "eth1");
  CHECK(a.options().limit == 1400);
  CHECK(a.options().port == 1000);
}

TEST_CASE("every option has the same name in an address", "[address]") {
  const address a(
      "*/farm?port=4425&group=239.255.1.2&if=lo&family=6&ttl=255&limit=65507&max_delay=500us&flush_level=crit"
      "&overflow=block&queue=2M&block_time=1min&linger=0&pace=10M&app=cc&max_message_size=1K&read_timeout=forever"
      "&rcvbuf=1G&max_memory=1M&reorder_wait=20ms&workgroup=LAB&classic_port=1138&source_port=138&announce=1"
      "&fallback=udp&checksum=1&security=D:P(A;;GA;;;WD)");
  const auto& o = a.options();
  CHECK(o.port == 4425);
  CHECK(o.group == "239.255.1.2");
  CHECK(o.if_ == "lo");
  CHECK(o.family == ip_family::ipv6);
  CHECK(o.ttl == 255);
  CHECK(o.limit == 65507);
  CHECK(o.max_delay == 500us);
  CHECK(o.flush_level == level::critical);
  CHECK(o.overflow == overflow_policy::block);
  CHECK(o.queue == 2 * 1024 * 1024);
  CHECK(o.block_time == 1min);
  CHECK(o.linger == 0s);
  CHECK(o.pace == 10 * 1024 * 1024);
  CHECK(o.app == "cc");
  CHECK(o.max_message_size == 1024);
  CHECK(o.read_timeout == forever);
  CHECK(o.rcvbuf == std::size_t{1024} * 1024 * 1024);
  CHECK(o.max_memory == 1024 * 1024);
  CHECK(o.reorder_wait == 20ms);
  CHECK(o.workgroup == "LAB");
  CHECK(o.classic_port == 1138);
  CHECK(o.source_port == 138);
  CHECK(o.announce);
  CHECK(o.checksum);
  CHECK(o.fallback == fallback_mode::udp);
  CHECK(o.security == "D:P(A;;GA;;;WD)");

  CHECK(address("a?classic=1").options().classic == classic_mode::on);
  CHECK(address("a?classic=wire").options().classic == classic_mode::wire);
  CHECK(address("a?classic=wire&classic=0").options().classic == classic_mode::off);
  CHECK(address("a?max_delay=7ns").options().max_delay == 7ns);
  CHECK(address("a?max_delay=7s").options().max_delay == 7s);
  CHECK(address("a?overflow=drop_oldest").options().overflow == overflow_policy::drop_oldest);
  CHECK(address("a?overflow=block&overflow=drop_newest").options().overflow == overflow_policy::drop_newest);
  CHECK(address("a?family=4").options().family == ip_family::ipv4);
  CHECK(address("a?family=any").options().family == ip_family::any);
  CHECK(address("a?group=ff05::1").options().group == "ff05::1");
}

TEST_CASE("a bad option is named, with what is accepted", "[address]") {
  struct {
    const char* query;
    const char* option;
    const char* accepted;
  } const cases[] = {
      {"port=0", "port", "65535"},
      {"port=65536", "port", "65535"},
      {"port=-1", "port", "65535"},
      {"port=", "port", "65535"},
      {"port", "port", "65535"},
      {"port=80x", "port", "65535"},
      {"ttl=256", "ttl", "255"},
      {"ttl=-1", "ttl", "255"},
      {"limit=127", "limit", "65507"},
      {"limit=65508", "limit", "65507"},
      {"limit=1T", "limit", "65507"},
      {"family=5", "family", "4 or 6"},
      {"overflow=wait", "overflow", "drop_oldest"},
      {"flush_level=bad", "flush_level", "level"},
      {"max_delay=ms", "max_delay", "20ms"},
      {"max_delay=-5ms", "max_delay", "20ms"},
      {"max_delay=99999999999999999999s", "max_delay", "20ms"},
      {"max_delay=9223372037s", "max_delay", "20ms"},
      {"queue=18446744073709551615G", "queue", "bytes"},
      {"queue=1.5X", "queue", "bytes"},
      {"pace=fast", "pace", "bytes"},
      {"max_memory=1K", "max_memory", "1M"},
      {"group=192.0.2.1", "group", "multicast"},
      {"group=nonsense", "group", "multicast"},
      {"group=", "group", "multicast"},
      {"if=", "if", "interface"},
      {"classic=2", "classic", "0, 1 or wire"},
      {"workgroup=", "workgroup", "15"},
      {"workgroup=0123456789abcdef", "workgroup", "15"},
      {"workgroup=a:b", "workgroup", "15"},
      {"classic_port=1", "classic_port", "65535"},
      {"source_port=65536", "source_port", "65535"},
      {"announce=yes", "announce", "0 or 1"},
      {"fallback=tcp", "fallback", "none or udp"},
      {"security=", "security", "SDDL"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.query);
    const auto said = complaint("*/farm?" + std::string(c.query));
    CHECK(has(said, "option " + std::string(c.option) + " "));
    CHECK(has(said, c.accepted));
  }
  const auto unknown = complaint("*/farm?tll=2");
  CHECK(has(unknown, "\"tll\""));
  CHECK(has(unknown, "ttl"));
}

TEST_CASE("a program's own options are checked like those in an address", "[address]") {
  const auto said_of = [](auto change) {
    slot_options o;
    change(o);
    return complaint("*/farm", o);
  };
  CHECK(has(said_of([](auto& o) { o.port = 0; }), "port"));
  CHECK(has(said_of([](auto& o) { o.ttl = -1; }), "ttl"));
  CHECK(has(said_of([](auto& o) { o.ttl = 256; }), "ttl"));
  CHECK(has(said_of([](auto& o) { o.limit = 127; }), "limit"));
  CHECK(has(said_of([](auto& o) { o.limit = 65508; }), "limit"));
  CHECK(has(said_of([](auto& o) { o.group = "127.0.0.1"; }), "group"));
  CHECK(has(said_of([](auto& o) { o.workgroup = ""; }), "workgroup"));
  CHECK(has(said_of([](auto& o) { o.classic_port = 0; }), "classic_port"));
  CHECK(has(said_of([](auto& o) { o.overflow = static_cast<overflow_policy>(3); }), "overflow"));
  CHECK(has(said_of([](auto& o) { o.overflow = static_cast<overflow_policy>(-1); }), "drop_newest"));
  CHECK(has(said_of([](auto& o) { o.family = static_cast<ip_family>(3); }), "family"));
  CHECK(has(said_of([](auto& o) { o.classic = static_cast<classic_mode>(3); }), "classic"));
  CHECK(has(said_of([](auto& o) { o.fallback = static_cast<fallback_mode>(2); }), "fallback"));
  CHECK(has(said_of([](auto& o) { o.flush_level = static_cast<level>(7); }), "flush_level"));
  CHECK(said_of([](auto&) {}) == "");
}

TEST_CASE("a reader can open the slots of its own machine only", "[address]") {
  for (const char* own : {"farm", "./farm", "*/farm", R"(\\.\mailslot\farm)", R"(\\*\mailslot\farm)"}) {
    CAPTURE(own);
    CHECK(address(own).readable());
  }
  for (const char* other : {"host/farm", "[::1]/farm", R"(\\HOST\mailslot\farm)", R"(\\*#1c\mailslot\farm)"}) {
    CAPTURE(other);
    CHECK_FALSE(address(other).readable());
  }
}
