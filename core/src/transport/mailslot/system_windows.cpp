#include <algorithm>
#include <utility>

#include "platform/windows.hpp"
#include "transport/mailslot/mailslot.hpp"

namespace mailslog::transport {
namespace {

using platform::is_wine;
using platform::unique_event;
using platform::unique_file;
using platform::wide;
using status = mailslot_system::status;

DWORD milliseconds_of(std::chrono::nanoseconds t) noexcept {
  return static_cast<DWORD>(std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(t).count(), 0, 0x7fffffff));
}

class server final : public mailslot_system::server {
 public:
  explicit server(unique_file slot) : slot_(std::move(slot)) {}

  status read(void* memory, std::size_t room, std::size_t& size) noexcept override {
    DWORD n = 0;
    const bool done = ::ReadFile(slot_.get(), memory, static_cast<DWORD>(room), &n, nullptr) != 0;
    size = n;
    const DWORD error = done ? ERROR_SUCCESS : ::GetLastError();
    // Wine 8 says so of a message of 0 bytes.
    return error == ERROR_BROKEN_PIPE && is_wine() ? ERROR_SUCCESS : error;
  }
  std::size_t next_size() noexcept override {
    DWORD size = 0;
    const bool known = ::GetMailslotInfo(slot_.get(), nullptr, &size, nullptr, nullptr) != 0 && size != MAILSLOT_NO_MESSAGE;
    return known ? size : 0;
  }

 private:
  unique_file slot_;
};

class client final : public mailslot_system::client {
 public:
  client(unique_file slot, unique_event done) : slot_(std::move(slot)), done_(std::move(done)) {}
  ~client() override { cancel(); }

  status write(byte_view message) noexcept override {
    io_ = {};
    io_.hEvent = done_.get();
    DWORD written = 0;
    if (::WriteFile(slot_.get(), message.data, static_cast<DWORD>(message.size), &written, &io_) != 0) return ERROR_SUCCESS;
    const DWORD error = ::GetLastError();
    pending_ = error == ERROR_IO_PENDING;
    return error;
  }
  status result() noexcept override {
    DWORD written = 0;
    if (::GetOverlappedResult(slot_.get(), &io_, &written, FALSE) == 0) {
      const DWORD error = ::GetLastError();
      if (error == ERROR_IO_INCOMPLETE) return ERROR_IO_PENDING;
      pending_ = false;
      return error;
    }
    pending_ = false;
    return ERROR_SUCCESS;
  }
  void wait(std::chrono::nanoseconds timeout) noexcept override { ::WaitForSingleObject(done_.get(), milliseconds_of(timeout)); }
  status cancel() noexcept override {
    if (!std::exchange(pending_, false)) return ERROR_SUCCESS;
    ::CancelIoEx(slot_.get(), &io_);
    DWORD written = 0;
    return ::GetOverlappedResult(slot_.get(), &io_, &written, TRUE) != 0 ? ERROR_SUCCESS : ::GetLastError();
  }

 private:
  unique_file slot_;
  unique_event done_;
  OVERLAPPED io_{};
  bool pending_ = false;
};

class system_of_windows final : public mailslot_system {
 public:
  status create(const std::string& path, std::size_t max_message, std::chrono::milliseconds read_timeout, const std::string& security,
                std::unique_ptr<mailslot_system::server>& out) override {
    platform::security who(security.empty() ? platform::for_user_only() : wide(security));
    if (who.get() == nullptr) return ::GetLastError();
    unique_file slot(
        ::CreateMailslotW(wide(path).c_str(), static_cast<DWORD>(max_message), static_cast<DWORD>(read_timeout.count()), who.get()));
    if (!slot) return ::GetLastError();
    out = std::make_unique<transport::server>(std::move(slot));
    return ERROR_SUCCESS;
  }

  status open(const std::string& path, std::unique_ptr<mailslot_system::client>& out) override {
    // Less sharing fails in Wine when there is another writer.
    unique_file slot(::CreateFileW(wide(path).c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING,
                                   FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OVERLAPPED, nullptr));
    if (!slot) return ::GetLastError();
    auto done = platform::make_event();
    if (!done) return ::GetLastError();
    out = std::make_unique<transport::client>(std::move(slot), std::move(done));
    return ERROR_SUCCESS;
  }

  std::error_code error(status s) const noexcept override { return {static_cast<int>(s), std::system_category()}; }
  bool writers_keep_slots() const noexcept override { return is_wine(); }
};

}  // namespace

mailslot_system& system_mailslots() {
  static auto* const instance = new system_of_windows;  // never destroyed, as writers in static objects are not all gone at any time
  return *instance;
}

}  // namespace mailslog::transport
