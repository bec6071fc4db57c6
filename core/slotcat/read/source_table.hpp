// Who sends: what is known of each sender, worked out once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <mailslog/record_reader.hpp>

namespace slotcat {

/// A sender as it is shown and filtered.
struct source {
  std::string name;        ///< "host/app[pid]", as the sender says
  std::string shown;       ///< the same, safe to print, one word
  std::size_t width = 0;   ///< columns of `shown`
  std::uint32_t hash = 0;  ///< of host and app: the same for each run of a program
  bool passes = true;      ///< the source filter's verdict
  mailslog::sender_info info;
};

/// "host/app[pid]". What is not known is "?"; if nothing is, the sender's id.
std::string source_name(const mailslog::sender_info& sender);

/// 16 hexadecimal digits.
std::string sender_id(std::uint64_t id);

/// Remembers sources, a limited number of them: strangers may invent senders.
class source_table {
 public:
  /// `passes` is asked once for each source. `raw`: names are shown as they came.
  source_table(std::function<bool(const mailslog::sender_info&)> passes, bool raw);
  source_table(const source_table&) = delete;
  source_table& operator=(const source_table&) = delete;

  /// Valid until the next call.
  const source& find(const mailslog::sender_info& sender);

 private:
  void update(source& entry, const mailslog::sender_info& sender) const;

  std::function<bool(const mailslog::sender_info&)> passes_;
  bool raw_;
  std::unordered_map<std::uint64_t, source> sources_;
  source* last_ = nullptr;
};

}  // namespace slotcat
