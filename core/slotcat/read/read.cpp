#include "read/read.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "os/console.hpp"
#include "read/foreign.hpp"
#include "read/open_advice.hpp"

namespace slotcat {
namespace {

using namespace std::chrono_literals;

bool for_people(form output) {
  return output == form::brief || output == form::brief_iso || output == form::full || output == form::cat;
}

std::vector<mailslog::record_reader> open(const std::vector<mailslog::address>& addresses) {
  std::vector<mailslog::record_reader> readers;
  for (const auto& address : addresses) {
    try {
      readers.emplace_back(address);
    } catch (const std::system_error& e) {
      throw std::runtime_error(fmt::format("{}; {}", e.what(), open_advice(e.code(), address.classic())));
    }
  }
  return readers;
}

mailslog::timestamp now() { return std::chrono::system_clock::now(); }

}  // namespace

exit_code read(read_options options) {
  stop_signals signals;
  std::optional<rotating_copy> copy;
  if (!options.write_file.empty()) copy.emplace(native_path(options.write_file), options.max_size, options.max_files);
  auto readers = open(options.addresses);

  output out(standard_output, [&] { return signals.caught() != stop_reason::none; });
  options.format.colour = for_people(options.format.output) && colour::wanted(options.colour, out.terminal());
  options.format.today = now();
  event_feed feed(std::move(readers), options.stats_every.value_or(mailslog::forever));
  const stop_watch watch(signals, standard_output, [&] { feed.close(); });
  signals.unblock();

  const auto code = reading_session(std::move(options), feed, signals, out, copy ? &*copy : nullptr).run();
  if (out.error() && out.error() != std::errc::broken_pipe) {
    throw std::system_error(out.error(), "cannot write to standard output");
  }
  return code;
}

reading_session::reading_session(read_options options, event_feed& feed, const stop_signals& signals, output& out,
                                 rotating_copy* copy)
    : options_(std::move(options)),
      feed_(feed),
      signals_(signals),
      out_(out),
      copy_(copy),
      formatter_(make_formatter(options_.format)),
      sources_([this](const auto& sender) { return options_.shown.source_passes(sender); },
               options_.format.mode == neutral::no) {
  if (copy_ != nullptr && options_.format.colour) {
    auto format = options_.format;
    format.colour = false;
    plain_ = make_formatter(format);
  }
  if (options_.order_by_time) order_.emplace(options_.wait, options_.max_memory);
  if (options_.stats_every) next_stats_ = started_ + *options_.stats_every;
}

exit_code reading_session::run() {
  while (!leaving_ && !timed_out_ && !feed_.closed()) {
    if (const auto* event = feed_.next(0ns)) {
      take(*event);
    } else if (!wait_for_more()) {
      break;
    }
    if (order_) release_due();
  }
  while (order_ && !leaving_) {
    const auto next = order_->pop_any();
    if (next.event == nullptr) break;
    show(*next.event, next.late);
  }
  flush();
  feed_.stop();
  lost_ |= any_loss(feed_.stats());
  if (options_.stats) print_stats();
  return result();
}

// False when it is time to leave.
bool reading_session::wait_for_more() {
  flush();
  // That may have taken long, and the slot was not idle meanwhile.
  if (const auto* event = feed_.next(0ns)) {
    take(*event);
    return true;
  }
  look_at_clock();
  if (leaving_ || timed_out_) return false;
  const auto at = clock::now();
  auto until = next_stats_;
  if (options_.timeout) until = std::min(until, started_ + *options_.timeout);
  if (options_.idle) until = std::min(until, last_event_ + *options_.idle);
  auto wait = until == clock::time_point::max() ? mailslog::forever : std::max<std::chrono::nanoseconds>(until - at, 0ns);
  if (order_ && !order_->empty()) wait = std::min(wait, std::max<std::chrono::nanoseconds>(order_->due() - now(), 0ns));
  if (const auto* event = feed_.next(wait)) take(*event);
  return true;
}

void reading_session::take(const mailslog::event& event) {
  active_ = true;
  if (order_) {
    order_->push(event, now());
  } else {
    show(event, false);
  }
  constexpr unsigned events_per_look = 64;
  if (++since_clock_ >= events_per_look) look_at_clock();
}

void reading_session::release_due() {
  const auto at = now();
  while (!leaving_) {
    const auto next = order_->pop(at);
    if (next.event == nullptr) return;
    show(*next.event, next.late);
  }
}

void reading_session::show(const mailslog::event& event, bool late) {
  std::visit([&](const auto& e) { on(e, late); }, event);
  if (out_.error()) leaving_ = true;
}

void reading_session::on(const mailslog::received_record& record, bool late) {
  const auto& from = sources_.find(*record.from);
  const auto verdict = options_.shown.judge(record, from.passes);
  ++counted_[verdict];
  if (verdict != verdict::shown) return;
  print([&](formatter& f, std::string& text) { f.record(text, record, from, late); });
  after_shown(record.text);
}

void reading_session::on(const mailslog::foreign_message& arrived, bool) {
  auto message = arrived;
  if (const auto text = marshalled_text(arrived.bytes)) message.bytes = *text;
  const auto verdict = options_.shown.judge(message);
  ++counted_[verdict];
  if (verdict != verdict::shown) return;
  print([&](formatter& f, std::string& text) { f.foreign(text, message); });
  after_shown(message.bytes);
}

void reading_session::on(const mailslog::gap& gap, bool) {
  lost_ = true;
  if (options_.hide_gaps) return;
  const auto& from = sources_.find(*gap.from);
  const bool unknown = gap.from->host.empty() && gap.from->app.empty();
  if (!from.passes && !unknown) return;
  print([&](formatter& f, std::string& text) { f.gap(text, gap, from); });
}

template <class Append>
void reading_session::print(Append append) {
  auto& text = out_.buffer();
  const auto start = text.size();
  append(*formatter_, text);
  if (copy_ != nullptr && plain_) {
    plain_text_.clear();
    append(*plain_, plain_text_);
    copy_->write(plain_text_);
  } else if (copy_ != nullptr) {
    copy_->write(std::string_view(text).substr(start));
  }
  out_.written();
}

void reading_session::after_shown(std::string_view text) {
  fail_matched_ = any_found_in(options_.fail_match, text);
  matched_ = any_found_in(options_.until_match, text);
  if (fail_matched_ || matched_ || counted_[verdict::shown] == options_.count) leaving_ = true;
}

void reading_session::look_at_clock() {
  const auto at = clock::now();
  since_clock_ = 0;
  if (active_) last_event_ = at;
  active_ = false;
  if ((options_.timeout && at - started_ >= *options_.timeout) || (options_.idle && at - last_event_ >= *options_.idle)) {
    timed_out_ = true;
  }
  if (at >= next_stats_) {
    print_stats();
    next_stats_ = at + *options_.stats_every;
  }
}

void reading_session::flush() {
  out_.flush();
  if (copy_ != nullptr) copy_->flush();
  if (out_.error()) leaving_ = true;
}

void reading_session::print_stats() {
  fmt::print(stderr, "slotcat: {}\n", describe(counted_, feed_.stats()));
}

exit_code reading_session::result() const {
  switch (signals_.caught()) {
    case stop_reason::interrupted: return exit_code::interrupted;
    case stop_reason::terminated: return exit_code::terminated;
    case stop_reason::none: break;
  }
  if (fail_matched_) return exit_code::fail_matched;
  if (options_.fail_on_loss && lost_) return exit_code::lost;
  if (!options_.until_match.empty() && !matched_) return timed_out_ ? exit_code::timed_out : exit_code::nothing_shown;
  return counted_[verdict::shown] == 0 ? exit_code::nothing_shown : exit_code::ended;
}

}  // namespace slotcat
