// A datagram made frame by frame.
#pragma once

#include "bytes.hpp"
#include "wire/datagram.hpp"
#include "wire/frame.hpp"

namespace mailslog::test {

class datagram {
 public:
  explicit datagram(const wire::header& h) { wire::encode(h, out_); }

  template <class Frame>
  datagram& add(const Frame& f) {
    wire::encode(f, out_);
    return *this;
  }
  datagram& add(const record& r, std::uint64_t number) {
    wire::encode(r, number, wire::full_content_size(r), context_, out_);
    return *this;
  }
  datagram& add_number(wire::frame_type type, std::uint64_t number) {
    wire::encode_number(type, number, out_);
    return *this;
  }
  datagram& add_message(std::string_view message) {
    wire::encode_message(byte_view(message), out_);
    return *this;
  }

  bytes taken() const { return {memory_.data(), static_cast<const std::uint8_t*>(out_.position())}; }

 private:
  bytes memory_ = bytes(65536);
  wire::byte_writer out_{memory_.data()};
  wire::record_context context_;
};

}  // namespace mailslog::test
