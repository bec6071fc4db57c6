#include "send/pacer.hpp"

#include <algorithm>
#include <limits>

namespace mailslog {
namespace {

using namespace std::chrono;

constexpr double without_limit = std::numeric_limits<double>::infinity();
// What a receiver's buffer takes in one go, at least.
constexpr double least_burst = 128 * 1024;
// What a reader that prints each record takes for it on one processor: so much for its bytes, and so much besides. See docs/performance.md.
constexpr double reader_per_byte = 1e-9;  // seconds
constexpr double reader_per_record = 80e-9;
constexpr double usual_reader_rate = 600e6;
// For so long a receiver may not get a processor, though it has work: until the next tick of the system's clock.
constexpr double receiver_pause = 4e-3;  // seconds

}  // namespace

pacer::pacer() noexcept
    : burst_(without_limit), buffer_rate_(without_limit), reader_rate_(usual_reader_rate), tokens_(without_limit) {}

pacer::pacer(const limits& of) noexcept
    : burst_(std::max(least_burst, static_cast<double>(of.receiver_buffer) / 8)),
      fixed_(static_cast<double>(of.fixed)),
      yields_(of.yields),
      buffer_rate_(of.receiver_buffer == 0 ? without_limit : static_cast<double>(of.receiver_buffer) / receiver_pause),
      reader_rate_(usual_reader_rate),
      tokens_(burst_) {}

double pacer::rate(double filled) const noexcept {
  if (fixed_ != 0) return fixed_;
  const double safe = std::min(buffer_rate_, reader_rate_);
  if (!yields_) return safe;
  // A record that a receiver may lose is better off than one that is dropped here for certain.
  return safe + (reader_rate_ - safe) * std::min(filled, 1.0);
}

bool pacer::may_send(time_point now, double filled) noexcept {
  if (now > tokens_at_) tokens_ = std::min(burst_, tokens_ + duration<double>(now - tokens_at_).count() * rate(filled));
  tokens_at_ = now;
  return tokens_ > 0;
}

void pacer::sent(std::size_t bytes, std::uint64_t records) noexcept {
  const auto size = static_cast<double>(bytes);
  reader_rate_ = size / (size * reader_per_byte + static_cast<double>(records) * reader_per_record);
  tokens_ -= size;
}

pacer::time_point pacer::next(double filled) const noexcept {
  if (tokens_ > 0) return time_point::min();
  return tokens_at_ + duration_cast<nanoseconds>(duration<double>(-tokens_ / rate(filled))) + microseconds(1);
}

}  // namespace mailslog
