// A bound on what names cost that one datagram says once and many records share.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include <mailslog/event.hpp>

namespace slotcat {

/// Shortens long names (logger, place in the source, keys of attributes) of records that say little else: a datagram of 64 KiB may hold
/// thousands of records that share one name of 32 KiB, and each would show it. Names of up to `free_size` bytes are never
/// shortened, longer ones where the records before have not earned as much by what they say themselves.
class name_budget {
 public:
  static constexpr std::size_t free_size = 64;
  static constexpr std::size_t short_size = 32;  ///< of shortened ones, at most

  /// The record as it shall be shown: itself, or a copy that is valid until the next call.
  const mailslog::received_record& fit(const mailslog::received_record& record);

 private:
  std::string_view fitting(std::string_view name);

  static constexpr std::size_t most_saved = std::size_t{256} * 1024;
  std::size_t saved_ = most_saved;  // bytes
  mailslog::received_record shortened_;
  std::deque<std::string> names_;  // which its views point to
  std::size_t names_used_ = 0;
};

}  // namespace slotcat
