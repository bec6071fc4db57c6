// The errors that are mailslog's own, beside those of the operating system.
//
//   if (writer.put(text) == mailslog::errc::message_too_large) { ... }
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>

#include <mailslog/export.hpp>

namespace mailslog {

/// Values of the error category "mailslog". Errors of the operating system are passed on unchanged, in their own category;
/// compare those with `std::errc`.
enum class errc {
  closed = 1,         ///< the slot was closed, by its destructor or from another thread
  message_too_large,  ///< larger than the transport, the slot's `limit` or its reader takes; it was not sent
  record_too_large,   ///< larger than `max_record_size`; it can never be sent and was counted as dropped
  queue_full,         ///< the sender's queue is full; the record was dropped and counted, as `slot_options::overflow` says
  not_resolved,       ///< the name of the host is not known (yet)
  remote_mailslots_off, ///< Windows: the system does not carry mailslots to other machines; the message names the ways out
  fell_back_to_udp,   ///< no loss, a notice: for that reason, and as `fallback` allows, the slot is posted to by UDP from now on
  too_many_readers,   ///< a slot of this machine has more readers than a writer posts to; those that it posts to got it
};

MAILSLOG_EXPORT const std::error_category& mailslog_category() noexcept;
MAILSLOG_EXPORT std::error_code make_error_code(errc e) noexcept;

/// An address, a slot name or an option that makes no sense. `what()` quotes it and says which part is wrong and what is
/// accepted. Thrown where addresses and options are read, before anything is opened.
class MAILSLOG_EXPORT address_error : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

}  // namespace mailslog

template <>
struct std::is_error_code_enum<mailslog::errc> : std::true_type {};
