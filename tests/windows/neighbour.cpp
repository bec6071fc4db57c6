// A program that knows Windows' mailslots and nothing of mailslog.
//
//   neighbour post NAME TEXT...   posts each text as one message
//   neighbour read NAME COUNT     makes the mailslot, says "ready", and prints the messages in hexadecimal, one a line
#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

int fail(const char* what) {
  std::fprintf(stderr, "%s: error %lu\n", what, ::GetLastError());
  return 1;
}

int post(const std::string& path, char** texts) {
  HANDLE slot = ::CreateFileA(path.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING, 0, nullptr);
  if (slot == INVALID_HANDLE_VALUE) return fail("CreateFile");
  for (; *texts != nullptr; ++texts) {
    DWORD written = 0;
    if (!::WriteFile(slot, *texts, static_cast<DWORD>(std::strlen(*texts)), &written, nullptr)) return fail("WriteFile");
  }
  ::CloseHandle(slot);
  return 0;
}

int read(const std::string& path, int count) {
  HANDLE slot = ::CreateMailslotA(path.c_str(), 0, MAILSLOT_WAIT_FOREVER, nullptr);
  if (slot == INVALID_HANDLE_VALUE) return fail("CreateMailslot");
  std::puts("ready");
  std::fflush(stdout);
  std::vector<unsigned char> message(65536);
  for (int i = 0; i < count; ++i) {
    DWORD size = 0;
    if (!::ReadFile(slot, message.data(), static_cast<DWORD>(message.size()), &size, nullptr)) return fail("ReadFile");
    for (DWORD k = 0; k < size; ++k) std::printf("%02x", message[k]);
    std::puts("");
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string path = R"(\\.\mailslot\)" + std::string(argv[2]);
  return std::strcmp(argv[1], "post") == 0 ? post(path, argv + 3) : read(path, std::atoi(argv[3]));
}
