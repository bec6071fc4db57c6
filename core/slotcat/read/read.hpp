// The main job: read, filter, print, until it is time to leave.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "read/counters.hpp"
#include "read/event_feed.hpp"
#include "cli/exit_code.hpp"
#include "format/formatter.hpp"
#include "cli/options.hpp"
#include "os/keys.hpp"
#include "os/stop.hpp"
#include "output/output.hpp"
#include "read/cursors.hpp"
#include "read/last_events.hpp"
#include "read/name_budget.hpp"
#include "read/seen_records.hpp"
#include "read/source_table.hpp"
#include "read/tally.hpp"
#include "read/time_order.hpp"

namespace slotcat {

/// `slotcat ADDRESS...`. Throws `std::runtime_error` if a slot or the copy cannot be opened, or output cannot be written.
exit_code read(read_options options);

/// One run of reading: what `read` does once the slots are open.
class reading_session {
 public:
  /// `feed` and `signals` stay the caller's.
  reading_session(read_options options, event_feed& feed, const stop_signals& signals);
  ~reading_session() { live_ = false; }  // the copy may have something to tell at its end
  reading_session(const reading_session&) = delete;
  reading_session& operator=(const reading_session&) = delete;

  /// Standard output is one of the outputs; the copy, if there is one, another.
  void add_output(std::unique_ptr<destination> to, std::unique_ptr<formatter> form);
  /// `counts` is the formatter of `out`: its table is shown at the end, and before as the options say.
  void show_counts(const tally& counts, bool live);

  /// How long a write of standard output may wait now. To be asked while it waits: the clock is looked at.
  patience patient();

  /// Says it to the user without harm to what stands on the screen.
  void tell(std::string_view text);

  /// `out` is the one of the outputs that ends the session when it fails.
  exit_code run(output& out);

 private:
  using clock = std::chrono::steady_clock;

  /// Where what is shown goes, and in which form.
  struct shown_on {
    std::unique_ptr<destination> to;
    std::unique_ptr<formatter> form;
  };

  // Where memory runs out, what was being done is given up, and that is said.
  template <class Work>
  void with_event(Work work);
  template <class Work>
  void try_twice(std::string_view without_memory, Work work);

  bool wait_for_more();
  void take(const mailslog::event& event);
  void release_due();
  void show_next(const time_order::released& next);
  void release_all();
  void show(const mailslog::event& event, bool late);
  void on(const mailslog::received_record& record, bool late);
  void on(const mailslog::foreign_message& message, bool late);
  void look_at_rest();
  void on(const mailslog::gap& gap, bool late);
  void on(const mailslog::ended& end, bool late);
  void show_record(const mailslog::received_record& record, bool late);
  void end_history();
  void explain_history() const;
  template <class Append>
  void print(Append append);
  void after_shown(std::string_view text);
  void look_at_clock();
  clock::time_point next_look() const;
  bool stats_wait() const noexcept { return live_ && writing_; }  // until the table stands
  void flush();
  void look_at_keys();
  void draw_ruler();
  void show_waiting();
  void go_on();
  void take_counts_away();
  void print_counts();
  void append_counts(std::string& out);
  void hint();
  void explain_end();
  std::uint64_t seen() const noexcept;
  void print_stats();
  exit_code result() const;

  read_options options_;
  event_feed& feed_;
  const stop_signals& signals_;
  std::vector<shown_on> outputs_;
  std::vector<std::string> slots_;  // their names, one for each reader, if there are several
  std::size_t slot_ = 0;            // that what is shown came by
  output* main_output_ = nullptr;
  source_table sources_;
  std::optional<seen_records> seen_records_;  // of several slots
  name_budget names_;
  std::optional<time_order> order_;
  std::optional<keys> keys_;      // of who looks at the output
  bool read_keys_ = false;        // so that the terminal shows no "^C"
  std::size_t status_width_ = 0;  // of the line that says that it pauses
  std::string waiting_shown_;     // that line
  bool before_live_ = false;           // what is remembered is being read
  std::unique_ptr<last_events> last_;  // while history is read of which the end is wanted
  std::optional<cursors> cursors_;
  counters counted_;
  std::string foreign_scratch_;
  std::string scratch_;
  std::string more_scratch_;

  bool leaving_ = false;  // nothing more is to be shown
  bool timed_out_ = false;
  bool matched_ = false;
  bool fail_matched_ = false;
  bool lost_ = false;
  bool crashed_ = false;
  unsigned since_clock_ = 0;  // events
  bool active_ = false;       // since the last look at the clock
  clock::time_point started_ = clock::now();
  clock::time_point last_event_ = started_;
  bool hints_ = false;        // somebody looks at standard error
  bool hinted_ = false;
  clock::time_point flushed_ = started_;
  clock::time_point told_of_memory_{};
  clock::time_point next_stats_ = clock::time_point::max();

  const tally* counts_ = nullptr;
  bool live_ = false;             // each table replaces the one before
  std::size_t counts_lines_ = 0;  // of the table that was shown last
  clock::time_point next_counts_ = clock::time_point::max();
  bool writing_ = false;          // standard output takes its time
};

}  // namespace slotcat
