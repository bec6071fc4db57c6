// Where Windows has rings, and what it lets others do with them.
#include <mailslog/record_writer.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <windows.h>

#include "history/logged.hpp"
#include "history/ring_folder.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace mailslog;
using namespace mailslog::history;
namespace fs = std::filesystem;

namespace {

// For as long as it lives.
class in_environment {
 public:
  in_environment(std::wstring name, const std::wstring& value) : name_(std::move(name)), old_(32768, L'\0') {
    old_.resize(::GetEnvironmentVariableW(name_.c_str(), old_.data(), static_cast<DWORD>(old_.size())));
    ::SetEnvironmentVariableW(name_.c_str(), value.empty() ? nullptr : value.c_str());
  }
  in_environment(const in_environment&) = delete;
  in_environment& operator=(const in_environment&) = delete;
  ~in_environment() { ::SetEnvironmentVariableW(name_.c_str(), old_.empty() ? nullptr : old_.c_str()); }

 private:
  std::wstring name_;
  std::wstring old_;
};

void log_to(const std::string& address) {
  record_writer w(address);
  test::write(w, "x");
  CHECK_FALSE(w.stats().history_error);
}

// Of the slot, for which there must be one.
std::string only_ring(const std::string& slot) {
  std::error_code error;
  const auto names = ring_folder_of(slot)->names(10, error);
  CHECK_FALSE(error);
  REQUIRE(names.size() == 1);
  return names.front();
}

bool is_remembered(const std::string& slot) {
  std::error_code error;
  const auto ring = ring_folder_of(slot)->open(only_ring(slot), error);
  ring_info info;
  return ring && read_header(*ring, info) == ring_error::none && info.slot == slot;
}

bool can_open(const fs::path& file, DWORD access) {
  HANDLE h = ::CreateFileW(file.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING, 0, nullptr);
  if (h != INVALID_HANDLE_VALUE) ::CloseHandle(h);
  return h != INVALID_HANDLE_VALUE;
}

}  // namespace

TEST_CASE("rings are among the user's local data, and those of slots of all sessions among the programs'", "[rings]") {
  const test::scratch_folder folder;
  const auto in = fs::path(folder.path()).make_preferred();
  const in_environment none(L"MAILSLOG_DIR", L"");
  const in_environment local(L"LOCALAPPDATA", (in / "local").wstring());
  const in_environment common(L"ProgramData", (in / "common").wstring());
  fs::create_directory(in / "local");
  fs::create_directory(in / "common");
  log_to("Lab");
  log_to(R"(\\.\mailslot\Global\Lab)");
  CHECK(ring_folder_of("lab")->path() == (in / "local/mailslog/lab/.rings").make_preferred().u8string());
  CHECK(ring_folder_of("global/lab")->path() == (in / "common/mailslog/global%lab/.rings").make_preferred().u8string());
  CHECK(fs::exists(in / "local/mailslog/lab/.rings" / only_ring("lab")));
  CHECK(fs::exists(in / "common/mailslog/global%lab/.rings" / only_ring("global/lab")));
}

TEST_CASE("where the system does not say where the user's data are, records go their way and it is said", "[rings]") {
  const in_environment none(L"MAILSLOG_DIR", L"");
  const in_environment local(L"LOCALAPPDATA", L"");
  record_writer w("lab");
  test::write(w, "x");
  CHECK(w.stats().history_error == std::errc::no_such_file_or_directory);
  CHECK(w.stats().written == 1);
  std::error_code error;
  CHECK(ring_folder_of("lab")->names(10, error).empty());
  CHECK_FALSE(error);
}

TEST_CASE("a ring's path may be long and in any script, and a slot may have a device's name", "[rings]") {
  const test::scratch_folder folder;
  const auto scratch = LR"(\\?\)" + fs::path(folder.path()).make_preferred().wstring();
  auto path = scratch;
  while (path.size() < 400) {
    path += L"\\gr\u00fc\u00dfe \u65e5\u672c " + std::wstring(60, L'x');
    REQUIRE(::CreateDirectoryW(path.c_str(), nullptr) != 0);
  }
  {
    const in_environment there(L"MAILSLOG_DIR", path.substr(4));
    const std::string slot = GENERATE("lab", "con", "aux.txt", "lab.", "gr\u00fc\u00dfe", "a b/c");
    CAPTURE(slot);
    log_to("./" + slot);
    CHECK(is_remembered(slot));
    ring_folder_of(slot)->sweep({0, 0});  // the ring
    ring_folder_of(slot)->sweep({0, 0});  // its folders
  }
  for (; path != scratch; path.resize(path.rfind(L'\\'))) ::RemoveDirectoryW(path.c_str());
}

TEST_CASE("while its writer lives nobody changes a ring or removes it, and afterwards its user does", "[rings]") {
  const test::scratch_folder folder;
  fs::path file;
  {
    record_writer w("lab");
    test::write(w, "x");
    file = fs::path(folder / "lab/.rings") / only_ring("lab");
    CHECK(can_open(file, GENERIC_READ));
    CHECK_FALSE(can_open(file, GENERIC_WRITE));
    CHECK_FALSE(can_open(file, DELETE));
    ring_folder_of("lab")->sweep({0, 0});
    CHECK(fs::exists(file));
  }
  CHECK(can_open(file, GENERIC_WRITE));
  CHECK(can_open(file, DELETE));
}

TEST_CASE("a ring is cut at a good end though somebody reads it, and he sees its end", "[rings]") {
  const test::scratch_folder folder;
  std::unique_ptr<open_ring> ring;
  {
    record_writer w("lab");
    test::write(w, "x");
    std::error_code error;
    ring = ring_folder_of("lab")->open(only_ring("lab"), error);
    REQUIRE(ring);
    CHECK(ring->held());
  }
  CHECK_FALSE(ring->held());
  std::uint64_t next = 0;
  CHECK(ended_well(*ring, next));
  CHECK(next == 1);
  CHECK(fs::file_size(fs::path(folder / "lab/.rings") / only_ring("lab")) < 8192);
}

TEST_CASE("a slot's folder in which nothing is left is removed, and no other", "[rings]") {
  const test::scratch_folder folder;
  fs::create_directories(folder / "lab/.rings");
  fs::create_directories(folder / "used/.rings");
  std::ofstream(folder / "used/.rings/notes") << "somebody's";
  ring_folder_of("lab")->sweep({});
  ring_folder_of("used")->sweep({0, 0});
  CHECK_FALSE(fs::exists(folder / "lab"));
  CHECK(fs::exists(folder / "used/.rings/notes"));
}
