// Names, ports and folders that no other test uses, so that tests run at the same time.
#pragma once

#include <cstdint>
#include <string>

namespace mailslog::test {

/// A new empty folder with a short path, removed with all that is in it at the end. While it lives, it is the folder of the
/// local slots (MAILSLOG_DIR) of this process and of those that it starts.
class scratch_folder {
 public:
  scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder();

  const std::string& path() const noexcept { return path_; }
  std::string operator/(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

/// A slot's name that nobody else uses, nor its multicast group.
std::string scratch_name();

/// A UDP port that was free a moment ago, outside the range that the system gives to sockets on its own.
std::uint16_t scratch_port();

}  // namespace mailslog::test
