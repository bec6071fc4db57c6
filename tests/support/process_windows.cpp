#include <algorithm>
#include <csignal>
#include <cwchar>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <windows.h>

#include "support/process_impl.hpp"

namespace mailslog::test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(static_cast<int>(::GetLastError()), std::system_category(), what);
}

class unique_handle {
 public:
  unique_handle() = default;
  explicit unique_handle(HANDLE h) : handle_(h) {}
  unique_handle(unique_handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  unique_handle& operator=(unique_handle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~unique_handle() { reset(); }
  void reset() {
    if (handle_ != nullptr) ::CloseHandle(std::exchange(handle_, nullptr));
  }
  HANDLE get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  HANDLE handle_ = nullptr;
};

struct channel {
  unique_handle read_end;
  unique_handle write_end;

  channel() {
    HANDLE read;
    HANDLE write;
    if (!::CreatePipe(&read, &write, nullptr, 65536)) fail("pipe");
    read_end = unique_handle(read);
    write_end = unique_handle(write);
  }
};

std::wstring wide(const std::string& text) {
  std::wstring out(text.size(), L'\0');
  out.resize(static_cast<std::size_t>(::MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), out.data(),
                                                            static_cast<int>(out.size()))));
  return out;
}

// As the C runtime takes it apart again: backslashes count as such unless a quote follows.
std::string quoted(const std::string& argument) {
  std::string out = "\"";
  std::size_t backslashes = 0;
  for (const char c : argument) {
    if (c == '"') out.append(backslashes + 1, '\\');
    backslashes = c == '\\' ? backslashes + 1 : 0;
    out += c;
  }
  out.append(backslashes, '\\');
  return out + '"';
}

std::wstring command_line(const std::vector<std::string>& arguments) {
  std::string all;
  for (const auto& argument : arguments) all += (all.empty() ? "" : " ") + quoted(argument);
  return wide(all);
}

bool same_name(const std::wstring& a, const std::wstring& b) {
  return ::CompareStringOrdinal(a.data(), static_cast<int>(a.size()), b.data(), static_cast<int>(b.size()), TRUE) == CSTR_EQUAL;
}

// NAME=value for each variable, the child's own in place of ours of the same name.
std::wstring merged(const process::variables& own) {
  std::wstring all;
  for (const auto& [name, value] : own) all += wide(name + '=' + value) + L'\0';
  wchar_t* const ours = ::GetEnvironmentStringsW();
  for (const wchar_t* variable = ours; *variable != L'\0'; variable += std::wcslen(variable) + 1) {
    const std::wstring text = variable;
    const auto name = text.substr(0, text.find(L'=', 1));  // "=C:=C:\folder" is a name that begins with '='
    const auto is_name = [&](const auto& v) { return same_name(wide(v.first), name); };
    if (std::none_of(own.begin(), own.end(), is_name)) all += text + L'\0';
  }
  ::FreeEnvironmentStringsW(ours);
  return all + L'\0';
}

// Anonymous pipes cannot be waited for together, so the pump looks every millisecond. What the child does not read yet blocks
// a thread of its own.
class windows_child : public process::impl {
 public:
  windows_child(const std::vector<std::string>& arguments, const process::variables& environment) {
    channel in, out, err;
    spawn(arguments, environment, {in.read_end.get(), out.write_end.get(), err.write_end.get()});
    input_end_ = std::move(in.write_end);
    ends_[0] = std::move(out.read_end);
    ends_[1] = std::move(err.read_end);
    feeder_ = std::thread([this] { feed(); });
    pump_ = std::thread([this] { pump(); });
  }

  ~windows_child() override {
    if (!ended()) kill();
    {
      const std::lock_guard<std::mutex> lock(mutex);
      abandoned_ = true;
    }
    wake_up();
    feeder_.join();
    pump_.join();
  }

  void wake_up() override { changed.notify_all(); }

  bool ended() override {
    if (::WaitForSingleObject(process_.get(), 0) != WAIT_OBJECT_0) return false;
    DWORD exit_code = 0;
    ::GetExitCodeProcess(process_.get(), &exit_code);
    code = static_cast<int>(exit_code);
    return true;
  }

  void signal(int number) override {
    if (number != SIGINT) throw std::invalid_argument("no such signal on Windows");
    press_ctrl_c();
  }
  void kill() override { ::TerminateProcess(process_.get(), process::killed); }

 private:
  // All who share the console get the key, so the child has one of its own, and we visit it.
  void press_ctrl_c() const {
    static std::mutex one_at_a_time;
    const std::lock_guard<std::mutex> lock(one_at_a_time);
    ::SetConsoleCtrlHandler([](DWORD) { return TRUE; }, TRUE);
    ::FreeConsole();
    if (!::AttachConsole(static_cast<DWORD>(pid))) fail("console of the child");
    if (!::GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0)) fail("Ctrl-C");
    ::FreeConsole();
  }

  void spawn(const std::vector<std::string>& arguments, const process::variables& environment, std::array<HANDLE, 3> files) {
    // A child of another thread's, started at this moment, must not get these handles, hence the list.
    for (HANDLE file : files) ::SetHandleInformation(file, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    SIZE_T size = 0;
    ::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    const std::unique_ptr<char[]> memory(new char[size]);
    ::STARTUPINFOEXW start{};
    start.lpAttributeList = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory.get());
    ::InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &size);
    ::UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, files.data(), sizeof files, nullptr,
                                nullptr);
    start.StartupInfo.cb = sizeof start;
    start.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    start.StartupInfo.hStdInput = files[0];
    start.StartupInfo.hStdOutput = files[1];
    start.StartupInfo.hStdError = files[2];
    auto command = command_line(arguments);
    auto variables = merged(environment);
    ::PROCESS_INFORMATION started{};
    const BOOL done = ::CreateProcessW(
        nullptr, command.data(), nullptr, nullptr, TRUE,
        EXTENDED_STARTUPINFO_PRESENT | CREATE_UNICODE_ENVIRONMENT | CREATE_NO_WINDOW, variables.data(), nullptr,
        &start.StartupInfo, &started);
    ::DeleteProcThreadAttributeList(start.lpAttributeList);
    if (!done) fail("cannot start " + arguments.at(0));
    ::CloseHandle(started.hThread);
    process_ = unique_handle(started.hProcess);
    pid = static_cast<int>(started.dwProcessId);
  }

  void feed() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return abandoned_ || input_closed || !input.empty(); });
      if (abandoned_ || input.empty()) break;
      const auto text = std::exchange(input, {});
      lock.unlock();
      DWORD written = 0;
      const bool done = ::WriteFile(input_end_.get(), text.data(), static_cast<DWORD>(text.size()), &written, nullptr);
      lock.lock();
      if (!done) break;  // it reads no more
    }
    input_end_.reset();
  }

  // Until both outputs have ended.
  void pump() {
    std::unique_lock<std::mutex> lock(mutex);
    while (!abandoned_ && (ends_[0] || ends_[1])) {
      if (output_unwanted) ends_[0].reset();
      const bool first = collect(0);
      const bool second = collect(1);
      if (first || second) {
        changed.notify_all();
      } else {
        lock.unlock();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        lock.lock();
      }
    }
    pumped = true;
    changed.notify_all();
  }

  // Whether there was something.
  bool collect(std::size_t i) {
    if (!ends_[i]) return false;
    char buffer[65536];
    DWORD size = 0;
    if (!::PeekNamedPipe(ends_[i].get(), nullptr, 0, nullptr, &size, nullptr)) {
      ends_[i].reset();
      return true;
    }
    if (size == 0) return false;
    if (!::ReadFile(ends_[i].get(), buffer, std::min<DWORD>(size, sizeof buffer), &size, nullptr)) size = 0;
    outputs[i].append(buffer, size);
    return true;
  }

  unique_handle process_;
  unique_handle input_end_;
  std::array<unique_handle, 2> ends_;
  bool abandoned_ = false;
  std::thread feeder_;
  std::thread pump_;
};

}  // namespace

std::unique_ptr<process::impl> process::impl::start(std::vector<std::string> arguments, const variables& environment) {
  return std::make_unique<windows_child>(arguments, environment);
}

}  // namespace mailslog::test
