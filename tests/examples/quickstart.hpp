// What both quickstart programs are to post.
#pragma once

#include <fstream>
#include <string>

#include "sample_texts.hpp"
#include "sinks/listener.hpp"
#include "support/process.hpp"

namespace mailslog::test {

/// The three texts at the end, in order.
inline void check_sample_texts(listener& slot) {
  CHECK(slot.next_text() == multi_line_text);
  CHECK(slot.next_text() == utf8_text);
  const auto& last = slot.next();
  CHECK(last.text.size() == 20 * 1024);
  CHECK((last.text == long_text()));
  CHECK(slot.stats().missing == 0);
}

inline void check_posts_lines(const std::string& name) {
  const scratch_folder folder;
  {
    std::ofstream file(folder / "lines", std::ios::binary);
    file << "one\n\n  three\n";
  }
  listener slot;
  CHECK(run({program(name), slot.address(), "--from", folder / "lines"}).code == 0);
  CHECK(slot.texts(3) == std::vector<std::string>{"one", "", "  three"});
}

inline void check_bad_usage(const std::string& name) {
  const auto none = run({program(name)});
  CHECK(none.code == 2);
  CHECK_THAT(none.err, ContainsSubstring("usage"));
  const auto bad = run({program(name), "a|b"});
  CHECK(bad.code == 2);
  CHECK_THAT(bad.err, ContainsSubstring("a|b"));
}

}  // namespace mailslog::test
