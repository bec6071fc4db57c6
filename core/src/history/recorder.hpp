// What a sender remembers of its records: a ring in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>

#include "history/ring.hpp"
#include "history/ring_folder.hpp"

namespace mailslog::history {

/// Makes the file with the first record. Where it cannot, records go their way all the same, and `error` says why.
class recorder {
 public:
  /// `bytes`: of the ring, 0 for none. The rest of `info` is the sender's.
  recorder(const ring_info& info, std::size_t bytes);

  void write(const record& r, std::uint64_t number, const wire::content_size& content, const wire::repeatable_frame& sent = {}) noexcept {
    if (ready()) ring_->write(r, number, content, sent);
  }
  /// A record that is not sent, before the one that will have the number. False if it is not remembered.
  bool keep_back(const record& r, std::uint64_t number, const wire::content_size& content) noexcept;
  void skip(const wire::dropped_frame& dropped) noexcept {
    if (ring_) ring_->skip(dropped);
  }
  /// A good end: `next_record` records were logged, and no more will be.
  void end(std::uint64_t next_record) noexcept;

  std::error_code error() const noexcept { return error_ || !file_ ? error_ : file_->error(); }

 private:
  bool ready() noexcept { return wanted_ && (ring_ || first()); }
  bool first() noexcept;
  bool open() noexcept;

  ring_info info_;
  bool wanted_;
  std::error_code error_;
  std::unique_ptr<ring_file> file_;
  std::optional<ring_writer> ring_;
  std::uint64_t kept_before_ = 0;  // this number
  std::uint64_t kept_back_ = 0;    // so many
};

}  // namespace mailslog::history
