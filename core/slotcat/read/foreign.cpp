#include "read/foreign.hpp"

namespace slotcat {

std::string origin_of(const mailslog::foreign_message& message) {
  std::string origin(message.claimed_name);
  if (!origin.empty() && !message.from.empty()) origin += '@';
  return origin.append(message.from);
}

}  // namespace slotcat
