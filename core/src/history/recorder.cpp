#include "history/recorder.hpp"

#include <new>

namespace mailslog::history {

recorder::recorder(const ring_info& info, std::size_t bytes) : info_(info), wanted_(bytes != 0) { info_.divide(bytes); }

bool recorder::open() noexcept try {
  const auto folder = ring_folder_of(info_.slot);
  folder->sweep({});
  file_ = folder->make(info_, error_);
  if (!file_) return false;
  ring_.emplace(*file_, info_);
  file_->publish(error_);
  return !error_;
} catch (const std::bad_alloc&) {
  error_ = std::make_error_code(std::errc::not_enough_memory);
  return false;
}

void recorder::remember(const record& r, std::uint64_t number, const wire::content_size& content) noexcept {
  if (!ring_ && !open()) {
    ring_.reset();
    file_.reset();
    wanted_ = false;
    return;
  }
  ring_->write(r, number, content);
}

void recorder::end(std::uint64_t next_record) noexcept {
  if (!ring_) return;
  ring_->end(next_record);
  file_->cut(ring_->extent());
}

}  // namespace mailslog::history
