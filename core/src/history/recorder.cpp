#include "history/recorder.hpp"

#include <new>
#include <utility>

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

bool recorder::first() noexcept {
  if (open()) return true;
  ring_.reset();
  file_.reset();
  wanted_ = false;
  return false;
}

bool recorder::keep_back(const record& r, std::uint64_t number, const wire::content_size& content) noexcept {
  if (!ready()) return false;
  if (std::exchange(kept_before_, number) != number) kept_back_ = 0;
  if (!ring_->keep_back(r, number, kept_back_ + 1, content)) return false;
  ++kept_back_;
  return true;
}

void recorder::end(std::uint64_t next_record) noexcept {
  if (!ring_) return;
  ring_->end(next_record);
  const auto extent = ring_->extent();
  ring_.reset();
  wanted_ = false;
  file_->cut(extent);
}

}  // namespace mailslog::history
