// What somebody may have meant who mistyped a word.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slotcat {

/// How many letters were left out, added, changed, or changed places with their neighbour.
std::size_t distance(std::string_view a, std::string_view b);

/// True if two neighbouring letters, and nothing else, changed places.
bool swapped(std::string_view a, std::string_view b);

/// The word of `known` that is nearest to `typed`, or that `typed` begins; empty if none is near.
std::string nearest(std::string_view typed, const std::vector<std::string>& known);

}  // namespace slotcat
