#include "read/open_advice.hpp"

namespace slotcat {

std::string_view open_advice(const std::error_code& error, bool classic) noexcept {
  const auto is = [&](std::errc e) { return error == e; };
  if (classic && is(std::errc::permission_denied)) return "see \"If a slot cannot be opened\" in slotcat(1)";
  if (is(std::errc::permission_denied) || is(std::errc::operation_not_permitted)) {
    return "ask the owner of that folder or port for access; for a folder of your own set MAILSLOG_DIR";
  }
  if (is(std::errc::address_in_use)) return "another program owns that port; end it, or choose another with --port";
  if (is(std::errc::file_exists)) return "end the other reader, or read */NAME, which any number of readers may";
  if (is(std::errc::no_such_device) || is(std::errc::no_such_device_or_address) || is(std::errc::address_not_available) ||
      is(std::errc::network_unreachable)) {
    return "see with `ip address` which interfaces are up, and name one with --if";
  }
  if (is(std::errc::filename_too_long)) return "set MAILSLOG_DIR to a folder with a shorter name";
  if (is(std::errc::no_such_file_or_directory) || is(std::errc::not_a_directory) || is(std::errc::read_only_file_system)) {
    return "set MAILSLOG_DIR to a folder that exists and that you may write to";
  }
  if (is(std::errc::no_space_on_device)) return "make room on that disk, or set MAILSLOG_DIR to a folder on another";
  if (is(std::errc::too_many_files_open) || is(std::errc::too_many_files_open_in_system)) {
    return "raise the number of open files with ulimit -n, or read fewer slots at once";
  }
  return "see \"If a slot cannot be opened\" in slotcat(1)";
}

}  // namespace slotcat
