// The main job: read, filter, print, until it is time to leave.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "read/counters.hpp"
#include "read/event_feed.hpp"
#include "cli/exit_code.hpp"
#include "format/formatter.hpp"
#include "cli/options.hpp"
#include "output/output.hpp"
#include "output/rotating_copy.hpp"
#include "read/source_table.hpp"
#include "os/stop.hpp"
#include "read/time_order.hpp"

namespace slotcat {

/// `slotcat ADDRESS...`. Throws `std::runtime_error` if a slot or the copy cannot be opened, or output cannot be written.
exit_code read(read_options options);

/// One run of reading: what `read` does once all is open.
class reading_session {
 public:
  /// `feed`, `signals` and `out` stay the caller's; `copy` may be null.
  reading_session(read_options options, event_feed& feed, const stop_signals& signals, output& out, rotating_copy* copy);

  exit_code run();

 private:
  using clock = std::chrono::steady_clock;

  bool wait_for_more();
  void take(const mailslog::event& event);
  void release_due();
  void show(const mailslog::event& event, bool late);
  void on(const mailslog::received_record& record, bool late);
  void on(const mailslog::gap& gap, bool late);
  void on(const mailslog::foreign_message& message, bool late);
  template <class Append>
  void print(Append append);
  void after_shown(std::string_view text);
  void look_at_clock();
  void flush();
  void print_stats();
  exit_code result() const;

  read_options options_;
  event_feed& feed_;
  const stop_signals& signals_;
  output& out_;
  rotating_copy* copy_;
  std::unique_ptr<formatter> formatter_;
  std::unique_ptr<formatter> plain_;  // for the copy, where the terminal's has colours
  std::string plain_text_;
  source_table sources_;
  std::optional<time_order> order_;
  counters counted_;

  bool leaving_ = false;  // nothing more is to be shown
  bool timed_out_ = false;
  bool matched_ = false;
  bool fail_matched_ = false;
  bool lost_ = false;
  unsigned since_clock_ = 0;  // events
  bool active_ = false;       // since the last look at the clock
  clock::time_point started_ = clock::now();
  clock::time_point last_event_ = started_;
  clock::time_point next_stats_ = clock::time_point::max();
};

}  // namespace slotcat
