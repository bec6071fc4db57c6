#include "output/output.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <io.h>

#include "os/windows.hpp"

namespace slotcat {
namespace {

HANDLE handle_of(int descriptor) { return reinterpret_cast<HANDLE>(::_get_osfhandle(descriptor)); }

}  // namespace

output::output(int descriptor, std::function<patience()> patient)
    : descriptor_(descriptor),
      terminal_(::_isatty(descriptor) != 0),
      file_(::GetFileType(handle_of(descriptor)) == FILE_TYPE_DISK),
      patient_(std::move(patient)) {
  buffer_.reserve(2 * block_size);
}

void output::flush() {
  if (holding_) return;
  const auto out = handle_of(descriptor_);
  std::string_view rest = error_ ? std::string_view() : buffer_;
  while (!rest.empty()) {
    DWORD written = 0;
    // Older consoles take no more at once.
    const auto size = static_cast<DWORD>(std::min<std::size_t>(rest.size(), 16 * 1024));
    if (::WriteFile(out, rest.data(), size, &written, nullptr) == 0) {
      const DWORD error = ::GetLastError();
      error_ = error == ERROR_NO_DATA || error == ERROR_BROKEN_PIPE ? std::make_error_code(std::errc::broken_pipe)
                                                                   : std::error_code(static_cast<int>(error), std::system_category());
      break;
    }
    rest.remove_prefix(written);
  }
  buffer_.clear();
}

}  // namespace slotcat
