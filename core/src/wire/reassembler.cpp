#include "wire/reassembler.hpp"

#include <algorithm>

namespace mailslog::wire {

reassembler::outcome reassembler::add(const fragment_frame& f) {
  if (!active()) {
    first_ = f;
    first_.bytes = {};
    reached_ = 0;
    holes_.clear();
  } else if (f.number != first_.number || f.flags != first_.flags || f.time != first_.time || f.total != first_.total ||
             f.text_start != first_.text_start || f.offset < reached_) {
    return outcome::contradiction;
  }
  const bool last = f.offset + f.bytes.size == first_.total;
  if (f.offset > reached_ && holes_.size() == max_holes) return last ? outcome::complete : outcome::taken;
  reserve(bytes_.size() + f.bytes.size);
  if (f.offset > reached_) holes_.push_back({static_cast<std::size_t>(reached_), static_cast<std::size_t>(f.offset - reached_)});
  bytes_.insert(bytes_.end(), f.bytes.data, f.bytes.data + f.bytes.size);
  reached_ = f.offset + f.bytes.size;
  return last ? outcome::complete : outcome::taken;
}

// By doubling, and never more than the record has.
void reassembler::reserve(std::size_t size) {
  if (size <= bytes_.capacity()) return;
  bytes_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(first_.total, std::max(size, 2 * bytes_.capacity()))));
}

bool reassembler::get(received_record& out) const {
  const byte_view came(bytes_.data(), bytes_.size());
  const auto text_start = static_cast<std::size_t>(first_.text_start);
  auto holes = holes_;
  if (reached_ < first_.total) {
    holes.push_back({static_cast<std::size_t>(reached_), static_cast<std::size_t>(first_.total - reached_)});
  }

  static_cast<record&>(out) = record{};
  out.missing.clear();
  out.start_missing = !holes.empty() && holes.front().offset < text_start;
  if (out.start_missing) {
    // Of what came before the text nothing can be trusted to be whole; the rest of it is text.
    std::size_t before_text = text_start;
    for (auto& hole : holes) {
      if (hole.offset >= text_start) continue;
      before_text -= std::min(hole.length, text_start - hole.offset);
    }
    out.text = came.part(before_text, came.size - before_text).text();
  } else {
    // The fields before the text end exactly where the fragments say that the text starts.
    if (!decode_content(came, first_.flags, out) || out.text.size() != came.size - text_start) return false;
  }
  out.level = static_cast<level>(first_.flags & record_flag::level_mask);
  out.time = timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(first_.time)));
  out.number = first_.number;

  for (const auto& hole : holes) {
    const auto from = std::max(hole.offset, text_start);
    const auto to = hole.offset + hole.length;
    if (to > from) out.missing.push_back({from - text_start, to - from});
  }
  // A hole in front of the text only: nothing of the text is missing, but something is.
  if (out.start_missing && out.missing.empty()) out.missing.push_back({0, 0});
  return true;
}

void reassembler::clear() {
  bytes_.clear();
  holes_.clear();
  constexpr std::size_t usual_memory = 16 * 1024;  // kept for the next record; there are thousands of senders
  if (memory() > usual_memory) release();
}

void reassembler::release() noexcept {
  decltype(bytes_)().swap(bytes_);  // to assign {} would keep the memory
  decltype(holes_)().swap(holes_);
}

}  // namespace mailslog::wire
