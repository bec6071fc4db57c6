#include "os/interfaces.hpp"

namespace slotcat {

// Windows has several names for each; the library knows which of them it takes.
std::vector<std::string> interface_names() { return {}; }

}  // namespace slotcat
