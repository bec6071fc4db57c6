// A packet that came to the ports of NetBIOS: it is taken or refused; what is taken lies in the packet and comes back the same.
#include <algorithm>
#include <vector>

#include "check.hpp"
#include "transport/classic/datagram.hpp"
#include "transport/classic/filter.hpp"
#include "transport/classic/query.hpp"

using namespace mailslog;
using namespace mailslog::transport::classic;

namespace {

bool inside(std::string_view part, byte_view whole) {
  return part.empty() || (part.data() >= whole.text().data() && part.data() + part.size() <= whole.text().data() + whole.size);
}

void write_is_kept(byte_view packet) {
  mailslot_write w;
  if (decode(packet, w) != datagram_error::none) return;
  FUZZ_CHECK(inside(w.slot, packet) && inside(w.data.text(), packet) && !w.slot.empty());
  touch(w.slot);
  touch(w.data.text());
  for (const auto as : {layout::windows, layout::samba}) {
    std::vector<std::uint8_t> again;
    encode(w, as, again);
    if (again.size() > 0xffff) continue;  // padding did not fit
    mailslot_write back;
    FUZZ_CHECK(decode({again.data(), again.size()}, back) == datagram_error::none);
    FUZZ_CHECK(back.to == w.to && back.id == w.id && back.source == w.source && back.destination == w.destination);
    FUZZ_CHECK(back.slot == w.slot && back.data.text() == w.data.text());
  }
}

template <class Packet>
void query_is_kept(byte_view packet) {
  Packet p;
  if (!decode(packet, p)) return;
  std::vector<std::uint8_t> again;
  encode(p, again);
  Packet back;
  FUZZ_CHECK(decode(byte_view(again.data(), again.size()), back));
  FUZZ_CHECK(back.id == p.id && back.name == p.name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view packet(data, size);
  write_is_kept(packet);
  query_is_kept<name_query>(packet);
  query_is_kept<name_answer>(packet);
  filter f("applog", computer_name("loghost"), "LABGRP", 1);
  mailslot_write w;
  if (f.judge(packet, {}, {}, w) == verdict::ours) FUZZ_CHECK(slot_name(w.slot) == "applog");
  return 0;
}
