#include "format/colour.hpp"

#include <string>

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

TEST_CASE("levels have their colours") {
  CHECK(colour::of_level(level::critical) == "\x1b[1;31m");
  CHECK(colour::of_level(level::error) == "\x1b[31m");
  CHECK(colour::of_level(level::warning) == "\x1b[33m");
  CHECK(colour::of_level(level::notice).empty());
  CHECK(colour::of_level(level::info).empty());
  CHECK(colour::of_level(level::debug) == "\x1b[90m");
  CHECK(colour::of_level(level::trace) == "\x1b[90m");
}

TEST_CASE("sources are never red, yellow, magenta or grey") {
  for (std::uint32_t hash = 0; hash < 100; ++hash) {
    const std::string sequence(colour::of_source(hash));
    for (const auto* taken : {"31m", "33m", "35m", "90m", "91m", "93m", "95m"}) {
      CHECK(sequence.find(taken) == std::string::npos);
    }
  }
}
