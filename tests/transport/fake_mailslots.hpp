// Mailslots of a Windows that is not there: as documented, and with switches for what no test system does.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "bytes.hpp"
#include "transport/mailslot/mailslot.hpp"

namespace mailslog::test {

class windows_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "windows"; }
  std::string message(int value) const override { return "error " + std::to_string(value); }
};

/// Thread-safe, as the system is.
class fake_mailslots final : public transport::mailslot_system {
 public:
  // What real systems differ in. To be set before anything is opened.
  std::size_t queue = SIZE_MAX;              ///< messages that a slot holds; Windows knows no limit, Wine 8 does
  status write_to_closed = 38;               ///< of a handle whose reader is gone; not documented
  status write_too_large = 87;               ///< over the reader's limit; not documented
  bool enforces_limit = true;                ///< Wine does not
  status open_remote = 0;
  status write_remote = 0;
  status open_denied = 0;                    ///< of every open, if not 0
  static constexpr status aborted = 995;     ///< ERROR_OPERATION_ABORTED
  bool keeps_slots = false;                  ///< Wine: a writer's handle keeps the slot of a reader that is gone

  status create(const std::string& path, std::size_t max_message, std::chrono::milliseconds read_timeout, const std::string& security,
                std::unique_ptr<server>& out) override {
    const std::lock_guard lock(mutex_);
    const auto key = lower(path);
    auto& s = slots_[key];
    if (s && (s->read || (keeps_slots && s.use_count() > 1))) return transport::mailslot_error::already_exists;
    s = std::make_shared<slot>();
    s->max_message = max_message;
    s->security = security;
    out = std::make_unique<fake_server>(*this, key, s, read_timeout);
    return 0;
  }
  status open(const std::string& path, std::unique_ptr<client>& out) override {
    const std::lock_guard lock(mutex_);
    if (open_denied != 0) return open_denied;
    const auto key = lower(path);
    if (key.compare(0, 4, R"(\\.\)") != 0) {
      if (open_remote == 0) out = std::make_unique<fake_client>(*this, nullptr);
      return open_remote;
    }
    const auto found = slots_.find(key);
    if (found == slots_.end() || (!found->second->read && !(keeps_slots && found->second.use_count() > 1))) return transport::mailslot_error::file_not_found;
    out = std::make_unique<fake_client>(*this, found->second);
    return 0;
  }
  std::error_code error(status s) const noexcept override {
    static const windows_category category;
    return {static_cast<int>(s), category};
  }
  bool writers_keep_slots() const noexcept override { return keeps_slots; }

  // What a program of the test's own does with the same slots.

  status post(const std::string& path, const bytes& message) {
    std::unique_ptr<client> to;
    if (const auto s = open(path, to)) return s;
    return to->write(view(message));
  }
  std::vector<bytes> remote() {
    const std::lock_guard lock(mutex_);
    return remote_;
  }
  std::string security_of(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return slots_.at(lower(path))->security;
  }
  void set_remote(status s) {
    const std::lock_guard lock(mutex_);
    write_remote = s;
  }
  /// The system cancels the write that a thread has begun and that is still pending.
  void end_writing_thread() {
    const std::lock_guard lock(mutex_);
    aborts_ = true;
  }
  /// Nothing is read meanwhile, so that the queue fills.
  void hold_readers(bool hold) {
    const std::lock_guard lock(mutex_);
    held_ = hold;
    changed_.notify_all();
  }

 private:
  struct slot {
    std::deque<bytes> messages;
    std::size_t max_message = 0;
    std::string security;
    bool read = true;  // a reader has it
  };

  class fake_server final : public server {
   public:
    fake_server(fake_mailslots& all, std::string key, std::shared_ptr<slot> s, std::chrono::milliseconds timeout)
        : all_(all), key_(std::move(key)), slot_(std::move(s)), timeout_(timeout) {}
    ~fake_server() override {
      const std::lock_guard lock(all_.mutex_);
      slot_->read = false;
      if (!all_.keeps_slots) slot_->messages.clear();
      all_.changed_.notify_all();
    }
    status read(void* memory, std::size_t room, std::size_t& size) noexcept override {
      std::unique_lock lock(all_.mutex_);
      const bool there = all_.changed_.wait_for(lock, timeout_, [this] { return !all_.held_ && !slot_->messages.empty(); });
      size = 0;
      if (!there) return transport::mailslot_error::timed_out;
      const auto& next = slot_->messages.front();
      if (next.size() > room) return transport::mailslot_error::insufficient_buffer;
      size = next.size();
      if (size != 0) std::memcpy(memory, next.data(), size);
      slot_->messages.pop_front();
      all_.changed_.notify_all();
      return 0;
    }
    std::size_t next_size() noexcept override {
      const std::lock_guard lock(all_.mutex_);
      return slot_->messages.empty() ? 0 : slot_->messages.front().size();
    }

   private:
    fake_mailslots& all_;
    std::string key_;
    std::shared_ptr<slot> slot_;
    std::chrono::milliseconds timeout_;
  };

  class fake_client final : public client {
   public:
    fake_client(fake_mailslots& all, std::shared_ptr<slot> s) : all_(all), slot_(std::move(s)) {}
    ~fake_client() override { cancel(); }

    status write(byte_view message) noexcept override {
      const std::lock_guard lock(all_.mutex_);
      pending_ = message;
      return try_write();
    }
    status result() noexcept override {
      const std::lock_guard lock(all_.mutex_);
      return std::exchange(all_.aborts_, false) ? aborted : try_write();
    }
    void wait(std::chrono::nanoseconds timeout) noexcept override {
      std::unique_lock lock(all_.mutex_);
      all_.changed_.wait_for(lock, timeout, [this] { return !slot_->read || slot_->messages.size() < all_.queue; });
    }
    status cancel() noexcept override { return std::exchange(waits_, false) ? aborted : 0U; }

   private:
    status try_write() {
      const auto s = write_now();
      waits_ = s == transport::mailslot_error::pending;
      return s;
    }
    status write_now() {
      const bytes m(pending_.data, pending_.data + pending_.size);
      if (!slot_) {
        if (all_.write_remote == 0) all_.remote_.push_back(m);
        return all_.write_remote;
      }
      if (!slot_->read && !all_.keeps_slots) return all_.write_to_closed;
      if (all_.enforces_limit && slot_->max_message != 0 && m.size() > slot_->max_message) return all_.write_too_large;
      if (slot_->messages.size() >= all_.queue) return transport::mailslot_error::pending;
      slot_->messages.push_back(m);
      all_.changed_.notify_all();
      return 0;
    }

    fake_mailslots& all_;
    std::shared_ptr<slot> slot_;
    byte_view pending_;
    bool waits_ = false;
  };

  static std::string lower(std::string path) {
    std::transform(path.begin(), path.end(), path.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return path;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<slot>> slots_;
  std::vector<bytes> remote_;
  bool held_ = false;
  bool aborts_ = false;
};

}  // namespace mailslog::test
