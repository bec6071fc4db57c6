#include "format/colour.hpp"

#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/system.hpp"

using namespace slotcat;
using mailslog::level;

namespace {

// The three variables that colour heeds, for as long as it lives.
struct terminal {
  terminal(const char* term, const char* no_color, const char* force) {
    set("TERM", term);
    set("NO_COLOR", no_color);
    set("CLICOLOR_FORCE", force);
  }
  ~terminal() {
    for (const auto* name : {"TERM", "NO_COLOR", "CLICOLOR_FORCE"}) mailslog::test::unset_variable(name);
  }
  static void set(const char* name, const char* value) {
    if (value == nullptr) {
      mailslog::test::unset_variable(name);
    } else {
      mailslog::test::set_variable(name, value);
    }
  }
};

// A test on Windows has no console, whose mode says whether it has colours.
#ifdef _WIN32
constexpr bool on_terminal = false;
#else
constexpr bool on_terminal = true;
#endif

bool automatic(bool to_terminal) { return colour::wanted(colour::mode::automatic, to_terminal); }

}  // namespace

TEST_CASE("colour is for terminals") {
  const terminal t("xterm", nullptr, nullptr);
  CHECK(automatic(true) == on_terminal);
  CHECK_FALSE(automatic(false));
}

TEST_CASE("NO_COLOR, CLICOLOR_FORCE and TERM=dumb are honoured") {
  CHECK_FALSE((terminal("xterm", "1", nullptr), automatic(true)));
  CHECK_FALSE((terminal("dumb", nullptr, nullptr), automatic(true)));
  CHECK((terminal("xterm", "", nullptr), automatic(true)) == on_terminal);
  const terminal forced("xterm", nullptr, "1");
  CHECK(automatic(false));
  mailslog::test::set_variable("NO_COLOR", "1");
  CHECK_FALSE(automatic(false));
  mailslog::test::set_variable("CLICOLOR_FORCE", "0");
  mailslog::test::unset_variable("NO_COLOR");
  CHECK_FALSE(automatic(false));
}

TEST_CASE("option --color overrides the environment") {
  const terminal t("dumb", "1", nullptr);
  CHECK(colour::wanted(colour::mode::always, false));
  const terminal forced("xterm", nullptr, "1");
  CHECK_FALSE(colour::wanted(colour::mode::never, true));
}

namespace {

using colour::depth;

// The text of SGR sequences says which of the 256 colours it is.
unsigned index_in(std::string_view sequence) {
  const auto at = sequence.find("38;5;");
  REQUIRE(at != std::string_view::npos);
  return static_cast<unsigned>(std::stoul(std::string(sequence.substr(at + 5))));
}

// Relative luminance, as WCAG 2 defines it, of a colour of xterm's palette: a cube of 6x6x6, and greys.
double luminance(unsigned index) {
  REQUIRE(index >= 16);
  const auto linear = [](double c) { return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
  if (index >= 232) return linear((8 + 10 * (index - 232)) / 255.0);
  constexpr double steps[] = {0, 95, 135, 175, 215, 255};
  const auto at = index - 16;
  return 0.2126 * linear(steps[at / 36] / 255) + 0.7152 * linear(steps[at / 6 % 6] / 255) + 0.0722 * linear(steps[at % 6] / 255);
}

}  // namespace

TEST_CASE("every colour can be read on black and on white") {
  std::vector<std::string_view> all = {colour::of_gap(depth::full), colour::of_key(depth::full)};
  for (const auto l : {level::trace, level::debug, level::warning, level::error, level::critical}) all.push_back(colour::of_level(l, depth::full));
  colour::sources sources(depth::full);
  for (std::uint32_t hash = 0; hash < 12; ++hash) all.push_back(sources.of(hash));
  for (const auto sequence : all) {
    const auto index = index_in(sequence);
    CAPTURE(index);
    CHECK((luminance(index) + 0.05) / 0.05 >= 4);
    CHECK(1.05 / (luminance(index) + 0.05) >= 4);
  }
}

TEST_CASE("levels have their colours, and a warning's text has none") {
  CHECK(colour::of_level(level::critical, depth::basic) == "\x1b[1;31m");
  CHECK(colour::of_level(level::error, depth::basic) == "\x1b[31m");
  CHECK(colour::of_level(level::warning, depth::basic) == "\x1b[33m");
  for (const auto d : {depth::basic, depth::full}) {
    CHECK(colour::of_level(level::notice, d).empty());
    CHECK(colour::of_level(level::info, d).empty());
    CHECK_FALSE(colour::of_level(level::warning, d).empty());
    CHECK(colour::of_text(level::warning, d).empty());
    CHECK(colour::of_text(level::error, d) == colour::of_level(level::error, d));
    CHECK(colour::of_level(level::trace, d) == colour::of_level(level::debug, d));
  }
}

TEST_CASE("each of the first sources has a colour of its own, and keeps it") {
  const auto d = GENERATE(depth::basic, depth::full);
  const std::size_t count = d == depth::full ? 10 : 4;
  colour::sources sources(d);
  std::set<std::string_view> seen;
  for (std::uint32_t i = 0; i < count; ++i) seen.insert(sources.of(1000 * i));  // which the hash alone would not tell apart
  CHECK(seen.size() == count);
  for (std::uint32_t hash = 7; hash < 50; ++hash) CHECK(seen.count(sources.of(hash)) == 1);
  CHECK(sources.of(1000) == sources.of(1000));
  for (const auto sequence : seen) {
    for (const auto l : {level::debug, level::warning, level::error}) CHECK(sequence != colour::of_level(l, d));
    CHECK(sequence != colour::of_gap(d));
    CHECK(sequence.find("34m") == std::string_view::npos);  // blue
  }
}

TEST_CASE("a theme changes the colours that it names, and no others") {
  const colour::theme own("error=1;35:warn=:gap=7:sources=31,32");
  CHECK(own.of_level(level::error, depth::full) == "\x1b[1;35m");
  CHECK(own.of_text(level::error, depth::basic) == "\x1b[1;35m");
  CHECK(own.of_level(level::warning, depth::full).empty());
  CHECK(own.of_gap(depth::full) == "\x1b[7m");
  CHECK(own.of_key(depth::full) == colour::of_key(depth::full));
  CHECK(own.of_level(level::critical, depth::full) == colour::of_level(level::critical, depth::full));
  colour::sources sources(depth::full, own.sources());
  CHECK(sources.of(5) == "\x1b[31m");
  CHECK(sources.of(6) == "\x1b[32m");
  CHECK(sources.of(8) == "\x1b[31m");
}

TEST_CASE("a terminal's name says whether it knows 256 colours") {
  mailslog::test::unset_variable("COLORTERM");
  CHECK((terminal("xterm-256color", nullptr, nullptr), colour::of_terminal()) == depth::full);
  CHECK((terminal("linux", nullptr, nullptr), colour::of_terminal()) == depth::basic);
}
