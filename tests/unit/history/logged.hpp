// What the programs of these tests log.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <mailslog/record_writer.hpp>

namespace mailslog::test {

inline std::string text_of(std::uint64_t n) { return "record " + std::to_string(n) + std::string(n % 300, 'x'); }

inline void write(record_writer& w, const std::string& text, timestamp when = std::chrono::system_clock::now()) {
  record r;
  r.time = when;
  r.text = text;
  (void)w.write(r);
}

}  // namespace mailslog::test
