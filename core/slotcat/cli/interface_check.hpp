// Whether an address names a network interface that is there.
#pragma once

#include <string_view>

#include <mailslog/address.hpp>

namespace slotcat {

/// Throws `std::runtime_error` if the interface of the address is none of this machine's now: "cannot DO ADDRESS: ...". A reader and a
/// writer say the same of it, while the library's writer waits for it to appear.
void check_interface(const mailslog::address& address, std::string_view doing);

}  // namespace slotcat
