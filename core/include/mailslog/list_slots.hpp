// Which slots this machine has, who writes to them and who reads. All of it is found in files: nothing is sent, and nobody notices.
//
//   for (const auto& slot : mailslog::list_slots()) std::cout << slot.name << ": " << slot.senders.size() << " senders\n";
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <mailslog/address.hpp>
#include <mailslog/event.hpp>
#include <mailslog/export.hpp>
#include <mailslog/record.hpp>

namespace mailslog {

enum class sender_state {
  alive,
  ended,    ///< it said so
  crashed,  ///< it was killed, crashed or left without destroying its writer
};

/// A sender that remembers something, as its ring says (docs/ring-format.md). What it says of itself is claimed, not proven.
struct listed_sender {
  sender_info who;
  sender_state state = sender_state::alive;
  slot_scope posts_to = slot_scope::local;
  timestamp started{};
  std::uint64_t records = 0;     ///< that it logged to be sent
  std::uint64_t remembered = 0;  ///< of these, about so many can still be read
  timestamp first{};             ///< of what is remembered: the epoch if there is none
  timestamp last{};
};

struct listed_slot {
  std::string name;
  std::optional<std::size_t> readers;  ///< on this machine; nothing where the system does not tell (Windows)
  /// Those that live first, then the others, the latest first.
  std::vector<listed_sender> senders;
  std::uint64_t rings_refused = 0;     ///< files that this program may not read, or that are damaged or of a later version
  std::string problem;                 ///< why nothing of the slot could be looked at; empty if it could
};

/// The slots in the folder that this program's readers and writers use, in order of their names; with `name`, in lower case, that one alone, if
/// it is there. Throws `std::bad_alloc` only.
MAILSLOG_EXPORT std::vector<listed_slot> list_slots(const std::string& name = {});

}  // namespace mailslog
