#include "cli/interface_check.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "os/interfaces.hpp"

namespace slotcat {

void check_interface(const mailslog::address& address, std::string_view doing) {
  const auto& wanted = address.options().if_;
  const auto names = interface_names();
  if (wanted.empty() || names.empty() || std::find(names.begin(), names.end(), wanted) != names.end()) return;
  throw std::runtime_error(fmt::format("cannot {} \"{}\": no network interface is called \"{}\"; there are {}", doing, address.text(), wanted, fmt::join(names, ", ")));
}

}  // namespace slotcat
