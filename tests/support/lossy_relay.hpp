// A UDP port that passes on what it gets, as a bad network would.
//
//   lossy_relay relay({.02}, 1, "127.0.0.1", reader_port);
//   record_writer writer("127.0.0.1/x?port=" + std::to_string(relay.port()));
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include <netinet/in.h>

#include "support/lossy_path.hpp"

namespace mailslog::test {

/// Listens on 127.0.0.1. A thread of its own does the work; at the end, what is under way still arrives.
class lossy_relay {
 public:
  /// Passes on to `to`, an IPv4 address, which may be a multicast group: then on the loopback interface. What it alters arrives with
  /// the checksum that it was sent with, as it would from a bad wire. For that it needs CAP_NET_RAW: throws `std::system_error`.
  lossy_relay(const weather& how, std::uint64_t seed, const std::string& to, std::uint16_t port);
  ~lossy_relay();
  lossy_relay(const lossy_relay&) = delete;
  lossy_relay& operator=(const lossy_relay&) = delete;

  std::uint16_t port() const noexcept { return ntohs(own_.sin_port); }
  lossy_path::counts counted() const;

 private:
  void run();
  void pass_on(const lossy_path::arrival& a) const;

  int socket_;
  int raw_socket_ = -1;
  ::sockaddr_in own_{};
  ::sockaddr_in to_{};
  mutable std::mutex mutex_;
  lossy_path path_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace mailslog::test
