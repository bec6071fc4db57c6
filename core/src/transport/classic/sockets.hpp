// The sockets of those who listen to NetBIOS: one on each address of the machine, and one on each broadcast address. A socket on
// all addresses would lose what is sent to one of them to any other program that has a socket there.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>


#include "platform/interfaces.hpp"
#include "platform/udp_socket.hpp"
#include "transport/transport.hpp"
#include "transport/classic/classic.hpp"

namespace mailslog::transport::classic {

endpoint ipv4_endpoint(const std::array<std::uint8_t, 4>& address, std::uint16_t port) noexcept;

/// One thread at a time, but for `add_handles`.
class listening_sockets {
 public:
  struct one {
    endpoint at;
    std::array<std::uint8_t, 4> own{};  ///< our address there
    platform::udp_socket socket;
    std::uint32_t dropped = 0;          ///< as last told
  };

  /// Throws `std::system_error` if there is no socket to be had: "cannot listen ... for `purpose`: ...".
  listening_sockets(std::uint16_t port, const classic_options& options, const std::string& purpose);

  /// Those that the host has closed are `lost`, until `refresh` opens others.
  std::vector<one>& all() noexcept { return all_; }
  void add_handles(std::vector<platform::wait_handle>& to) const;
  /// Follows changes of the machine's addresses, now and then.
  void refresh() noexcept;

 private:
  std::error_code update(endpoint& failed);

  std::uint16_t port_;
  classic_options options_;
  std::vector<one> all_;
  mutable std::mutex mutex_;  // where `all_` changes, and where another thread looks
  std::chrono::steady_clock::time_point updated_{};
};

}  // namespace mailslog::transport::classic
