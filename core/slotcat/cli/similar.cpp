#include "cli/similar.hpp"

#include <algorithm>

namespace slotcat {

std::size_t distance(std::string_view a, std::string_view b) {
  // Of the last three prefixes of `a` to each prefix of `b`.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) now[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(now);
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
    }
  }
  return now[b.size()];
}

bool swapped(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto at = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] && a.substr(at + 2) == b.substr(at + 2);
}

std::string nearest(std::string_view typed, const std::vector<std::string>& known) {
  const std::string* best = nullptr;
  std::size_t least = typed.size() / 3 + 1;  // a third of it may be wrong
  for (const auto& word : known) {
    const bool begun = typed.size() >= 3 && word.compare(0, typed.size(), typed) == 0;
    const auto d = begun ? 1 : distance(typed, word);
    if (d < least) {
      best = &word;
      least = d;
    }
  }
  return best == nullptr ? std::string() : *best;
}

}  // namespace slotcat
