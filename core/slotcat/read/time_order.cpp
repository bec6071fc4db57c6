#include "read/time_order.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "format/safe_text.hpp"

namespace slotcat {
namespace {

// A host's or program's name; longer ones are cut in the middle.
constexpr std::size_t longest_kept_name = 255;

// Calls `visit` with each view in an event.
template <class Event, class Visit>
void each_string(Event& event, Visit visit) {
  std::visit(
      [&](auto& e) {
        using type = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<type, mailslog::received_record>) {
          for (auto* text : {&e.logger, &e.text, &e.source.file, &e.source.function}) visit(*text);
          for (auto& attribute : e.attributes) {
            visit(attribute.name);
            if (auto* text = std::get_if<std::string_view>(&attribute.value)) visit(*text);
          }
        } else if constexpr (std::is_same_v<type, mailslog::foreign_message>) {
          visit(e.from);
          visit(e.bytes);
          visit(e.claimed_name);
        }
      },
      event);
}

}  // namespace

// Set back: the wall's clock has lost time against the steady one, more than a clock that is being adjusted loses.
void time_order::look_at_clock(const moment& now) {
  using namespace std::chrono_literals;
  if (seen_) {
    const auto steady = now.steady - seen_->steady;
    const auto wall = now.wall - seen_->wall;
    if (steady - wall > 100ms + steady / 1000) ++set_back_;
  }
  seen_ = now;
}

time_order::sender& time_order::know(const mailslog::sender_info& info) {
  auto* known = senders_.find(info.id);
  if (known == nullptr) known = &senders_.add(info.id);
  mailslog::sender_info kept{info.id, {}, {}, info.process};
  std::string scratch;
  kept.host = shortened(info.host, longest_kept_name, scratch);
  kept.app = shortened(info.app, longest_kept_name, scratch);
  if (known->info == nullptr || known->info->host != kept.host || known->info->app != kept.app || known->info->process != kept.process) {
    known->info = std::make_shared<const mailslog::sender_info>(std::move(kept));
  }
  return *known;
}

void time_order::push(const mailslog::event& event, const moment& now, std::size_t slot) {
  look_at_clock(now);
  auto h = std::make_unique<held>();
  h->arrival = first_arrival_ + arrivals_.size();
  h->key = {set_back_, now.wall};
  h->slot = slot;
  h->event = event;
  std::visit(
      [&](auto& e) {
        using type = std::decay_t<decltype(e)>;
        if constexpr (!std::is_same_v<type, mailslog::foreign_message>) {
          auto& from = know(*e.from);
          h->from = from.info;
          e.from = h->from.get();
          const bool goes_on = from.last.first == set_back_;
          if constexpr (std::is_same_v<type, mailslog::received_record>) {
            const place at{set_back_, std::min(e.time, now.wall)};
            from.last = goes_on ? std::max(from.last, at) : at;
          } else if (!goes_on) {
            from.last = h->key;
          }
          h->key = from.last;
        }
      },
      h->event);

  std::size_t length = 0;
  each_string(h->event, [&](std::string_view text) { length += text.size(); });
  h->strings.reserve(length);  // the views must stay where they are
  each_string(h->event, [&](std::string_view& text) {
    const auto start = h->strings.size();
    h->strings += text;
    text = {h->strings.data() + start, text.size()};
  });
  h->size = sizeof(held) + sizeof(arrival) + length + (h->from == nullptr ? 0 : sizeof *h->from);
  if (const auto* record = std::get_if<mailslog::received_record>(&h->event)) {
    h->size += record->attributes.size() * sizeof(mailslog::attribute) + record->missing.size() * sizeof(mailslog::missing_range);
  }
  h->late = h->key < newest_released_;

  const auto size = h->size;
  if (heap_.size() == heap_.capacity()) heap_.reserve(2 * heap_.size() + 16);
  arrivals_.push_back({now.steady});
  // From here on nothing throws.
  heap_.push_back(std::move(h));
  size_ += size;
  std::push_heap(heap_.begin(), heap_.end(), older_on_top());
}

time_order::released time_order::pop(const moment& now) {
  look_at_clock(now);
  if (heap_.empty() || (now.steady < due() && size_ <= max_memory_)) return {};
  return pop_any();
}

time_order::released time_order::pop_any() {
  if (heap_.empty()) return {};
  std::pop_heap(heap_.begin(), heap_.end(), older_on_top());
  out_ = std::move(heap_.back());
  heap_.pop_back();
  size_ -= out_->size;
  newest_released_ = std::max(newest_released_, out_->key);
  arrivals_[out_->arrival - first_arrival_].gone = true;
  while (!arrivals_.empty() && arrivals_.front().gone) {
    arrivals_.pop_front();
    ++first_arrival_;
  }
  return {&out_->event, out_->late, out_->slot};
}

}  // namespace slotcat
