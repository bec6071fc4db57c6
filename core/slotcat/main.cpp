// slotcat: prints the log records that are posted to mailslots, and posts some.
#include <clocale>
#include <exception>
#include <new>
#include <string>

#include <mailslog/error.hpp>

#include "cli/exit_code.hpp"
#include "cli/values.hpp"
#include "command.hpp"
#include "os/console.hpp"
#include "os/say.hpp"
#include "os/stop.hpp"

namespace {

using namespace slotcat;

exit_code fail(exit_code code, const std::string& what) {
  say(what);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const console streams;
  std::setlocale(LC_TIME, "");
  try {
    const auto code = run(arguments(argc, argv));
    if (code == exit_code::interrupted) die_of_interrupt();
    return code;
  } catch (const usage_error& e) {
    return fail(exit_code::bad_usage, e.what());
  } catch (const mailslog::address_error& e) {
    return fail(exit_code::bad_usage, e.what());
  } catch (const std::bad_alloc&) {
    say("there is no memory for it");
    return exit_code::cannot_open;
  } catch (const std::exception& e) {
    return fail(exit_code::cannot_open, e.what());
  }
}
