#include <mailslog/list_slots.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

#include "history/ring_folder.hpp"
#include "receive/ring_cursor.hpp"
#include "transport/local/local.hpp"
#include "wire/datagram.hpp"

namespace mailslog {
namespace {

constexpr std::size_t most_listed_slots = 16384;
constexpr std::size_t most_listed_rings = 16384;  // of a slot

slot_scope scope_of(history::ring_scope s) noexcept {
  switch (s) {
    case history::ring_scope::local: break;
    case history::ring_scope::lan: return slot_scope::lan;
    case history::ring_scope::host: return slot_scope::host;
    case history::ring_scope::classic: return slot_scope::classic;
  }
  return slot_scope::local;
}

listed_sender describe(ring_cursor& ring) {
  const auto& info = ring.info();
  listed_sender s;
  s.who.id = info.sender;
  s.who.host = info.host;
  s.who.app = info.app;
  s.who.process = info.process;
  s.posts_to = scope_of(info.scope);
  s.started = timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(info.started)));
  const bool lives = ring.ring().held();  // before what it says is looked at: it may end meanwhile
  if (const auto end = ring.end()) {
    const auto& oldest = ring.blocks().front();
    s.records = end->next;
    s.remembered = end->next - std::min(end->next, oldest.first_record);
    s.first = oldest.first_time;
    s.last = end->time;
  }
  const bool well = history::ended_well(ring.ring(), s.records);
  if (well || !lives) s.state = well ? sender_state::ended : sender_state::crashed;
  return s;
}

listed_slot describe(const std::string& name) {
  listed_slot slot;
  slot.name = name;
  std::error_code error;
  slot.readers = transport::local_readers(name, error);
  const auto folder = history::ring_folder_of(name);
  for (const auto& ring : error ? std::vector<std::string>() : folder->names(most_listed_rings, error)) {
    std::string problem;
    std::error_code unread;
    if (const auto cursor = open_ring_cursor(*folder, ring, wire::slot_tag(name), problem, unread)) {
      slot.senders.push_back(describe(*cursor));
    } else if (!problem.empty()) {
      ++slot.rings_refused;
    }
  }
  if (error) slot.problem = error.message();
  std::sort(slot.senders.begin(), slot.senders.end(), [](const listed_sender& a, const listed_sender& b) {
    const bool a_lives = a.state == sender_state::alive;
    const bool b_lives = b.state == sender_state::alive;
    return a_lives != b_lives ? a_lives : std::make_pair(a.last, a.who.id) > std::make_pair(b.last, b.who.id);
  });
  return slot;
}

}  // namespace

std::vector<listed_slot> list_slots(const std::string& name) {
  std::vector<listed_slot> all;
  auto names = history::slots_of_this_machine(most_listed_slots);
  std::sort(names.begin(), names.end());
  for (const auto& each : names) {
    if (name.empty() || each == name) all.push_back(describe(each));
  }
  return all;
}

}  // namespace mailslog
