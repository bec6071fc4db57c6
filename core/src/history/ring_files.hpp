// What the platforms' folders of rings share: names, and which rings go first.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "history/ring_folder.hpp"
#include "platform/mapped_file.hpp"

namespace mailslog::history {

/// What it is called until its header is complete.
std::string unfinished_ring_name(std::uint64_t sender);
bool is_ring_name(std::string_view name) noexcept;
/// The name of the slot whose folder is called so, if there may be one.
std::optional<std::string> slot_of_folder(const std::string& entry);

/// A new ring in a mapped file, which has its unfinished name until it is published.
class mapped_ring : public ring_file {
 public:
  std::uint8_t* header() noexcept override { return header_; }
  std::uint8_t* block(std::size_t index) noexcept override {
    return index == 0 ? header_ + ring_header_size : file_->extend(block_size_, error_);
  }
  void cut(std::size_t extent) noexcept override { file_->cut(extent); }
  std::error_code error() const noexcept override { return error_; }

 protected:
  /// Into a new file. False, and why, if it has no room for a block.
  bool begin(std::unique_ptr<platform::mapped_file> file, const ring_info& info, std::error_code& error) noexcept;
  void unmap() noexcept { file_.reset(); }

 private:
  std::unique_ptr<platform::mapped_file> file_;
  std::size_t block_size_ = 0;
  std::uint8_t* header_ = nullptr;
  std::error_code error_;
};

/// An open folder of rings, as `sweep` sees it.
class swept_folder {
 public:
  struct file {
    std::string_view name;  // for the call
    std::size_t bytes;      // on the disk
    std::chrono::nanoseconds changed;  // since the epoch
  };

  virtual ~swept_folder() = default;
  /// The files of this user, and perhaps others', of at most `most` entries.
  virtual void each(std::size_t most, const std::function<void(const file&)>& f) = 0;
  /// None if it cannot be read, or is not this user's.
  virtual std::unique_ptr<open_ring> open_ours(const std::string& name) = 0;
  virtual void remove(const std::string& name) noexcept = 0;
  /// So many writers live that looking at them all costs; that was done within the last second or two.
  virtual bool looked_at_lately() { return false; }
  virtual void note_look() {}
};

/// Removes what is beyond the budget, and what writers have left unfinished.
void sweep(swept_folder& folder, const ring_budget& budget) noexcept;

}  // namespace mailslog::history
