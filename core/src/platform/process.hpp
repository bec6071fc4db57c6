// Who we are.
#pragma once

#include <cstdint>
#include <string>

namespace mailslog::platform {

/// The machine's name; "unknown" if the system does not say.
std::string host_name();
/// File name of the running program, without its folder.
std::string program_name();
std::uint64_t process_id() noexcept;
/// Not predictable, and different in each process.
std::uint64_t random_id();

}  // namespace mailslog::platform
