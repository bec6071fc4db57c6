// slotcat: prints the log records that are posted to mailslots, and posts some.
#include <clocale>
#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include <mailslog/error.hpp>

#include "os/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/options.hpp"
#include "read/read.hpp"
#include "send/send.hpp"

namespace {

using namespace slotcat;

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
  const console streams;
  std::setlocale(LC_TIME, "");
  try {
    return run(arguments(argc, argv));
  } catch (const usage_error& e) {
    return fail(exit_code::bad_usage, e.what());
  } catch (const mailslog::address_error& e) {
    return fail(exit_code::bad_usage, e.what());
  } catch (const std::exception& e) {
    return fail(exit_code::cannot_open, e.what());
  }
}
