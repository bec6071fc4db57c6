// What users search with: regular expressions for texts, globs for names.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace slotcat {

/// A regular expression in RE2's syntax. Matching takes time in proportion to the text, whatever expression and text are.
/// One that holds no capital letter ignores case; what follows a backslash does not count.
class regex {
 public:
  /// Throws `usage_error`.
  explicit regex(std::string_view expression);

  /// True if it matches anywhere in `text`.
  bool found_in(std::string_view text) const;

  /// The first match in `text` that is not empty and starts at `from` or later. Finding all matches of some texts and expressions
  /// would take the square of the text's size: each search takes from `budget` what it may have looked at, and with too
  /// little left nothing is found.
  bool find(std::string_view text, std::size_t from, std::string_view& match, std::size_t& budget) const;

 private:
  std::shared_ptr<const re2::RE2> compiled_;
};

using regexes = std::vector<regex>;

bool any_found_in(const regexes& patterns, std::string_view text);

/// `*` stands for any number of characters, `?` for one; everything else, brackets too, for itself.
bool glob_match(std::string_view glob, std::string_view text) noexcept;

}  // namespace slotcat
