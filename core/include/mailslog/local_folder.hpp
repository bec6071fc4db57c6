// Which folder a slot of this machine uses, and why: for programs that do not meet.
//
//   for (const auto& f : mailslog::local_folders("lab")) std::cout << f.path << ": " << f.reason << ' ' << f.problem << '\n';
#pragma once

#include <string>
#include <vector>

#include <mailslog/address.hpp>
#include <mailslog/export.hpp>

namespace mailslog {

/// A folder in which a slot's readers are; on Windows, where the system keeps them, the mailslot.
struct local_folder {
  std::string path;
  std::string reason;   ///< why this program uses it, or when another program does
  bool used = false;    ///< by this program
  bool exists = false;  ///< there is, or was, a reader
  std::string problem;  ///< why this program may not use it, and the way out; empty if it may, or if it is not there
};

/// First the folder that readers and writers of this program use if they are opened now, then those where the slot exists, too: other
/// programs use them, which have other environment variables or another user. Looks at no more than 64 other users. Throws
/// `std::bad_alloc` only.
MAILSLOG_EXPORT std::vector<local_folder> local_folders(const address& slot);

}  // namespace mailslog
