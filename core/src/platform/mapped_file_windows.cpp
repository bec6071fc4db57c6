#include "platform/mapped_file_windows.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <vector>

namespace mailslog::platform {
namespace {

DWORD high(std::uint64_t v) noexcept { return static_cast<DWORD>(v >> 32); }
DWORD low(std::uint64_t v) noexcept { return static_cast<DWORD>(v); }

// Views begin at multiples of it.
std::size_t granularity() noexcept {
  ::SYSTEM_INFO info{};
  ::GetSystemInfo(&info);
  return info.dwAllocationGranularity;
}

// Written, so that the room is there: in a sparse or compressed file, and in Wine, a longer file need not have more of it.
bool write_zeros(HANDLE file, std::size_t from, std::size_t size) noexcept {
  static constexpr std::uint8_t zeros[4096]{};
  while (size != 0) {
    ::OVERLAPPED at{};
    at.Offset = low(from);
    at.OffsetHigh = high(from);
    DWORD written = 0;
    if (::WriteFile(file, zeros, static_cast<DWORD>(std::min(size, sizeof zeros)), &written, &at) == 0) return false;
    from += written;
    size -= written;
  }
  return true;
}

struct view_traits {
  using native = void*;
  static native invalid() noexcept { return nullptr; }
  static void close(native view) noexcept { ::UnmapViewOfFile(view); }
};
using unique_view = unique_handle<view_traits>;

// A view for each part: a file that is mapped as a whole has its whole size from the beginning.
class mapped final : public mapped_file {
 public:
  mapped(HANDLE file, std::size_t most) noexcept : file_(file), most_(most) {}

  std::uint8_t* extend(std::size_t more, std::error_code& error) noexcept override try {
    if (more > most_ - size_) {
      error = std::make_error_code(std::errc::file_too_large);
      return nullptr;
    }
    views_.reserve(views_.size() + 1);
    const auto from = size_ / granularity() * granularity();
    if (!write_zeros(file_, size_, more) || !map(from, size_ + more)) {
      error = last_file_error();
      cut_file(size_);
      return nullptr;
    }
    auto* const memory = static_cast<std::uint8_t*>(views_.back().get()) + (size_ - from);
    size_ += more;
    return memory;
  } catch (const std::bad_alloc&) {
    error = std::make_error_code(std::errc::not_enough_memory);
    return nullptr;
  }

  // What is mapped, by us or by anybody, cannot be cut.
  void cut(std::size_t size) noexcept override {
    views_.clear();
    if (size < size_ && cut_file(size)) size_ = size;
  }

 private:
  bool map(std::size_t from, std::size_t to) noexcept {
    const unique_event section(::CreateFileMappingW(file_, nullptr, PAGE_READWRITE, high(to), low(to), nullptr));
    if (!section) return false;
    unique_view view(::MapViewOfFile(section.get(), FILE_MAP_READ | FILE_MAP_WRITE, high(from), low(from), to - from));
    if (!view) return false;
    views_.push_back(std::move(view));
    return true;
  }

  bool cut_file(std::size_t size) noexcept {
    ::FILE_END_OF_FILE_INFO end{};
    end.EndOfFile.QuadPart = static_cast<LONGLONG>(size);
    return ::SetFileInformationByHandle(file_, FileEndOfFileInfo, &end, sizeof end) != 0;
  }

  const HANDLE file_;
  const std::size_t most_;
  std::size_t size_ = 0;
  std::vector<unique_view> views_;
};

}  // namespace

std::unique_ptr<mapped_file> map_new_file(HANDLE file, std::size_t most) { return std::make_unique<mapped>(file, most); }

bool is_held(HANDLE file) noexcept {
  const unique_file alone(::ReOpenFile(file, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, 0));
  return !alone && ::GetLastError() == ERROR_SHARING_VIOLATION;
}

}  // namespace mailslog::platform
