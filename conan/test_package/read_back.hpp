// Reads a slot of this machine in the same process, to see that what was posted arrives whole.
#pragma once

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>

#include <mailslog/mailslog.hpp>

/// A slot of this run's own, whose records are cut into many datagrams.
inline std::string own_slot(std::string_view name) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return std::string(name) + "-" + std::to_string(now) + "?limit=424";
}

inline std::string long_text() { return std::string(20000, 'x') + " the end"; }

/// 0 if the next record of `slot` is `text` at `level`; what `main` is to return.
inline int read_back(mailslog::record_reader& slot, std::string_view text, mailslog::level level) {
  const auto* record = slot.next(std::chrono::seconds(10));
  if (record == nullptr || record->text != text || record->level != level) {
    std::cerr << "not what was posted: " << (record == nullptr ? "nothing" : record->text) << '\n';
    return 1;
  }
  std::cout << "mailslog " MAILSLOG_VERSION ": " << record->text.size() << " bytes from " << record->from->app << '\n';
  return 0;
}
