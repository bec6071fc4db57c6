// Where a name is, and whether it is one computer's or a group's: asked of the network and of DNS, without making anybody wait.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <vector>


#include "platform/resolver.hpp"
#include "platform/udp_socket.hpp"
#include "address/netbios_name.hpp"
#include "transport/classic/classic.hpp"

namespace mailslog::transport::classic {

struct located {
  bool group = false;
  platform::endpoint address;       ///< of one computer, without port
  std::error_code error;  ///< why it is not known
};

/// One look-up at a time. It goes on in `take` only.
class lookup {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `dns`: as a host's name, or empty if it cannot be one. `name`: as a NetBIOS name, or nothing if it cannot be one.
  void start(const std::string& dns, const std::optional<netbios_name>& name, const classic_options& options, time_point now);
  bool busy() const noexcept { return busy_; }
  /// Once after each `start`, when the answer is there.
  std::optional<located> take(time_point now);

 private:
  void ask(time_point now);
  bool hear(located& out);

  bool busy_ = false;
  classic_options options_;
  platform::resolver dns_;
  std::optional<located> dns_answer_;

  struct way {
    platform::udp_socket socket;
    platform::endpoint broadcast;
  };
  netbios_name name_;
  std::uint16_t id_ = 0;
  std::vector<way> ways_;
  int questions_left_ = 0;
  time_point next_question_{};
};

}  // namespace mailslog::transport::classic
