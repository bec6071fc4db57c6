#include "read/time_order.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace slotcat {
namespace {

constexpr std::size_t max_senders = 10000;

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

time_order::sender& time_order::know(const mailslog::sender_info& info, mailslog::timestamp now) {
  if (senders_.size() >= max_senders) senders_.clear();
  const auto [entry, is_new] = senders_.try_emplace(info.id);
  auto& known = entry->second;
  if (is_new) known.last = now;
  if (is_new || known.info->host != info.host || known.info->app != info.app || known.info->process != info.process) {
    known.info = std::make_shared<const mailslog::sender_info>(info);
  }
  return known;
}

void time_order::push(const mailslog::event& event, mailslog::timestamp now) {
  auto h = std::make_unique<held>();
  h->arrival = first_arrival_ + arrivals_.size();
  h->key = now;
  h->event = event;
  std::visit(
      [&](auto& e) {
        using type = std::decay_t<decltype(e)>;
        if constexpr (!std::is_same_v<type, mailslog::foreign_message>) {
          const bool known = senders_.count(e.from->id) != 0;
          auto& from = know(*e.from, now);
          h->from = from.info;
          e.from = h->from.get();
          if constexpr (std::is_same_v<type, mailslog::received_record>) {
            from.last = known ? std::max(from.last, std::min(e.time, now)) : std::min(e.time, now);
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
  h->size = sizeof(held) + sizeof(arrival) + length;
  if (const auto* record = std::get_if<mailslog::received_record>(&h->event)) {
    h->size += record->attributes.size() * sizeof(mailslog::attribute) + record->missing.size() * sizeof(mailslog::missing_range);
  }
  h->late = h->key < newest_released_;

  size_ += h->size;
  arrivals_.push_back({now});
  heap_.push_back(std::move(h));
  std::push_heap(heap_.begin(), heap_.end(), older_on_top());
}

time_order::released time_order::pop(mailslog::timestamp now) {
  if (heap_.empty() || (now < due() && size_ <= max_memory_)) return {};
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
  return {&out_->event, out_->late};
}

}  // namespace slotcat
