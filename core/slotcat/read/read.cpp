#include "read/read.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <new>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "cli/interface_check.hpp"
#include "format/clean_text.hpp"
#include "format/foreign_text.hpp"
#include "os/console.hpp"
#include "os/say.hpp"
#include "output/rotating_copy.hpp"
#include "read/open_advice.hpp"
#include "read/places.hpp"

#include "read/places.hpp"
namespace slotcat {
namespace {

using namespace std::chrono_literals;

constexpr int standard_input = 0;
constexpr int standard_error = 2;
constexpr auto hint_after = 5s;

// Does it take a filter to know which are the last ones?
bool chooses(const read_options& o) {
  const auto& f = o.shown;
  return o.addresses.size() > 1 || !f.show_partial || f.level.none || f.level.least != mailslog::level::trace ||
         f.level.most != mailslog::level::critical || f.levels || !f.sources.empty() || !f.excluded_sources.empty() || !f.matches.empty() ||
         !f.grep.empty() || !f.exclude.empty() || !o.cursor_file.empty();
}

std::vector<mailslog::record_reader> open(const read_options& options) {
  std::vector<mailslog::record_reader> readers;
  auto past = options.past;
  if (past.last != 0 && chooses(options)) past.last = mailslog::all_of_history;
  for (const auto& address : options.addresses) {
    check_interface(address, "read");
    try {
      readers.emplace_back(address, past);
    } catch (const std::system_error& e) {
      throw std::runtime_error(fmt::format("{}; {}", e.what(), open_advice(e.code(), address.classic())));
    }
  }
  return readers;
}

// For scripts that wait until we listen.
void announce(const read_options& options) {
  if (options.ready_descriptor && !announce_on(*options.ready_descriptor)) {
    throw std::runtime_error(fmt::format("cannot write to descriptor {}, as --ready-fd asks", *options.ready_descriptor));
  }
  if (options.ready_file.empty()) return;
  std::ofstream file(std::filesystem::u8path(options.ready_file), std::ios::app | std::ios::binary);
  if (!(file << "ready\n" << std::flush)) {
    throw std::runtime_error(fmt::format("cannot write \"{}\", as --ready-file asks: {}", options.ready_file, std::generic_category().message(errno)));
  }
}

void introduce(const read_options& options, bool with_keys) {
  std::string places;
  for (const auto& address : options.addresses) places += (places.empty() ? "" : ", ") + place_of(address, mailslog::local_folders(address));
  say(fmt::format("listening to {}; Ctrl-C ends{}", places, with_keys ? ", Enter draws a line, p pauses" : ""));
}

bool keys_wanted(const output& out) { return out.terminal() && is_terminal(standard_input); }

bool hints_wanted(const read_options& options) { return !options.quiet && is_terminal(standard_error); }

moment now() { return {std::chrono::system_clock::now(), std::chrono::steady_clock::now().time_since_epoch()}; }

std::unique_ptr<rotating_copy> open_copy(const read_options& options, std::function<void(std::string_view)> tell) {
  if (options.write_file.empty()) return nullptr;
  const rotating_copy::limits bounds{options.max_size, options.max_files, options.stop_on_write_error};
  return std::make_unique<rotating_copy>(options.write_file, bounds, std::move(tell));
}

// Of a copy: it has no colours, and is read on another day.
format_options copied(const read_options& options) {
  auto format = options.format;
  format.output = options.write_form;
  format.colour = false;
  format.width = nullptr;
  format.today = {};
  if (for_programs(format.output) != for_programs(options.format.output)) format.sequences = default_sequences(format.output);
  return format;
}

}  // namespace

exit_code read(read_options options) {
  stop_signals signals;
  reading_session* session = nullptr;
  auto copy = open_copy(options, [&](std::string_view text) { session != nullptr ? session->tell(text) : say(text); });
  event_feed feed(open(options));

  auto standard = std::make_unique<output>(standard_output, [&] { return session->patient(); });
  auto& out = *standard;
  options.format.colour = !for_programs(options.format.output) && colour::wanted(options.colour, out.terminal());
  options.format.depth = colour::of_terminal();
  if (out.terminal()) options.format.width = [] { return terminal_width(standard_output); };
  if (!out.file()) options.format.today = std::chrono::system_clock::now();
  const stop_watch watch(signals, standard_output, [&] { feed.close(); });
  signals.unblock();
  announce(options);
  if (hints_wanted(options)) introduce(options, options.count_by.empty() && keys_wanted(out));

  const auto format = options.format;
  const auto copy_format = copied(options);
  const auto count_by = options.count_by;
  reading_session reading(std::move(options), feed, signals);
  session = &reading;
  if (!count_by.empty()) {
    auto counts = std::make_unique<tally>(count_by);
    reading.show_counts(*counts, out.terminal());
    reading.add_output(std::move(standard), std::move(counts));
  } else {
    reading.add_output(std::move(standard), make_formatter(format));
  }
  if (copy) reading.add_output(std::move(copy), make_formatter(copy_format));
  const auto code = reading.run(out);
  if (out.error() && out.error() != std::errc::broken_pipe) {
    throw std::system_error(out.error(), "cannot write to standard output");
  }
  return code;
}

reading_session::reading_session(read_options options, event_feed& feed, const stop_signals& signals)
    : options_(std::move(options)),
      feed_(feed),
      signals_(signals),
      sources_([this](const auto& sender) { return options_.shown.source_passes(sender); },
               options_.format.mode == neutral::no) {
  hints_ = hints_wanted(options_);
  if (options_.addresses.size() > 1) seen_records_.emplace();
  const auto& first = options_.addresses.front();
  if (std::any_of(options_.addresses.begin(), options_.addresses.end(), [&](const auto& a) { return a.name() != first.name(); })) {
    for (const auto& address : options_.addresses) slots_.push_back(address.name());
  }
  if (options_.order_by_time) order_.emplace(options_.wait, options_.max_memory);
  if (options_.past.last != 0 && options_.past.last != mailslog::all_of_history && chooses(options_)) {
    last_ = std::make_unique<last_events>(static_cast<std::size_t>(std::min<std::uint64_t>(options_.past.last, SIZE_MAX)));
  }
  before_live_ = options_.past.last != 0 || options_.end;
  if (!options_.cursor_file.empty()) cursors_ = cursors::load(options_.cursor_file);
  if (options_.stats_every) next_stats_ = started_ + *options_.stats_every;
}

void reading_session::show_counts(const tally& counts, bool live) {
  counts_ = &counts;
  live_ = live;
  if (live && !options_.every) options_.every = 1s;
  if (options_.every) next_counts_ = started_ + *options_.every;
}

void reading_session::add_output(std::unique_ptr<destination> to, std::unique_ptr<formatter> form) {
  outputs_.push_back({std::move(to), std::move(form)});
  auto& added = outputs_.back();
  added.form->spill_to([&to = *added.to](std::string&) { to.spill(); });
}

// Shows an event, or does what that takes.
template <class Work>
void reading_session::with_event(Work work) {
  try {
    work();
  } catch (const std::bad_alloc&) {
    ++counted_.without_memory;
    lost_ = true;
    const auto at = clock::now();
    if (at - told_of_memory_ < 1s) return;
    told_of_memory_ = at;
    say("no memory for what came: some of it is missing from the output");
  }
}

// What is no event: it is tried once more, as nobody would miss it less.
template <class Work>
void reading_session::try_twice(std::string_view without_memory, Work work) {
  for (const bool again : {true, false}) {
    try {
      return work();
    } catch (const std::bad_alloc&) {
      if (!again && !without_memory.empty()) say(without_memory);
    }
  }
}

exit_code reading_session::run(output& out) {
  main_output_ = &out;
  read_keys_ = keys_wanted(out);
  if (read_keys_) keys_.emplace();
  while (!leaving_ && !timed_out_ && !feed_.closed()) {
    if (before_live_ && !feed_.in_history()) {
      end_history();
      if (leaving_) break;
    }
    if (const auto* event = feed_.next(0ns)) {
      take(*event);
    } else if (options_.end && !feed_.in_history()) {
      continue;
    } else if (!wait_for_more()) {
      break;
    }
    if (order_) release_due();
  }
  if (timed_out_ && (!options_.until_match.empty() || !options_.fail_match.empty())) look_at_rest();
  release_all();
  if (main_output_->holding()) go_on();
  keys_.reset();
  if (counts_ != nullptr) print_counts();
  live_ = false;
  flush();
  if (cursors_) try_twice("no memory to write the file of --cursor-file", [this] { cursors_->save(options_.cursor_file); });
  feed_.close();
  lost_ = any_loss(feed_.stats()) || counted_.without_memory != 0;  // not by what was told: some of that may have been taken back
  if (hints_) try_twice({}, [this] { explain_end(); });
  if (options_.stats) print_stats();
  return result();
}

// What came in time may still wait, as while we were stopped or the output stood still.
void reading_session::look_at_rest() {
  const auto end = clock::now() + 1s;
  while (!leaving_ && !feed_.closed() && clock::now() < end) {
    const auto* event = feed_.next(20ms);
    if (event == nullptr) return;
    take(*event);
  }
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
  look_at_keys();
  if (timed_out_ && options_.idle) {
    // The last moment may have been one in which nobody emptied the slot.
    if (const auto* event = feed_.next(20ms)) {
      timed_out_ = options_.timeout && clock::now() - started_ >= *options_.timeout;
      take(*event);
      return !timed_out_;
    }
  }
  if (leaving_ || timed_out_) return false;
  const auto at = clock::now();
  const auto until = next_look();
  auto wait = until == clock::time_point::max() ? mailslog::forever : std::max<std::chrono::nanoseconds>(until - at, 0ns);
  constexpr auto key_time = 100ms;
  if (keys_) wait = std::min<std::chrono::nanoseconds>(wait, key_time);
  if (order_ && !order_->empty()) {
    wait = std::min(wait, std::max<std::chrono::nanoseconds>(order_->due() - at.time_since_epoch(), 0ns));
  }
  if (const auto* event = feed_.next(wait)) {
    take(*event);
  } else if (wait != mailslog::forever && clock::now() - at > wait + 100ms) {
    last_event_ = clock::now();  // we were stopped, and so was who empties the slot: what came meanwhile is still to come
  }
  // Much later than it should be, we were stopped (or the machine was), and so was the thread that empties the sockets.
  if (options_.idle && wait != mailslog::forever) {
    const auto woken = clock::now();
    if (woken - at > wait + 500ms) last_event_ = std::max(last_event_, woken - *options_.idle + std::min<duration>(*options_.idle, 200ms));
  }
  return true;
}

// When there is something to do that waits for nothing but its time.
reading_session::clock::time_point reading_session::next_look() const {
  auto until = std::min(stats_wait() ? clock::time_point::max() : next_stats_, writing_ ? clock::time_point::max() : next_counts_);
  if (hints_ && !hinted_) until = std::min(until, started_ + hint_after);
  if (options_.timeout) until = std::min(until, started_ + *options_.timeout);
  if (options_.idle) until = std::min(until, last_event_ + *options_.idle);
  return until;
}

patience reading_session::patient() {
  writing_ = true;  // nothing may be added to what is being written
  active_ |= !feed_.idle();  // what waits behind a slow output has come all the same
  look_at_clock();
  const auto until = next_look();
  writing_ = false;
  if (timed_out_ || signals_.caught() != stop_reason::none) return {1s, true};
  if (until == clock::time_point::max()) return {mailslog::forever};
  return {std::max<std::chrono::nanoseconds>(until - clock::now(), 1ms)};
}

void reading_session::take(const mailslog::event& event) {
  active_ = true;
  with_event([&] {
    if (order_) return order_->push(event, now(), feed_.origin());
    slot_ = feed_.origin();
    show(event, false);
  });
  constexpr unsigned events_per_look = 64;
  if (++since_clock_ < events_per_look) return;
  look_at_clock();
  look_at_keys();
  // Of much that arrives, little may be shown.
  if (clock::now() - flushed_ > 100ms) flush();
}

void reading_session::release_due() {
  const auto at = now();
  while (!leaving_) {
    const auto next = order_->pop(at);
    if (next.event == nullptr) return;
    show_next(next);
  }
}

void reading_session::show_next(const time_order::released& next) {
  slot_ = next.slot;
  with_event([&] { show(*next.event, next.late); });
}

void reading_session::release_all() {
  while (order_ && !leaving_) {
    const auto next = order_->pop_any();
    if (next.event == nullptr) return;
    show_next(next);
  }
}

void reading_session::show(const mailslog::event& event, bool late) {
  std::visit([&](const auto& e) { on(e, late); }, event);
  if (main_output_->error()) leaving_ = true;
}

void reading_session::on(const mailslog::received_record& record, bool late) {
  if (seen_records_ && !seen_records_->first(record)) return;
  if (cursors_ && !cursors_->is_new(record)) return;
  const auto& from = sources_.find(*record.from);
  const auto verdict = options_.shown.judge(record, from.passes);
  if (last_ && verdict == verdict::shown) {
    last_->push(record);
    return;
  }
  if (verdict == verdict::shown) return show_record(record, late);
  ++counted_[verdict];
}

void reading_session::show_record(const mailslog::received_record& record, bool late) {
  const auto& from = sources_.find(*record.from);
  const auto& fitting = names_.fit(record);
  print([&](formatter& f, std::string& text) { f.record(text, fitting, from, late); });
  if (cursors_) cursors_->shown(record);
  after_shown(record.text);
}

void reading_session::on(const mailslog::foreign_message& arrived, bool) {
  auto message = arrived;
  message.bytes = foreign_text(arrived.bytes, foreign_scratch_);
  const auto verdict = options_.shown.judge(message);
  if (verdict != verdict::shown) {
    ++counted_[verdict];
    return;
  }
  print([&](formatter& f, std::string& text) { f.foreign(text, message); });
  after_shown(message.bytes);
}

void reading_session::on(const mailslog::gap& gap, bool) {
  if (options_.hide_gaps || (seen_records_ && !seen_records_->first(gap))) return;
  const auto& from = sources_.find(*gap.from);
  const bool unknown = gap.from->host.empty() && gap.from->app.empty();
  if (!from.passes && !unknown) return;
  print([&](formatter& f, std::string& text) { f.gap(text, gap, from); });
}

void reading_session::on(const mailslog::ended& end, bool) {
  if (end.well || (seen_records_ && !seen_records_->first(end))) return;
  const auto& from = sources_.find(*end.from);
  if (!from.passes) return;
  crashed_ = true;
  if (last_) {
    last_->push(end);
    return;
  }
  print([&](formatter& f, std::string& text) { f.crash(text, end, from); });
  if (options_.fail_on_crash) leaving_ = true;
}

// What follows arrives.
void reading_session::end_history() {
  before_live_ = false;
  release_all();
  if (last_) {
    const auto kept = std::exchange(last_, nullptr);
    kept->give([this](const mailslog::event& event) {
      if (leaving_) return;
      with_event([&] {
        const auto* record = std::get_if<mailslog::received_record>(&event);
        record != nullptr ? show_record(*record, false) : show(event, false);
      });
      if (main_output_->error()) leaving_ = true;
    });
  }
  if (cursors_ && feed_.stats().rings_refused == 0) cursors_->forget_others();
  leaving_ |= options_.end;
  try_twice({}, [this] { explain_history(); });
}

void reading_session::explain_history() const {
  const auto findings = feed_.findings();
  std::size_t told = 0;
  for (const auto& f : findings) {
    for (const auto& problem : f.problems) say(fmt::format("{}", problem));
    told += f.problems.size();
  }
  if (const auto refused = feed_.stats().rings_refused; refused > told) say(fmt::format("{} more files of what is remembered cannot be read", refused - told));
  if (seen() != 0 || options_.quiet || !(options_.end || hints_)) return;
  const auto& past = options_.past;
  const bool some_time = past.since != mailslog::history_request().since || past.until != mailslog::history_request().until;
  const auto* const which = cursors_ ? "new " : some_time ? "of that time " : "";
  for (std::size_t i = 0; i < findings.size(); ++i) {
    std::string since;
    if (*which == '\0' && findings[i].unchanged_since != mailslog::timestamp()) {
      since = " since ";
      time_text(parse_time_style("%F %T"), options_.format.where, {}).append(since, findings[i].unchanged_since);
    }
    say(fmt::format("nothing {}is remembered of \"{}\" on this machine{} ({})", which, options_.addresses[i].name(), since, findings[i].folder));
  }
}

template <class Append>
void reading_session::print(Append append) {
  bool without_memory = false;  // one of them, for which the others need not do without
  for (auto& output : outputs_) {
    auto& out = output.to->begin();
    try {
      if (!slots_.empty()) output.form->in_slot(slots_[slot_]);
      append(*output.form, out);
      if (output.to->written()) continue;
      output.form->new_file();
      append(*output.form, output.to->begin());
      output.to->written();
    } catch (const std::bad_alloc&) {
      output.to->take_back();
      without_memory = true;
    }
  }
  if (without_memory) throw std::bad_alloc();
}

void reading_session::after_shown(std::string_view text) {
  ++counted_[verdict::shown];
  if (!options_.fail_match.empty() || !options_.until_match.empty()) {
    const auto plain = plain_text(text, scratch_, more_scratch_);
    fail_matched_ = any_found_in(options_.fail_match, plain);
    matched_ = any_found_in(options_.until_match, plain);
  }
  if (fail_matched_ || matched_ || counted_[verdict::shown] == options_.count) leaving_ = true;
}

void reading_session::look_at_clock() {
  const auto at = clock::now();
  since_clock_ = 0;
  active_ |= options_.idle && at - last_event_ >= *options_.idle && feed_.expecting();  // a part of a record has come
  if (active_) last_event_ = at;
  active_ = false;
  if ((options_.timeout && at - started_ >= *options_.timeout) || (options_.idle && at - last_event_ >= *options_.idle)) {
    timed_out_ = true;
  }
  if (hints_ && !hinted_ && at - started_ >= hint_after) try_twice({}, [this] { hint(); });
  if (at >= next_counts_ && !writing_) {
    print_counts();
    next_counts_ = clock::now() + *options_.every;
  }
  if (at >= next_stats_ && !stats_wait()) {
    print_stats();
    next_stats_ = at + *options_.stats_every;
  }
}

void reading_session::look_at_keys() {
  if (!keys_ || signals_.caught() != stop_reason::none) return;
  while (const auto key = keys_->next()) {
    if (counts_ != nullptr) continue;  // which it must not push aside
    if (*key == '\n' || *key == '\r') try_twice({}, [this] { draw_ruler(); });
    if (*key != 'p' && *key != 'P') continue;
    if (main_output_->holding()) {
      go_on();
    } else {
      main_output_->hold();
      status_width_ = 0;
    }
  }
  if (!main_output_->holding()) return;
  if (main_output_->held_bytes() > options_.max_memory) {
    go_on();
    say("paused for longer than --max-memory has room for; it goes on");
  } else {
    try_twice({}, [this] { show_waiting(); });
  }
}

// To find the place again.
void reading_session::draw_ruler() {
  std::string line = "-- ";
  time_text({}, options_.format.where, {}).append(line, std::chrono::system_clock::now());
  line += ' ';
  const auto width = terminal_width(standard_output);
  if (line.size() + 1 < width) line.append(width - 1 - line.size(), '-');
  main_output_->begin().append(line) += '\n';
  main_output_->flush();
}

// In the terminal's last line, for as long as nothing else is written.
void reading_session::show_waiting() {
  const auto count = main_output_->held_records();
  auto line = fmt::format("-- paused, {} {} waiting; p goes on", count, count == 1 ? "record is" : "records are");
  line.resize(std::min(line.size(), terminal_width(standard_output) - 1));
  const auto width = line.size();
  if (status_width_ > width) line.append(status_width_ - width, ' ');
  if (std::exchange(waiting_shown_, line) == line && status_width_ != 0) return;
  status_width_ = width;
  main_output_->aside('\r' + line);
}

void reading_session::go_on() {
  try_twice({}, [this] { main_output_->aside('\r' + std::string(status_width_, ' ') + '\r'); });
  main_output_->release();
}

// From the screen, for what comes in its place.
void reading_session::take_counts_away() {
  if (!live_ || counts_lines_ == 0) return;
  const auto height = terminal_height(standard_output);  // a window that has become smaller has lost the rest
  fmt::format_to(std::back_inserter(outputs_.front().to->begin()), "\r\x1b[{}A\x1b[J", std::min(counts_lines_, height - 1));
  counts_lines_ = 0;
}

void reading_session::print_counts() {
  auto& out = *outputs_.front().to;
  try_twice("no memory for the table of --count-by", [&] {
    try {
      append_counts(out.begin());
      out.written();
    } catch (const std::bad_alloc&) {
      out.take_back();
      throw;
    }
  });
  flush();
}

void reading_session::append_counts(std::string& out) {
  constexpr std::size_t other_lines = 3;  // names, "(others)", and where the cursor is
  take_counts_away();
  if (counts_lines_ != 0) out += '\n';
  const auto height = terminal_height(standard_output);
  const auto most = height > other_lines ? height - other_lines : 1;
  counts_lines_ = counts_->append_table(out, live_ ? most : SIZE_MAX, live_ ? terminal_width(standard_output) - 1 : SIZE_MAX);
}

// In the table's place if there is one on the same screen, which then stands under it.
void reading_session::tell(std::string_view text) {
  const bool in_place = live_ && counts_lines_ != 0 && !writing_ && is_terminal(standard_error);
  if (in_place) {
    take_counts_away();
    flush();
  }
  say(text);
  if (in_place) print_counts();
}

void reading_session::flush() {
  for (auto& output : outputs_) output.to->flush();
  if (main_output_->error()) leaving_ = true;
  flushed_ = clock::now();
}

std::uint64_t reading_session::seen() const noexcept {
  return std::accumulate(counted_.judged.begin(), counted_.judged.end(), std::uint64_t{0});
}

// Why nothing is shown, once.
void reading_session::hint() {
  hinted_ = true;
  if (counted_[verdict::shown] != 0) return;
  if (seen() != 0) {
    std::string by;
    for (std::size_t v = 1; v < verdict_count; ++v) {
      if (counted_.judged[v] != 0) fmt::format_to(std::back_inserter(by), "{}{} {}", by.empty() ? "" : ", ", to_string(static_cast<verdict>(v)), counted_.judged[v]);
    }
    tell(fmt::format("{} records came, and none passed the filters: {}", seen(), by));
    return;
  }
  const auto& first = options_.addresses.front();
  std::string ways = fmt::format("does a program post to it? slotcat send {} test is one", first.scope() == mailslog::slot_scope::lan ? "'*/" + first.name() + "'" : first.name());
  if (first.scope() == mailslog::slot_scope::lan) {
    ways += fmt::format("; from other machines UDP port {} must be open, and multicast pass", first.options().port);
  } else {
    ways += "; another user's programs, or with another XDG_RUNTIME_DIR or MAILSLOG_DIR, may post elsewhere";
  }
  tell("nothing has come yet: " + ways);
  for (const auto& address : options_.addresses) {
    for (const auto& other : elsewhere(address, mailslog::local_folders(address))) tell(other);
  }
}

void reading_session::explain_end() {
  if (signals_.caught() == stop_reason::interrupted && !read_keys_) std::fputc('\n', stderr);  // after "^C"
  const bool nothing_passed = timed_out_ && seen() != 0 && result() == exit_code::nothing_shown;
  if (result() == exit_code::timed_out || nothing_passed) {
    say(fmt::format("nothing matched in time; {} seen, {} of them shown", seen() == 1 ? "1 record was" : fmt::format("{} records were", seen()), counted_[verdict::shown]));
  }
}

void reading_session::print_stats() {
  try_twice("no memory for the words of --stats", [this] { tell(describe(counted_, feed_.stats())); });
}

exit_code reading_session::result() const {
  switch (signals_.caught()) {
    case stop_reason::interrupted: return exit_code::interrupted;
    case stop_reason::terminated: return exit_code::terminated;
    case stop_reason::none: break;
  }
  if (fail_matched_) return exit_code::fail_matched;
  if (options_.fail_on_crash && crashed_) return exit_code::crashed;
  if (options_.fail_on_loss && lost_) return exit_code::lost;
  if (!options_.until_match.empty() && !matched_) return timed_out_ ? exit_code::timed_out : exit_code::nothing_shown;
  return counted_[verdict::shown] == 0 ? exit_code::nothing_shown : exit_code::ended;
}

}  // namespace slotcat
