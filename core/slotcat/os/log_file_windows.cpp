#include "os/log_file.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "os/windows.hpp"

namespace slotcat {
namespace {

std::error_code last_error() noexcept { return {static_cast<int>(::GetLastError()), std::system_category()}; }

}  // namespace

log_file::log_file(const std::string& path) {
  // It may be read and renamed meanwhile; who else wants to write to it is refused by the system.
  handle_ = ::CreateFileW(std::filesystem::u8path(path).c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_ALWAYS,
                          FILE_ATTRIBUTE_NORMAL, nullptr);
  if (handle_ != INVALID_HANDLE_VALUE) return;
  const bool busy = ::GetLastError() == ERROR_SHARING_VIOLATION;
  throw std::runtime_error("cannot write to \"" + path + "\": " + (busy ? "another program writes to it" : last_error().message()));
}

log_file::log_file(log_file&& other) noexcept : handle_(std::exchange(other.handle_, INVALID_HANDLE_VALUE)) {}

log_file& log_file::operator=(log_file&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

log_file::~log_file() {
  if (handle_ != INVALID_HANDLE_VALUE) ::CloseHandle(handle_);
}

bool log_file::regular() const noexcept { return ::GetFileType(handle_) == FILE_TYPE_DISK; }

std::uint64_t log_file::size() const noexcept {
  LARGE_INTEGER size{};
  return regular() && ::GetFileSizeEx(handle_, &size) != 0 ? static_cast<std::uint64_t>(size.QuadPart) : 0;
}

std::error_code log_file::append(std::string_view text, std::size_t& taken) noexcept {
  taken = 0;
  if (regular()) ::SetFilePointerEx(handle_, LARGE_INTEGER{}, nullptr, FILE_END);
  while (taken < text.size()) {
    DWORD written = 0;
    const auto size = static_cast<DWORD>(std::min<std::size_t>(text.size() - taken, 1 << 20));
    if (::WriteFile(handle_, text.data() + taken, size, &written, nullptr) == 0) return last_error();
    taken += written;
  }
  return {};
}

void log_file::truncate(std::uint64_t size) noexcept {
  LARGE_INTEGER end{};
  end.QuadPart = static_cast<LONGLONG>(size);
  if (::SetFilePointerEx(handle_, end, nullptr, FILE_BEGIN) != 0) ::SetEndOfFile(handle_);
}

}  // namespace slotcat
