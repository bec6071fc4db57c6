#include "output/output.hpp"

#include <utility>

namespace slotcat {

void output::release() {
  holding_ = false;
  held_ = 0;
  flush();
}

void output::aside(std::string_view text) {
  std::string kept(text);
  kept.swap(buffer_);
  const bool held = std::exchange(holding_, false);
  flush();
  holding_ = held;
  buffer_.swap(kept);
}

}  // namespace slotcat
