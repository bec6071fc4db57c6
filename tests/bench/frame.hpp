// The plainest packing of texts into a datagram, for comparison with ours: length, time, text.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>

namespace bench {

constexpr std::size_t frame_overhead = sizeof(std::uint16_t) + sizeof(std::int64_t);

inline void append_frame_header(std::string& out, std::size_t size) {
  const auto length = static_cast<std::uint16_t>(size);
  const std::int64_t time = std::chrono::system_clock::now().time_since_epoch().count();
  out.append(reinterpret_cast<const char*>(&length), sizeof length);
  out.append(reinterpret_cast<const char*>(&time), sizeof time);
}

/// Calls `use(time, text)` for each; what is too short to be one is padding.
template <class Use>
void for_each_frame(const char* at, std::size_t size, Use use) {
  const char* const end = at + size;
  while (static_cast<std::size_t>(end - at) > frame_overhead) {
    std::uint16_t length;
    std::int64_t time;
    std::memcpy(&length, at, sizeof length);
    std::memcpy(&time, at + sizeof length, sizeof time);
    if (length == 0 || frame_overhead + length > static_cast<std::size_t>(end - at)) return;
    use(time, std::string_view(at + frame_overhead, length));
    at += frame_overhead + length;
  }
}

}  // namespace bench
