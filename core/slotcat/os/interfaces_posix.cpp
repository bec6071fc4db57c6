#include "os/interfaces.hpp"

#include <net/if.h>

namespace slotcat {

std::vector<std::string> interface_names() {
  std::vector<std::string> names;
  auto* const all = ::if_nameindex();
  if (all == nullptr) return names;
  for (auto* each = all; each->if_index != 0; ++each) names.emplace_back(each->if_name);
  ::if_freenameindex(all);
  return names;
}

}  // namespace slotcat
