// One datagram: all that is decoded lies within it, and what is written again is read again as the same.
#include <cstring>
#include <vector>

#include "check.hpp"
#include "wire/datagram_frames.hpp"
#include "wire/datagram.hpp"
#include "wire/reassembler.hpp"

using namespace mailslog;

namespace {

void touch_all(const record& r) {
  touch(r.logger);
  touch(r.text);
  touch(r.source.file);
  touch(r.source.function);
  FUZZ_CHECK(r.level <= level::critical);
  FUZZ_CHECK(r.attributes.size() <= wire::max_attributes);
  for (const auto& a : r.attributes) {
    touch(a.name);
    if (const auto* s = std::get_if<std::string_view>(&a.value)) touch(*s);
  }
}

std::vector<std::uint8_t> written(const record& r, std::uint64_t number) {
  const auto content = wire::full_content_size(r);
  std::vector<std::uint8_t> b(wire::record_frame_bound(content));
  wire::byte_writer out(b.data());
  wire::record_context context;
  wire::encode(r, number, content, context, out);
  const auto used = static_cast<std::size_t>(out.position() - b.data());
  FUZZ_CHECK(used <= b.size());
  b.resize(used);
  return b;
}

void write_and_read(const record& r, std::uint64_t number) {
  const auto first = written(r, number);
  wire::byte_reader in({first.data(), first.size()});
  wire::frame f;
  FUZZ_CHECK(wire::next_frame(in, f) && in.left() == 0);
  record again;
  std::uint64_t number_again = 0;
  wire::record_context context;
  FUZZ_CHECK(wire::decode(f, context, again, number_again));
  FUZZ_CHECK(number_again == number);
  FUZZ_CHECK(written(again, number) == first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view datagram(data, size);
  wire::header h;
  if (wire::decode(datagram, h) != wire::header_error::none) return 0;
  FUZZ_CHECK(size >= wire::header_size);

  wire::datagram_frames contents;
  if (!contents.read(datagram)) {
    FUZZ_CHECK(contents.size() == 0 && !contents.sender());
    return 0;
  }
  if (contents.sender()) {
    touch(contents.sender()->host);
    touch(contents.sender()->app);
  }
  wire::reassembler parts;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const auto& item = contents[i];
    switch (item.type) {
      case wire::frame_type::record: {
        const auto& r = std::get<received_record>(item.what);
        touch_all(r);
        write_and_read(r, r.number);
        break;
      }
      case wire::frame_type::fragment: {
        const auto& f = item.fragment;
        touch(f.bytes.text());
        FUZZ_CHECK(f.bytes.size != 0 && f.total <= max_record_size && f.offset < f.total && f.bytes.size <= f.total - f.offset);
        const auto before = parts.memory();
        const auto outcome = parts.add(f);
        if (outcome == wire::reassembler::outcome::contradiction) FUZZ_CHECK(parts.memory() == before);
        received_record r;
        if (parts.get(r)) {
          touch_all(r);
          for (const auto& m : r.missing) FUZZ_CHECK(m.offset + m.length <= max_record_size);
        }
        if (outcome == wire::reassembler::outcome::complete) parts.clear();
        break;
      }
      case wire::frame_type::dropped: FUZZ_CHECK(item.dropped.count != 0); break;
      case wire::frame_type::message: touch(item.message.text()); break;
      default: break;
    }
  }
  return 0;
}
