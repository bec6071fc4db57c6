#include "os/command.hpp"

#include <array>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "os/windows.hpp"

namespace slotcat {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(static_cast<int>(::GetLastError()), std::system_category(), what); }

std::wstring wide(const std::string& text) {
  std::wstring result(text.size(), L'\0');
  const int size = ::MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), &result[0], static_cast<int>(result.size()));
  result.resize(static_cast<std::size_t>(size));
  return result;
}

// As CommandLineToArgvW takes it apart.
void append_quoted(std::wstring& line, const std::wstring& argument) {
  if (!line.empty()) line += L' ';
  if (!argument.empty() && argument.find_first_of(L" \t\n\v\"") == std::wstring::npos) {
    line += argument;
    return;
  }
  line += L'"';
  std::size_t backslashes = 0;
  for (const wchar_t c : argument) {
    if (c == L'"') line.append(backslashes + 1, L'\\');
    backslashes = c == L'\\' ? backslashes + 1 : 0;
    line += c;
  }
  line.append(backslashes, L'\\');
  line += L'"';
}

}  // namespace

struct child_command::impl {
  HANDLE process = nullptr;
  HANDLE ends[2] = {nullptr, nullptr};  // that we read: its output, its errors
  DWORD code = 0;
};

child_command::child_command(const std::vector<std::string>& arguments) : impl_(std::make_unique<impl>()) {
  SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
  HANDLE written[2] = {nullptr, nullptr};
  for (int i = 0; i < 2; ++i) {
    if (::CreatePipe(&impl_->ends[i], &written[i], &inherited, 0) == 0) fail("cannot make a pipe");
    ::SetHandleInformation(impl_->ends[i], HANDLE_FLAG_INHERIT, 0);
  }
  std::wstring line;
  for (const auto& each : arguments) append_quoted(line, wide(each));
  STARTUPINFOW start{};
  start.cb = sizeof start;
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdInput = ::GetStdHandle(STD_INPUT_HANDLE);
  start.hStdOutput = written[0];
  start.hStdError = written[1];
  PROCESS_INFORMATION started{};
  const bool ok = ::CreateProcessW(nullptr, &line[0], nullptr, nullptr, TRUE, 0, nullptr, nullptr, &start, &started) != 0;
  const DWORD error = ::GetLastError();
  for (const HANDLE end : written) ::CloseHandle(end);
  if (!ok) throw std::system_error(static_cast<int>(error), std::system_category(), "cannot run \"" + arguments.front() + '"');
  ::CloseHandle(started.hThread);
  impl_->process = started.hProcess;
}

child_command::~child_command() {
  for (const HANDLE end : impl_->ends) {
    if (end != nullptr) ::CloseHandle(end);
  }
  if (impl_->process != nullptr) ::CloseHandle(impl_->process);
}

// Ctrl-C reaches it without us: it shares our console.
void child_command::read(const stop_signals&, const std::function<void(stream, std::string_view)>& taken) {
  std::mutex mutex;
  const auto drain = [&](HANDLE from, stream which) {
    std::array<char, 64 * 1024> block;
    DWORD count = 0;
    while (::ReadFile(from, block.data(), static_cast<DWORD>(block.size()), &count, nullptr) != 0 && count != 0) {
      const std::lock_guard lock(mutex);
      taken(which, {block.data(), count});
    }
  };
  std::thread errors([&] { drain(impl_->ends[1], stream::error); });
  drain(impl_->ends[0], stream::out);
  errors.join();
  ::WaitForSingleObject(impl_->process, INFINITE);
  ::GetExitCodeProcess(impl_->process, &impl_->code);
}

int child_command::exit_code() const noexcept { return static_cast<int>(impl_->code); }

}  // namespace slotcat
