// Goes through the records of one ring.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <mailslog/event.hpp>

#include "history/ring_folder.hpp"
#include "receive/inbox.hpp"

namespace mailslog {

/// Of the first record that its sender sent after this one.
inline std::uint64_t number_after(const received_record& r) noexcept { return r.kept_back != 0 ? r.number : r.number + 1; }

/// What is in the ring is judged as what comes by network is: what breaks the format, or is another sender's, is passed over and counted.
class ring_cursor {
 public:
  ring_cursor(std::unique_ptr<history::open_ring> ring, history::ring_info info) : ring_(std::move(ring)), info_(std::move(info)) {}

  const history::ring_info& info() const noexcept { return info_; }
  history::open_ring& ring() noexcept { return *ring_; }

  /// Looks at the ring as it is now: the record that is given next is the first that may have the number `from`, or a later one.
  void seek(std::uint64_t from);
  /// The same for the first that may have the time `since`.
  void seek(timestamp since);
  /// What is given from now on is kept, until the next `seek`.
  void keep() noexcept { keeping_ = true; }
  /// Gives what was kept once more, whatever has become of the ring.
  void rewind();
  /// The next whole record, or null at the end of what was there when it was looked at. Valid until the next call of any member.
  const event* next();

  /// Where the last whole record is that is there now; nothing if there is none.
  struct place {
    std::uint64_t next = 0;  ///< number after it
    timestamp time{};        ///< of it
  };
  std::optional<place> end();
  std::optional<std::uint64_t> end_number() {
    const auto at = end();
    return at ? std::optional(at->next) : std::nullopt;
  }

  /// The blocks as `seek` has seen them.
  const std::vector<history::ring_block>& blocks() const noexcept { return blocks_; }
  void look() { blocks_ = history::read_blocks(*ring_, info_, damaged_); }
  /// Blocks and datagrams that contradict the format.
  std::uint64_t damaged() const noexcept { return damaged_; }

 private:
  void begin_at(std::size_t block);
  std::size_t block_before(std::size_t block) const noexcept;
  void begin();
  bool take_block();
  const event* next_event();

  std::unique_ptr<history::open_ring> ring_;
  history::ring_info info_;
  std::vector<history::ring_block> blocks_;
  std::size_t block_ = 0;  // the next one to be taken
  std::vector<std::uint8_t> datagram_;
  bool keeping_ = false;
  std::vector<std::vector<std::uint8_t>> kept_;
  std::size_t kept_block_ = 0;  // the next one of them
  std::unique_ptr<inbox> box_;
  std::uint64_t least_ = 0;  // number of the next record, at least
  std::uint64_t damaged_ = 0;
};

/// None if the ring has gone, is none, or is not that of this slot and of the sender that it is named after; `problem` says why unless it has
/// just gone, and `error` what the system said, or `invalid_argument`.
std::unique_ptr<ring_cursor> open_ring_cursor(history::ring_folder& folder, const std::string& name, std::uint32_t slot_tag, std::string& problem,
                                              std::error_code& error);

}  // namespace mailslog
