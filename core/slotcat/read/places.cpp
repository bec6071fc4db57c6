#include "read/places.hpp"

#include <fmt/format.h>

namespace slotcat {

std::string place_of(const mailslog::address& slot, const std::vector<mailslog::local_folder>& folders) {
  switch (slot.scope()) {
    case mailslog::slot_scope::lan: return fmt::format("\"{}\" on this machine and the LAN (UDP port {})", slot.name(), slot.options().port);
    case mailslog::slot_scope::classic: return fmt::format("Windows' mailslot \"{}\" of this machine", slot.name());
    default: return fmt::format("\"{}\" on this machine{}", slot.name(), folders.empty() ? std::string() : fmt::format(" ({})", folders.front().path));
  }
}

std::vector<std::string> elsewhere(const mailslog::address& slot, const std::vector<mailslog::local_folder>& folders) {
  std::vector<std::string> all;
  for (const auto& f : folders) {
    if (f.used || !f.exists) continue;
    all.push_back(fmt::format("\"{}\" is also in {}, which is not read here: {}{}", slot.name(), f.path, f.reason, f.problem.empty() ? std::string() : fmt::format(" ({})", f.problem)));
  }
  return all;
}

}  // namespace slotcat
