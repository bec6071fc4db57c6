// One way to post texts as records, for emit.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <mailslog/record_writer.hpp>

/// Several threads may post at once.
class poster {
 public:
  virtual ~poster() = default;
  virtual void post(const std::string& text) = 0;
  /// Waits for at most `timeout` until everything has left.
  virtual void flush(std::chrono::nanoseconds timeout) = 0;
  virtual mailslog::writer_stats stats() const = 0;
};

std::unique_ptr<poster> post_via_core(const std::string& where);
std::unique_ptr<poster> post_via_spdlog(const std::string& where);
std::unique_ptr<poster> post_via_boost_log(const std::string& where);
