// What the writers of a slot on this machine remember, as a reader sees it: before it came, of what did not arrive, and how they end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include <mailslog/address.hpp>
#include <mailslog/event.hpp>
#include <mailslog/history.hpp>

#include "history/ring_folder.hpp"
#include "receive/record_source.hpp"
#include "receive/ring_cursor.hpp"

namespace mailslog {

class past final : public record_source {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Notes who is there. Before the ways in are opened: what is logged from now on is the reader's.
  past(const address& at, std::uint32_t slot_tag);

  // ---- before

  /// Begins to go through what is wanted. After the ways in are open.
  void ask(const history_request& wanted);
  bool asked() const noexcept { return asked_; }
  /// What is remembered, merged by time; null when that was all. Valid until the next call of any member.
  const event* next();

  // ---- meanwhile

  /// A sender whose records have been seen up to that number.
  struct standing {
    sender_info who;
    std::uint64_t next = 0;   // after what was given
    /// It may be one that does not reach this reader: only if something came from it.
    bool if_seen = false;
  };
  /// Those that live, or did when `past` was made. Once, when `next` has given all.
  std::vector<standing> take_standings();

  struct end {
    standing at;  ///< `next`: of all it logged
    bool well = false;
  };
  /// Who has ended since the last call, and who has come (with `next` 0).
  void look(std::vector<standing>& come, std::vector<end>& ended);

  const received_record* find(std::uint64_t sender, std::uint64_t from, std::uint64_t to) override;

  std::uint64_t refused() const noexcept { return refused_; }
  const history_findings& findings() const noexcept { return findings_; }
  /// Records that were overwritten while `next` came to them.
  std::uint64_t overwritten() const noexcept { return overwritten_; }

 private:
  struct source {
    std::unique_ptr<ring_cursor> cursor;
    std::string name;
    const event* head = nullptr;
    timestamp newest{};
    bool held = false;    // when it was looked at
    bool shown = false;   // something of it
    std::uint64_t next = 0;
  };

  std::unique_ptr<ring_cursor> open(const std::string& name, std::error_code& error);
  bool list(std::vector<std::string>& names);
  void forget_gone();
  /// Once for each name.
  void refuse(const std::string& name, const std::string& problem);
  bool reaches_us(const history::ring_info& info) const noexcept;
  standing standing_of(const history::ring_info& info, std::uint64_t next) const;
  static end end_of(ring_cursor& cursor, standing at);
  void open_all();
  void begin(timestamp since);
  timestamp last_records_since() const;
  std::uint64_t count_since(timestamp since);
  /// Takes what was given last to its next record; without one it is done with.
  void advance();
  void put_back() noexcept;
  void finish(source& s);
  const event* step();

  const slot_scope scope_;
  const std::uint32_t slot_tag_;
  std::unique_ptr<history::ring_folder> folder_;
  std::map<std::string, bool> known_;         // rings by name, and whether their writers are watched
  std::map<std::string, standing> standings_; // of those that are, by name
  std::set<std::string> refused_names_;
  std::uint64_t refused_ = 0;
  history_findings findings_;
  std::uint64_t overwritten_ = 0;

  history_request wanted_;
  bool asked_ = false;
  std::uint64_t skip_ = 0;                        // so many are older than the last ones that are wanted
  std::vector<std::unique_ptr<source>> sources_;  // a heap, the oldest head first
  std::unique_ptr<source> given_;                 // whose head was given last
  bool counting_ = false;
  std::vector<std::unique_ptr<source>> counted_;  // at their ends
  struct told_end {
    std::unique_ptr<sender_info> who;
    event what;
  };
  std::deque<told_end> ends_;  // to be told
  told_end told_;
  event gap_;

  std::unique_ptr<ring_cursor> found_;  // in which something was found last
  std::uint64_t found_next_ = 0;
};

}  // namespace mailslog
