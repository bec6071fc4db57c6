#include "receive/datagram_walk.hpp"

#include <utility>

#include "second_try.hpp"

namespace mailslog {

bool datagram_walk::read(byte_view datagram) {
  at_ = SIZE_MAX;
  const bool good = frames_.read(datagram);
  leave();
  return good;
}

void datagram_walk::begin(std::uint64_t number, byte_view datagram) noexcept {
  bytes_ = datagram;
  number_ = number;
  at_ = 0;
}

void datagram_walk::begin(datagram_order::held&& waited) {
  keep(waited.number, std::move(waited.bytes), waited.came);
  at_ = 0;
}

void datagram_walk::begin(record_order::doubted&& waited) {
  keep(waited.datagram, std::move(waited.bytes), waited.came);
  at_ = waited.frame;
}

void datagram_walk::keep(std::uint64_t number, std::vector<std::uint8_t>&& bytes, const origin& came) {
  memory_ = std::move(bytes);
  bytes_ = {memory_.data(), memory_.size()};
  number_ = number;
  came_ = came;
  at_ = SIZE_MAX;  // should there be no memory
  with_second_try([this] { frames_.read(bytes_); });
}

record_order::doubted datagram_walk::rest(std::uint64_t record) const {
  return {record, number_, at_, {bytes_.data, bytes_.data + bytes_.size}, came_};
}

}  // namespace mailslog
