// Which mailslot writes are for a reader. Knows no clock and no sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "byte_view.hpp"
#include "platform/endpoint.hpp"
#include "transport/classic/datagram.hpp"

namespace mailslog::transport::classic {

enum class verdict { ours, malformed, other, repeated };

class filter {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `slot` as in our addresses. `seed`: strangers do not know it, and cannot send what passes for a copy of another's message.
  filter(std::string slot, const netbios_name& computer, std::string_view workgroup, std::uint64_t seed)
      : slot_(std::move(slot)), computer_(computer.text()), workgroup_(workgroup), seed_(seed) {}

  /// Fills `out` if the verdict is `ours`.
  verdict judge(byte_view packet, const platform::endpoint& from, time_point now, mailslot_write& out);

 private:
  bool is_addressed(const netbios_name& to) const noexcept;
  bool repeated(const mailslot_write& w, const platform::endpoint& from, time_point now);

  std::string slot_;
  std::string computer_;
  std::string workgroup_;
  std::uint64_t seed_;
  struct seen {
    std::uint64_t hash;
    platform::endpoint from;
    time_point when;
  };
  std::deque<seen> last_seen_;
};

}  // namespace mailslog::transport::classic
