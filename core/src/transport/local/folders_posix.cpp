#include <mailslog/local_folder.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <dirent.h>
#include <sys/stat.h>

#include "transport/local/folder_posix.hpp"

namespace mailslog {
namespace {

using transport::slots_folder;

constexpr int most_users = 64;

// Folders in `of` whose names are `prefix` and a user's number, and what is in them.
void add_other_users(std::vector<slots_folder>& to, const std::string& of, const std::string& prefix, const std::string& in_each) {
  const std::unique_ptr<::DIR, int (*)(::DIR*)> all(::opendir(of.c_str()), ::closedir);
  if (!all) return;
  int left = most_users;
  while (const auto* entry = ::readdir(all.get())) {
    const std::string name = entry->d_name;
    if (name.compare(0, prefix.size(), prefix) != 0 || name.size() == prefix.size()) continue;
    if (name.find_first_not_of("0123456789", prefix.size()) != std::string::npos) continue;
    const auto path = of + '/' + name + in_each;
    if (std::any_of(to.begin(), to.end(), [&](const slots_folder& f) { return f.path == path; })) continue;
    to.push_back({path, true, "programs of another user, or with other environment variables, use it"});
    if (--left == 0) return;
  }
}

local_folder describe(const slots_folder& base, const std::string& name) {
  local_folder f;
  f.path = transport::slot_path(base, name);
  f.reason = base.why;
  struct ::stat s {};
  f.exists = ::stat(f.path.c_str(), &s) == 0;
  std::error_code error;
  const auto opened = transport::open_slot_folder(base, name, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    const auto advice = transport::folder_advice(base, error);
    f.problem = error.message() + (advice.empty() ? "" : ": " + advice);
  }
  return f;
}

}  // namespace

std::vector<local_folder> local_folders(const address& slot) {
  auto bases = slots_folder::candidates();
  add_other_users(bases, "/run/user", "", "/mailslog");
  add_other_users(bases, "/tmp", "mailslog-", "");
  std::vector<local_folder> folders;
  for (const auto& base : bases) {
    auto f = describe(base, slot.name());
    // XDG_RUNTIME_DIR most often says what would be found without it.
    if (std::any_of(folders.begin(), folders.end(), [&f](const local_folder& other) { return other.path == f.path; })) continue;
    f.used = folders.empty();
    if (f.used || f.exists) folders.push_back(std::move(f));
  }
  return folders;
}

}  // namespace mailslog
