// Who sends: what is known of each sender, worked out once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <mailslog/record_reader.hpp>

#include "read/recent.hpp"

namespace slotcat {

/// A sender as it is shown and filtered.
struct source {
  std::string name;        ///< "host/app[pid]", as the sender says
  std::string shown;       ///< the same, safe to print, one word
  std::size_t width = 0;   ///< columns of `shown`
  std::uint32_t hash = 0;  ///< of host and app: the same for each run of a program
  bool passes = true;      ///< the source filter's verdict
  mailslog::sender_info info;  ///< host and app shortened to `longest_name` bytes each
};

/// Longer ones are shortened in their middle: all records of a datagram, thousands if they are small, show them.
inline constexpr std::size_t longest_name = 64;

/// "host/app[pid]". What is not known is "?"; if nothing is, the sender's id.
std::string source_name(const mailslog::sender_info& sender);

/// 16 hexadecimal digits.
std::string sender_id(std::uint64_t id);

/// Remembers the sources that were last asked for: strangers may invent senders.
class source_table {
 public:
  /// `passes` is asked once for each source. `raw`: names are shown as they came.
  source_table(std::function<bool(const mailslog::sender_info&)> passes, bool raw);
  source_table(const source_table&) = delete;
  source_table& operator=(const source_table&) = delete;

  /// Valid until the next call.
  const source& find(const mailslog::sender_info& sender);

 private:
  struct entry {
    source shown;
    std::size_t host_size = 0;  // as they came
    std::size_t app_size = 0;
    std::size_t host_hash = 0;
    std::size_t app_hash = 0;
  };

  static bool same(const entry& known, const mailslog::sender_info& sender);
  void update(entry& known, const mailslog::sender_info& sender) const;

  std::function<bool(const mailslog::sender_info&)> passes_;
  bool raw_;
  recent<entry> sources_{4096};  // as many as a reader knows
  entry* last_ = nullptr;
  std::uint64_t last_id_ = 0;
};

}  // namespace slotcat
