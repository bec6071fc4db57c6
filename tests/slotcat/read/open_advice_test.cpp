#include "read/open_advice.hpp"

#include <string>

#include "support/catch.hpp"

using namespace slotcat;

TEST_CASE("every problem of opening has advice that names something to type or to change") {
  const auto advice = [](std::errc e) { return std::string(open_advice(std::make_error_code(e))); };
  CHECK_THAT(advice(std::errc::permission_denied), ContainsSubstring("MAILSLOG_DIR"));
  CHECK_THAT(std::string(open_advice(std::make_error_code(std::errc::permission_denied), true)), ContainsSubstring("slotcat(1)"));
  CHECK_THAT(advice(std::errc::address_in_use), ContainsSubstring("--port"));
  CHECK_THAT(advice(std::errc::file_exists), ContainsSubstring("*/NAME"));
  CHECK_THAT(advice(std::errc::no_such_device), ContainsSubstring("--if"));
  CHECK_THAT(advice(std::errc::filename_too_long), ContainsSubstring("shorter"));
  CHECK_THAT(advice(std::errc::no_such_file_or_directory), ContainsSubstring("MAILSLOG_DIR"));
  CHECK_THAT(advice(std::errc::too_many_files_open), ContainsSubstring("ulimit -n"));
  CHECK_THAT(advice(std::errc::interrupted), ContainsSubstring("slotcat(1)"));
}
