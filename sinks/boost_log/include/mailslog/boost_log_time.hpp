// From Boost.Log's time stamps to points in time. Part of boost_log.hpp.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include <boost/date_time/c_local_time_adjustor.hpp>
#include <boost/date_time/posix_time/conversion.hpp>
#include <boost/date_time/posix_time/posix_time_types.hpp>

#include <mailslog/record.hpp>

namespace mailslog {

/// Which clock made the attribute `TimeStamp`. Its value does not say: `attributes::local_clock`, the one of
/// `add_common_attributes`, and `attributes::utc_clock` both make a `posix_time::ptime`.
enum class time_stamps {
  recent,  ///< the one that makes the record youngest, but not from the future. Wrong only for a record that has waited, in an
           ///< asynchronous sink, for about as long as local time is off UTC
  local,   ///< `attributes::local_clock`
  utc,     ///< `attributes::utc_clock`
};

namespace detail {

// Local time's distance from UTC now and a quarter of an hour ago, when it may have changed. Asking the system costs far
// more than the rest of a record's way through the backend, so it is asked once in a quarter of an hour, the step in which
// zones change.
class local_offsets {
 public:
  const std::array<std::chrono::seconds, 2>& at(timestamp now) {
    const auto quarter = now.time_since_epoch() / std::chrono::minutes(15);
    if (quarter != quarter_) {
      offsets_ = {offset(quarter), offset(quarter - 1)};
      quarter_ = quarter;
    }
    return offsets_;
  }

 private:
  static std::chrono::seconds offset(std::int64_t quarter) {
    const auto utc = boost::posix_time::from_time_t(static_cast<std::time_t>(quarter * 15 * 60));
    const auto local = boost::date_time::c_local_adjustor<boost::posix_time::ptime>::utc_to_local(utc);
    return std::chrono::seconds((local - utc).total_seconds());
  }

  std::int64_t quarter_ = -1;
  std::array<std::chrono::seconds, 2> offsets_{};
};

/// `now`, if `stamp` is no point in time.
inline timestamp to_timestamp(const boost::posix_time::ptime& stamp, time_stamps made_by, timestamp now, local_offsets& offsets) {
  if (stamp.is_special()) return now;
  const auto since = stamp - boost::posix_time::ptime(boost::gregorian::date(1970, 1, 1));
  const timestamp as_utc{std::chrono::microseconds(since.total_microseconds()) +
                         std::chrono::nanoseconds(since.total_nanoseconds() % 1000)};
  if (made_by == time_stamps::utc) return as_utc;

  // A clock may be set back a little between the stamp and now; what is further ahead was made by the other clock.
  const auto implausibility = [now](timestamp t) {
    const auto age = now - t;
    return age >= -std::chrono::minutes(1) ? std::chrono::abs(age) : std::chrono::abs(age) + std::chrono::hours(48);
  };
  const auto& [current, previous] = offsets.at(now);
  auto best = as_utc - current;
  for (const auto other : {as_utc - previous, made_by == time_stamps::recent ? as_utc : best}) {
    if (implausibility(other) < implausibility(best)) best = other;
  }
  return best;
}

}  // namespace detail
}  // namespace mailslog
