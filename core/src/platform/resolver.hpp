// Looks host names up without making anybody wait.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <mailslog/options.hpp>

#include "platform/endpoint.hpp"

namespace mailslog::platform {

struct resolved {
  std::vector<endpoint> addresses;  ///< in the system's order of preference, without port
  std::error_code error;                       ///< why there are none
};

/// Reads an IPv4 or IPv6 address (a scope such as "fe80::1%eth0" included) without asking anybody. Empty for all other text.
std::vector<endpoint> parse_ip(const std::string& text);

/// One look-up at a time, in a thread that lives as long as the look-up takes, even past this object.
class resolver {
 public:
  resolver();
  ~resolver();

  void start(const std::string& host, ip_family family);
  bool busy() const noexcept;
  /// Once after each `start`, when the answer is there; after a minute the answer is that there is none.
  std::optional<resolved> take();

 private:
  struct lookup;
  std::shared_ptr<lookup> current_;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace mailslog::platform
