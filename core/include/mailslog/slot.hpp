// Level 1, bytes: a named mailbox that takes messages from anybody and gives them to whoever owns it.
//
//   mailslog::slot_reader in("sensors");
//   mailslog::slot_writer out("sensors");
//   out.put("21.5");
//   if (auto message = in.get(250ms)) use(message->bytes, message->from);
//   for (const auto& message : in) use(message.bytes);  // ends when in.close() is called from another thread
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <mailslog/address.hpp>
#include <mailslog/error.hpp>
#include <mailslog/export.hpp>

namespace mailslog {

/// Posts messages to one slot, whether or not anybody is reading it.
/// Movable, not copyable. `put` may be called from several threads. A child of the process, however made, has a writer of its own.
class MAILSLOG_EXPORT slot_writer {
 public:
  /// Throws `address_error` for a bad address and for nothing else. A slot that nobody reads, a host that is not known and
  /// a network that is down are no errors, here or in `put`.
  explicit slot_writer(const address& where);
  slot_writer(slot_writer&&) noexcept;
  slot_writer& operator=(slot_writer&&) noexcept;
  ~slot_writer();

  /// Posts one message to every reader that is there now. Boundaries are kept: a message arrives whole or not at all.
  /// Where a reader has no room now, it waits for at most `max_delay`, or `block_time` with `overflow_policy::block`; not again for
  /// a reader that did not make any. With `max_delay` 0 it does not wait.
  ///
  /// Errors a caller may want to tell apart:
  /// - `errc::message_too_large`: it was not sent; `max_message_size()` says what fits, a reader may have set less
  /// - `errc::queue_full`: at least one reader is not keeping up and did not get it
  /// - `errc::not_resolved`: the host's name is being looked up, or is not known
  /// - `errc::too_many_readers`: more than 256 of this user and root, or 256 of others; those that are posted to got it
  std::error_code put(std::string_view message) noexcept;

  /// The largest message that `put` takes, in bytes.
  std::size_t max_message_size() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// One message, as it was put.
struct message {
  std::string bytes;
  /// Who sent it, as far as the transport knows: "192.0.2.7:50123", "[2001:db8::1]:50123", or "pid 4711" for a process on
  /// this machine. May be empty. Claimed by the network, not proven.
  std::string from;
  /// What the sender calls itself: the source name of a remote mailslot's message. Otherwise empty. Anybody can claim any.
  std::string claimed_name;
};

/// State of a slot at the time of asking; compare Win32 GetMailslotInfo.
struct slot_info {
  std::size_t max_message_size = 0;           ///< bytes
  std::optional<std::size_t> next_size;       ///< bytes of the message that `get` would return; nothing if none waits
  std::size_t count = 0;                      ///< messages waiting
  std::chrono::nanoseconds read_timeout{};    ///< of `get()`; `forever` if it waits without limit
  std::uint64_t oversized = 0;                ///< messages larger than `max_message_size`, since the slot was opened
  std::uint64_t dropped = 0;                  ///< messages that the system dropped because its receive buffer was full
  std::uint64_t malformed = 0;                ///< datagrams that are no message of this slot, or a repeated one
};

/// Owns a slot on this machine and takes the messages that are put into it.
/// Movable, not copyable. One thread at a time, except for `close`, which any thread may call.
class MAILSLOG_EXPORT slot_reader {
 public:
  /// Opens the slot. Any number of readers of one name may run; each gets every message. On Windows a local slot has one reader.
  /// Throws `address_error` for a bad address or that of another host, `std::system_error` if it cannot be opened:
  /// `what()` says what was tried, on what, and what the system answered.
  explicit slot_reader(const address& where);
  slot_reader(std::string_view where, const slot_options& options) : slot_reader(address(where, options)) {}
  slot_reader(slot_reader&&) noexcept;
  slot_reader& operator=(slot_reader&&) noexcept;
  ~slot_reader();

  /// The next message, in order of arrival. Waits for at most `timeout` (0: does not wait; `forever`), or
  /// `slot_options::read_timeout`. Nothing when the time has passed or the slot is closed.
  std::optional<message> get(std::chrono::nanoseconds timeout);
  std::optional<message> get();

  slot_info info();
  bool empty() { return info().count == 0; }
  std::size_t size() { return info().count; }

  /// Ends this and all later waiting: `get` returns nothing, loops end. Messages not yet taken are lost.
  void close() noexcept;

  /// Input iterator over messages: waits for each without limit and ends when the slot is closed.
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = message;
    using difference_type = std::ptrdiff_t;
    using pointer = const message*;
    using reference = const message&;

    iterator() = default;
    explicit iterator(slot_reader& slot) : slot_(&slot) { ++*this; }
    reference operator*() const { return *message_; }
    pointer operator->() const { return &*message_; }
    iterator& operator++() {
      message_ = slot_->get(forever);
      if (!message_) slot_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, const iterator& b) { return a.slot_ == b.slot_; }
    friend bool operator!=(const iterator& a, const iterator& b) { return !(a == b); }

   private:
    slot_reader* slot_ = nullptr;
    std::optional<message> message_;
  };
  iterator begin() { return iterator(*this); }
  iterator end() { return iterator(); }

 private:
  struct impl;
  struct deleter {
    void operator()(impl* i) const noexcept;
  };
  std::unique_ptr<impl, deleter> impl_;
};

}  // namespace mailslog
