#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <ratio>
#include <utility>
#include <vector>

#include "history/ring_files.hpp"
#include "history/ring_folder.hpp"
#include "platform/mapped_file_windows.hpp"
#include "platform/windows.hpp"

namespace mailslog::history {
namespace {

using platform::last_file_error;
using platform::unique_file;
using platform::utf8;
using platform::wide;

constexpr wchar_t folder_name[] = L".rings";
constexpr DWORD all_share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

std::wstring variable(const wchar_t* name) {
  std::wstring value;
  for (DWORD size = ::GetEnvironmentVariableW(name, nullptr, 0); size > value.size();) {
    value.resize(size);
    size = ::GetEnvironmentVariableW(name, value.data(), size);
    if (size < value.size()) value.resize(size);
  }
  return value;
}

// Without the system's limits for the length of paths and for names.
std::wstring verbatim(const std::wstring& path) {
  std::wstring full(::GetFullPathNameW(path.c_str(), 0, nullptr, nullptr), L'\0');
  full.resize(::GetFullPathNameW(path.c_str(), static_cast<DWORD>(full.size()), full.data(), nullptr));
  if (full.compare(0, 4, LR"(\\?\)") == 0 || full.compare(0, 4, LR"(\\.\)") == 0) return full;
  return full.compare(0, 2, LR"(\\)") == 0 ? LR"(\\?\UNC\)" + full.substr(2) : LR"(\\?\)" + full;
}

// Where the slots' folders are; empty if the system does not say.
std::wstring base_of(const std::string& slot) {
  if (auto told = variable(L"MAILSLOG_DIR"); !told.empty()) return verbatim(told);
  const bool all_sessions = slot.compare(0, 7, "global/") == 0;
  const auto data = variable(all_sessions ? L"ProgramData" : L"LOCALAPPDATA");
  return data.empty() ? data : verbatim(data + L"\\mailslog");
}

std::wstring encoded(const std::string& slot) {
  auto name = wide(slot);
  for (auto& c : name) {
    if (c == L'/') c = L'%';  // no slot's name has a '%'
  }
  return name;
}

struct search_traits {
  using native = HANDLE;
  static native invalid() noexcept { return INVALID_HANDLE_VALUE; }
  static void close(native h) noexcept { ::FindClose(h); }
};

// Calls `f` with each file; until it has looked at `most` entries. True if there was one.
template <class F>
bool scan(const std::wstring& folder, std::size_t most, F f) {
  ::WIN32_FIND_DATAW entry{};
  const platform::unique_handle<search_traits> search(
      ::FindFirstFileExW((folder + L"\\*").c_str(), FindExInfoBasic, &entry, FindExSearchNameMatch, nullptr, 0));
  bool any = false;
  for (bool more = static_cast<bool>(search); more && most != 0; more = ::FindNextFileW(search.get(), &entry) != 0, --most) {
    if (std::wcscmp(entry.cFileName, L".") == 0 || std::wcscmp(entry.cFileName, L"..") == 0) continue;
    any = true;
    if ((entry.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) == 0) f(entry);
  }
  return any;
}

std::uint64_t joined(DWORD high, DWORD low) noexcept { return (static_cast<std::uint64_t>(high) << 32) | low; }

std::chrono::nanoseconds time_of(const ::FILETIME& t) noexcept {
  using ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
  constexpr std::chrono::seconds to_1970(11'644'473'600);  // from 1601
  return ticks(static_cast<std::int64_t>(joined(t.dwHighDateTime, t.dwLowDateTime))) - to_1970;
}

// As long as it is open, nobody removes or renames it. None, and the last error, if it is no folder, or leads elsewhere.
unique_file hold_folder(const std::wstring& path) noexcept {
  unique_file folder(::CreateFileW(path.c_str(), FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING,
                                   FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  ::BY_HANDLE_FILE_INFORMATION info{};
  if (!folder || ::GetFileInformationByHandle(folder.get(), &info) == 0) return {};
  constexpr DWORD kind = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT;
  if ((info.dwFileAttributes & kind) == FILE_ATTRIBUTE_DIRECTORY) return folder;
  ::SetLastError(ERROR_DIRECTORY);
  return {};
}

class new_ring final : public mapped_ring {
 public:
  new_ring(unique_file file, std::wstring published) : file_(std::move(file)), path_(std::move(published)) {}
  ~new_ring() override {
    if (published_) return;
    unmap();  // else it cannot be removed
    ::FILE_DISPOSITION_INFO removed{TRUE};
    ::SetFileInformationByHandle(file_.get(), FileDispositionInfo, &removed, sizeof removed);
  }

  bool map(const ring_info& info, std::error_code& error) {
    return begin(platform::map_new_file(file_.get(), info.file_size()), info, error);
  }

  void publish(std::error_code& error) noexcept override try {
    const auto bytes = path_.size() * sizeof(wchar_t);
    const auto size = sizeof(::FILE_RENAME_INFO) + bytes;
    // Zeroed: the name has an end, and nothing is replaced.
    std::vector<std::uint64_t> memory(size / sizeof(std::uint64_t) + 1);
    auto* const rename = new (memory.data()) ::FILE_RENAME_INFO{};
    rename->FileNameLength = static_cast<DWORD>(bytes);
    std::memcpy(rename->FileName, path_.data(), bytes);
    published_ = ::SetFileInformationByHandle(file_.get(), FileRenameInfo, rename, static_cast<DWORD>(size)) != 0;
    if (!published_) error = last_file_error();
  } catch (const std::bad_alloc&) {
    error = std::make_error_code(std::errc::not_enough_memory);
  }

 private:
  unique_file file_;
  const std::wstring path_;
  bool published_ = false;
};

// What is mapped here and read there are the same pages, as long as the file is on a disk of this machine.
class readable_ring final : public open_ring {
 public:
  explicit readable_ring(unique_file file) : file_(std::move(file)) {}

  std::size_t read(std::uint64_t offset, std::uint8_t* to, std::size_t size) noexcept override {
    std::size_t done = 0;
    while (done < size) {
      ::OVERLAPPED at{};
      at.Offset = static_cast<DWORD>(offset + done);
      at.OffsetHigh = static_cast<DWORD>((offset + done) >> 32);
      DWORD n = 0;
      if (::ReadFile(file_.get(), to + done, static_cast<DWORD>(size - done), &n, &at) == 0 || n == 0) break;
      done += n;
    }
    return done;
  }
  bool held() noexcept override { return platform::is_held(file_.get()); }

  HANDLE file() const noexcept { return file_.get(); }

 private:
  unique_file file_;
};

class windows_ring_folder final : public ring_folder {
 public:
  explicit windows_ring_folder(const std::string& slot)
      : base_(base_of(slot)), slot_(base_ + L'\\' + encoded(slot)), rings_(slot_ + L'\\' + folder_name) {}

  std::unique_ptr<ring_file> make(const ring_info& info, std::error_code& error) override;
  std::vector<std::string> names(std::size_t most, std::error_code& error) override;
  std::unique_ptr<open_ring> open(const std::string& name, std::error_code& error) override;
  void sweep(const ring_budget& budget) noexcept override;
  std::string path() const override { return base_.empty() ? std::string() : utf8(rings_.substr(4)); }

 private:
  struct held_folders {
    unique_file base;
    unique_file slot;
    unique_file rings;

    explicit operator bool() const noexcept { return static_cast<bool>(rings); }
  };
  class swept;

  // None without an error where there are none.
  held_folders hold(std::error_code& error) const;
  held_folders make_folders(std::error_code& error) const;
  std::unique_ptr<ring_file> make_file(const ring_info& info, std::error_code& error) const;
  std::unique_ptr<readable_ring> open_file(const std::string& name, std::error_code& error) const;
  // What is not empty stays.
  void remove_folders() const noexcept {
    if (::RemoveDirectoryW(rings_.c_str()) != 0) ::RemoveDirectoryW(slot_.c_str());
  }

  const std::wstring base_;
  const std::wstring slot_;
  const std::wstring rings_;
};

windows_ring_folder::held_folders windows_ring_folder::hold(std::error_code& error) const {
  held_folders all;
  if (base_.empty()) return all;
  all.base = hold_folder(base_);
  if (all.base) all.slot = hold_folder(slot_);
  if (all.slot) all.rings = hold_folder(rings_);
  if (all) return all;
  const auto failed = last_file_error();
  if (failed != std::errc::no_such_file_or_directory) error = failed;
  return {};
}

windows_ring_folder::held_folders windows_ring_folder::make_folders(std::error_code& error) const {
  constexpr int times = 3;  // who sweeps may remove them before they are held
  for (int i = 0; i < times; ++i) {
    for (const auto* path : {&base_, &slot_, &rings_}) {
      if (::CreateDirectoryW(path->c_str(), nullptr) == 0 && ::GetLastError() != ERROR_ALREADY_EXISTS) {
        error = last_file_error();
        break;
      }
      error.clear();
    }
    if (error && error != std::errc::no_such_file_or_directory) return {};
    auto all = hold(error);
    if (all || error) return all;
  }
  error = std::make_error_code(std::errc::no_such_file_or_directory);
  return {};
}

std::unique_ptr<ring_file> windows_ring_folder::make(const ring_info& info, std::error_code& error) {
  auto ring = make_file(info, error);
  if (!ring) remove_folders();
  return ring;
}

std::unique_ptr<ring_file> windows_ring_folder::make_file(const ring_info& info, std::error_code& error) const {
  if (base_.empty()) {
    error = std::make_error_code(std::errc::no_such_file_or_directory);
    return nullptr;
  }
  const auto held = make_folders(error);
  if (!held) return nullptr;
  // Its owner alone, whatever the folder lets others do.
  const auto user = platform::user_id();
  platform::security who(L"O:" + user + L"D:P(A;;GA;;;" + user + L")");
  const auto in_folder = [&](const std::string& name) { return rings_ + L'\\' + wide(name); };
  unique_file file;
  if (who.get() != nullptr) {
    file.reset(::CreateFileW(in_folder(unfinished_ring_name(info.sender)).c_str(), GENERIC_READ | GENERIC_WRITE | DELETE,
                             platform::writer_shares, who.get(), CREATE_NEW, FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, nullptr));
  }
  if (!file) {
    error = last_file_error();
    return nullptr;
  }
  auto ring = std::make_unique<new_ring>(std::move(file), in_folder(ring_name(info.sender)));
  if (!ring->map(info, error)) return nullptr;
  return ring;
}

std::vector<std::string> windows_ring_folder::names(std::size_t most, std::error_code& error) {
  std::vector<std::string> found;
  if (!hold(error)) return found;
  scan(rings_, most, [&](const ::WIN32_FIND_DATAW& entry) {
    auto name = utf8(entry.cFileName);
    if (is_ring_name(name)) found.push_back(std::move(name));
  });
  return found;
}

// While the folders are held.
std::unique_ptr<readable_ring> windows_ring_folder::open_file(const std::string& name, std::error_code& error) const {
  unique_file file(::CreateFileW((rings_ + L'\\' + wide(name)).c_str(), GENERIC_READ, all_share, nullptr, OPEN_EXISTING,
                                 FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  ::BY_HANDLE_FILE_INFORMATION info{};
  if (!file || ::GetFileInformationByHandle(file.get(), &info) == 0) {
    error = last_file_error();
    return nullptr;
  }
  if ((info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 || ::GetFileType(file.get()) != FILE_TYPE_DISK) {
    error = std::make_error_code(std::errc::invalid_argument);
    return nullptr;
  }
  return std::make_unique<readable_ring>(std::move(file));
}

std::unique_ptr<open_ring> windows_ring_folder::open(const std::string& name, std::error_code& error) {
  if (const auto held = hold(error)) return open_file(name, error);
  if (!error) error = std::make_error_code(std::errc::no_such_file_or_directory);
  return nullptr;
}

class windows_ring_folder::swept final : public swept_folder {
 public:
  explicit swept(const windows_ring_folder& folder) : folder_(folder) {}

  // Whose they are is asked when one is opened.
  void each(std::size_t most, const std::function<void(const file&)>& f) override {
    any_ = scan(folder_.rings_, most, [&](const ::WIN32_FIND_DATAW& entry) {
      f({utf8(entry.cFileName), static_cast<std::size_t>(joined(entry.nFileSizeHigh, entry.nFileSizeLow)), time_of(entry.ftLastWriteTime)});
    });
  }
  std::unique_ptr<open_ring> open_ours(const std::string& name) override {
    std::error_code error;
    auto ring = folder_.open_file(name, error);
    if (ring && !platform::belongs_to_user(ring->file())) ring.reset();
    return ring;
  }
  void remove(const std::string& name) noexcept override try {
    ::DeleteFileW((folder_.rings_ + L'\\' + wide(name)).c_str());
  } catch (const std::bad_alloc&) {
    // The next time.
  }

  bool any() const noexcept { return any_; }

 private:
  const windows_ring_folder& folder_;
  bool any_ = true;
};

void windows_ring_folder::sweep(const ring_budget& budget) noexcept try {
  swept all(*this);
  {
    std::error_code error;
    const auto held = hold(error);
    if (!held) return;
    history::sweep(all, budget);
  }
  if (!all.any()) remove_folders();
} catch (const std::bad_alloc&) {
  // The next time.
}

}  // namespace

// Those of which something is remembered: the system does not list mailslots. Of all sessions' too, where they have another folder.
std::vector<std::string> slots_of_this_machine(std::size_t most) {
  std::vector<std::string> all;
  const auto add = [&](const std::wstring& base) {
    if (base.empty()) return;
    ::WIN32_FIND_DATAW entry{};
    const platform::unique_handle<search_traits> search(
        ::FindFirstFileExW((base + L"\\*").c_str(), FindExInfoBasic, &entry, FindExSearchLimitToDirectories, nullptr, 0));
    for (bool more = static_cast<bool>(search); more && most != 0; more = ::FindNextFileW(search.get(), &entry) != 0, --most) {
      constexpr DWORD kind = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT;
      if ((entry.dwFileAttributes & kind) != FILE_ATTRIBUTE_DIRECTORY || entry.cFileName[0] == L'.') continue;
      if (auto name = slot_of_folder(utf8(entry.cFileName))) all.push_back(std::move(*name));
    }
  };
  const auto mine = base_of({});
  const auto of_all = base_of("global/x");
  add(mine);
  if (of_all != mine) add(of_all);
  return all;
}

std::unique_ptr<ring_folder> ring_folder_of(const std::string& slot) { return std::make_unique<windows_ring_folder>(slot); }

}  // namespace mailslog::history
