// slotcat: prints the log records that are posted to mailslots, and posts some.
#include <clocale>
#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <mailslog/error.hpp>

#include "exit_code.hpp"
#include "options.hpp"
#include "read.hpp"
#include "send.hpp"

namespace {

using namespace slotcat;

// A descriptor of ours must not get the number of a standard stream that the caller closed.
void hold_standard_streams() {
  for (;;) {
    const int descriptor = ::open("/dev/null", O_RDONLY);
    if (descriptor > STDERR_FILENO) ::close(descriptor);
    if (descriptor < 0 || descriptor > STDERR_FILENO) return;
  }
}

template <class Options, class Run>
exit_code run_or_print(std::variant<Options, print_only> asked, Run run) {
  if (const auto* print = std::get_if<print_only>(&asked)) {
    std::fputs(print->text.c_str(), stdout);
    return exit_code::ended;
  }
  return run(std::move(std::get<Options>(asked)));
}

exit_code run(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments.front() == "send") {
    return run_or_print(parse_send_options({arguments.begin() + 1, arguments.end()}),
                        [](const send_options& options) { return send(options); });
  }
  return run_or_print(parse_read_options(arguments), [](read_options options) { return read(std::move(options)); });
}

exit_code fail(exit_code code, const std::string& what) {
  fmt::print(stderr, "slotcat: {}\n", what);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_streams();
  std::setlocale(LC_TIME, "");
  try {
    return run({argv + 1, argv + argc});
  } catch (const usage_error& e) {
    return fail(exit_code::bad_usage, e.what());
  } catch (const mailslog::address_error& e) {
    return fail(exit_code::bad_usage, e.what());
  } catch (const std::exception& e) {
    return fail(exit_code::cannot_open, e.what());
  }
}
