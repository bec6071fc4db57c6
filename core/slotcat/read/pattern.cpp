#include "read/pattern.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "cli/values.hpp"

namespace slotcat {
namespace {

bool has_capital(std::string_view expression) {
  static const re2::RE2 capital(R"(^(?:\\.|[^\\\p{Lu}])*\p{Lu})");
  return re2::RE2::PartialMatch(re2::StringPiece(expression.data(), expression.size()), capital);
}

}  // namespace

regex::regex(std::string_view expression) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(has_capital(expression));
  auto compiled = std::make_shared<re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
  if (!compiled->ok()) {
    throw usage_error(fmt::format("\"{}\" is not a regular expression: {}; the syntax is RE2's (without back-references)",
                                  expression, compiled->error()));
  }
  compiled_ = std::move(compiled);
}

bool regex::found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

bool regex::find(std::string_view text, std::size_t from, std::string_view& match, std::size_t& budget) const {
  const re2::StringPiece subject(text.data(), text.size());
  re2::StringPiece found;
  while (from < text.size() && budget >= text.size() - from) {
    budget -= text.size() - from;
    if (!compiled_->Match(subject, from, text.size(), re2::RE2::UNANCHORED, &found, 1)) return false;
    if (!found.empty()) {
      match = {found.data(), found.size()};
      return true;
    }
    from = static_cast<std::size_t>(found.data() - text.data()) + 1;
  }
  return false;
}

bool any_found_in(const regexes& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const regex& pattern) { return pattern.found_in(text); });
}

bool glob_match(std::string_view glob, std::string_view text) noexcept {
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last `*` seen, and where it started to match
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_text = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

}  // namespace slotcat
