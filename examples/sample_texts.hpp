// Texts that are not easy to log, for the quickstart.
#pragma once

#include <string>

constexpr const char* utf8_text = "Grüße aus Köln, привет, 你好, ∑ 🙂";

constexpr const char* multi_line_text =
    "expected ';' before '}'\n"
    "    return 0 }\n"
    "             ^";

/// 20 KiB, from "20 KiB: " to " (end)".
inline std::string long_text() {
  std::string text = "20 KiB: ";
  const std::string end = " (end)";
  while (text.size() + end.size() < 20 * 1024) text += static_cast<char>('a' + text.size() % 26);
  return text + end;
}
