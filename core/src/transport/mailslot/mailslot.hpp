// Windows' own mailslots as a transport.
//
// What is asked of the system stands behind `mailslot_system`, so that the rest is tested where there is no Windows, also for what
// no test system does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

#include "transport/local/local.hpp"
#include "transport/threaded_sender.hpp"
#include "transport/transport.hpp"

namespace mailslog::transport {

/// The system's error numbers (winerror.h) that are told apart here.
namespace mailslot_error {
enum : std::uint32_t {
  none = 0,
  file_not_found = 2,
  path_not_found = 3,
  bad_network_path = 53,
  bad_network_name = 67,
  timed_out = 121,            // ERROR_SEM_TIMEOUT
  insufficient_buffer = 122,
  already_exists = 183,
  pending = 997,              // ERROR_IO_PENDING
  remote_mailslots_off = 3025,  // ERROR_REMOTE_MAILSLOTS_DEPRECATED
};
}

/// The calls, and nothing more. Each answers with the system's error number, or 0. Paths are UTF-8.
class mailslot_system {
 public:
  using status = std::uint32_t;

  /// The one that reads. Destroying it removes the slot.
  class server {
   public:
    virtual ~server() = default;
    /// ReadFile. Waits for as long as `create` was told.
    virtual status read(void* memory, std::size_t room, std::size_t& size) noexcept = 0;
    /// GetMailslotInfo: bytes of the next message; 0 if there is none.
    virtual std::size_t next_size() noexcept = 0;
  };

  class client {
   public:
    virtual ~client() = default;
    /// WriteFile, overlapped: `pending` if there is no room now. Then the message stays where it is until `result` is another one,
    /// or `cancel` was called.
    virtual status write(byte_view message) noexcept = 0;
    virtual status result() noexcept = 0;
    virtual void wait(std::chrono::nanoseconds timeout) noexcept = 0;
    /// CancelIoEx. `none` if the message was written all the same.
    virtual status cancel() noexcept = 0;
  };

  virtual ~mailslot_system() = default;

  /// CreateMailslotW. `security`: who may write, in the system's security descriptor language (SDDL); empty: this user and
  /// administrators.
  virtual status create(const std::string& path, std::size_t max_message, std::chrono::milliseconds read_timeout,
                        const std::string& security, std::unique_ptr<server>& out) = 0;
  /// CreateFileW.
  virtual status open(const std::string& path, std::unique_ptr<client>& out) = 0;

  virtual std::error_code error(status s) const noexcept = 0;
  /// Wine: a slot whose reader is gone stays, and takes messages, as long as a writer has it open.
  virtual bool writers_keep_slots() const noexcept = 0;
};

/// This system's, where it has them.
mailslot_system& system_mailslots();

/// `\\.\mailslot\name`. `name` is a slot's, with `/` between its parts.
std::string mailslot_path(const std::string& name, const std::string& host = ".");

/// A mailslot beside that of `name`: it is there while the reader of `name` also hears the network.
std::string hears_network(const std::string& name);

/// To the slot's reader on this machine. As `open_local_sender`.
std::unique_ptr<datagram_sender> open_mailslot_sender(mailslot_system& system, const std::string& name, const local_options& options);

/// As `open_local_receiver`.
std::unique_ptr<datagram_receiver> open_mailslot_receiver(mailslot_system& system, const std::string& name,
                                                          const local_options& options);

/// Bytes that the system carries in one message to another machine. 424 is the most; the name takes room of it.
std::size_t max_remote_message(const std::string& name) noexcept;

/// To readers of the slot on a host, on all machines of a domain, or (`*`) of our own. The system may be slow to answer: ask it from
/// a thread that may wait.
std::unique_ptr<datagram_sender> open_remote_mailslot_sender(mailslot_system& system, const std::string& host, const std::string& name);

/// Does the system carry mailslots between machines, and put into a local slot what comes from others?
#ifdef _WIN32
constexpr bool system_carries_mailslots = true;
#else
constexpr bool system_carries_mailslots = false;
#endif

/// Where it does: to the mailslot on `host`, on the machines of a domain, or (`*`) on those of ours. What `fallback` opens, if it is not
/// empty, takes over when the system refuses. Elsewhere it is not defined.
std::unique_ptr<datagram_sender> open_system_remote_sender(const std::string& host, const std::string& name, result_mode how,
                                                           std::function<std::unique_ptr<datagram_sender>()> fallback);

}  // namespace mailslog::transport
