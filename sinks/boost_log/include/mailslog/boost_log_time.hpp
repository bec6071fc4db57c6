// What time a Boost.Log time stamp means.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>
#include <optional>
#include <ratio>

#include <boost/date_time/c_time.hpp>
#include <boost/date_time/posix_time/conversion.hpp>
#include <boost/date_time/posix_time/posix_time_types.hpp>

#include <mailslog/record.hpp>

namespace mailslog {

/// The zone of a `TimeStamp`. Boost.Log's `local_clock` and `utc_clock` make values of one type that do not say theirs.
enum class stamp_zone {
  detect,  ///< UTC or local, whichever makes the record younger, but not from the future. For clocks; only stamps that are older
           ///< than the zone's distance from UTC need one of the others
  utc,
  local,
};

namespace detail {

/// Remembers the offset of the local zone, which costs more to find than all the rest of a record.
class stamp_reader {
 public:
  /// Nothing for a stamp that is no time.
  std::optional<timestamp> read(const boost::posix_time::ptime& stamp, stamp_zone zone) {
    if (stamp.is_special()) return std::nullopt;
    const auto since_epoch = stamp - epoch_;
    constexpr auto most = std::chrono::duration_cast<std::chrono::microseconds>((std::chrono::nanoseconds::max)()).count();
    if (since_epoch.total_microseconds() >= most || since_epoch.total_microseconds() <= -most) return std::nullopt;

    const timestamp utc{std::chrono::nanoseconds(since_epoch.total_nanoseconds())};
    if (zone == stamp_zone::utc) return utc;
    // To the second, which is enough here and costs a fraction of a full clock.
    const timestamp now{std::chrono::seconds(std::time(nullptr))};
    const auto local = utc - offset_at(now);
    if (zone == stamp_zone::detect && implausibility(utc, now) <= implausibility(local, now)) return utc;
    // The zone's offset was another one if the clocks changed in between.
    return utc - offset_at(local);
  }

 private:
  // No zone changes its offset but at a full quarter of an hour.
  using quarters = std::chrono::duration<std::int64_t, std::ratio<900>>;

  // An asynchronous sink may be long behind the log call, but never before it. A minute is for clocks that are set.
  static std::chrono::nanoseconds implausibility(timestamp stamp, timestamp now) {
    const auto age = now - stamp;
    return age >= -std::chrono::minutes(1) ? std::chrono::abs(age) : std::chrono::abs(age) + std::chrono::hours(48);
  }

  std::chrono::nanoseconds offset_at(timestamp utc) {
    const auto quarter = std::chrono::floor<quarters>(utc.time_since_epoch());
    if (quarter != quarter_) {
      const auto seconds = static_cast<std::time_t>(std::chrono::seconds(quarter).count());
      std::tm fields{};
      const auto* local = boost::date_time::c_time::localtime(&seconds, &fields);
      const auto offset = boost::posix_time::ptime_from_tm(*local) - boost::posix_time::from_time_t(seconds);
      offset_ = std::chrono::seconds(offset.total_seconds());
      quarter_ = quarter;
    }
    return offset_;
  }

  const boost::posix_time::ptime epoch_{boost::posix_time::from_time_t(0)};
  quarters quarter_{(std::numeric_limits<std::int64_t>::min)()};
  std::chrono::nanoseconds offset_{};
};

}  // namespace detail
}  // namespace mailslog
