// What tests need of the operating system, in words that all of them understand.
#pragma once

#include <cstdint>
#include <string>

namespace mailslog::test {

unsigned process_id() noexcept;
std::string host_name();

/// Empty where there is no Wine.
std::string wine_version();

/// Of this process's environment and of those that it starts.
void set_variable(const std::string& name, const std::string& value);
void unset_variable(const std::string& name);

/// The local time zone for as long as it lives, as the variable TZ has it.
class in_time_zone {
 public:
  explicit in_time_zone(const std::string& zone);
  in_time_zone(const in_time_zone&) = delete;
  in_time_zone& operator=(const in_time_zone&) = delete;
  ~in_time_zone();
};

/// A new folder for this user alone, with a short path, where temporary files go.
std::string make_temporary_folder();

/// What a file takes there, in bytes.
std::uint64_t room_on_disk(const std::string& path);
/// Whether nobody but its owner, and administrators, may read or write a file.
bool is_private(const std::string& path);

/// Whether anybody reads the local slot `name` of the scratch folder, which is in lower case.
bool is_read(const std::string& name);

/// Whether no socket has the port, not even one that shares it.
bool is_free_udp_port(std::uint16_t port) noexcept;

}  // namespace mailslog::test
