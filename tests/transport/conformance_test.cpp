// What every transport does, whatever it is made of.
#include <algorithm>
#include <map>

#include "platform/wait.hpp"
#include "reading.hpp"
#include "support/catch.hpp"

using namespace mailslog;
using namespace mailslog::test;
using transport::send_status;

#ifdef MAILSLOG_TEST_IPV6_MULTICAST  // needs an interface of its own, see with_ipv6_interface
#define EVERY_READER udp6_slot
#define TRANSPORTS udp6_slot
#elif defined(_WIN32)
// A local slot has one reader.
#define EVERY_READER memory_slot, udp4_slot, classic_slot
#define TRANSPORTS EVERY_READER, local_slot, mailslot_slot, udp4_host, udp6_host, classic_host
#else
#define EVERY_READER memory_slot, local_slot, udp4_slot, classic_slot
#define TRANSPORTS EVERY_READER, mailslot_slot, udp4_host, udp6_host, classic_host
#endif

TEMPLATE_TEST_CASE("a transport keeps boundaries and order", "[transport]", TRANSPORTS) {
  TestType slot;
  reading reader(slot.receiver());
  const auto sender = slot.sender();
  std::vector<bytes> sent;
  std::uint32_t number = 0;
  for (const std::size_t size : {1, 2, 100, 424, 1399, 1400, 9000}) {
    if (size > sender->max_datagram()) break;
    // As many at once as it likes, the last of them shorter; then one alone.
    const auto at_once = std::min<std::size_t>(sender->datagrams_at_once(size), 32);
    std::vector<bytes> some;
    for (std::size_t i = 0; i < at_once; ++i) some.push_back(marked('a', number++, size));
    some.back().resize((size + 1) / 2);
    sent.insert(sent.end(), some.begin(), some.end());
    CAPTURE(size, at_once);
    REQUIRE(post(*sender, some, reader).status == send_status::done);
    sent.push_back(marked('b', number++, size));
    REQUIRE(post(*sender, sent.back(), reader).status == send_status::done);
    REQUIRE(reader.wait_for(sent.size()));
  }
  CHECK(reader.got() == sent);
}

TEMPLATE_TEST_CASE("a transport carries its largest datagram, and refuses what is too large for any", "[transport]", TRANSPORTS) {
  TestType slot;
  reading reader(slot.receiver());
  const auto sender = slot.sender();
  const auto most = sender->max_datagram();
  REQUIRE(most >= 360);
  const auto largest = marked('l', 1, most);
  REQUIRE(post(*sender, largest).status == send_status::done);
  REQUIRE(reader.wait_for(1));

  const auto refused = post(*sender, marked('x', 2, transport::receive_buffer::max_received + 1));
  CHECK(refused.status == send_status::failed);
  CHECK(refused.error == std::errc::message_size);
  CHECK(refused.taken == 0);

  // The next one goes its normal way.
  const auto after = marked('a', 3, 100);
  CHECK(post(*sender, after).status == send_status::done);
  REQUIRE(reader.wait_for(2));
  CHECK(reader.got() == std::vector<bytes>{largest, after});
}

TEMPLATE_TEST_CASE("a transport knows its limits", "[transport]", TRANSPORTS) {
  TestType slot;
  const auto sender = slot.sender();
  CHECK(sender->default_datagram() >= 128);
  CHECK(sender->default_datagram() <= sender->max_datagram());
  CHECK(sender->max_datagram() <= transport::receive_buffer::max_received);
  for (const std::size_t size : {std::size_t{128}, sender->default_datagram(), sender->max_datagram()}) {
    CHECK(sender->datagrams_at_once(size) >= 1);
  }
}

TEMPLATE_TEST_CASE("a transport takes from many writers", "[transport]", TRANSPORTS) {
  TestType slot;
  reading reader(slot.receiver());
  std::vector<sender_ptr> senders;
  for (int i = 0; i < 5; ++i) senders.push_back(slot.sender());
  std::size_t sent = 0;
  for (std::uint32_t number = 0; number < 100; ++number) {
    for (std::size_t i = 0; i < senders.size(); ++i) {
      REQUIRE(post(*senders[i], marked(static_cast<std::uint8_t>(i), number, 200), reader).status == send_status::done);
      ++sent;
    }
    reader.take();
  }
  REQUIRE(reader.wait_for(sent));
  CHECK(reader.got().size() == sent);
  std::map<std::uint8_t, std::uint32_t> next;  // of each writer: in order, none twice
  for (const auto& d : reader.got()) CHECK(d == marked(d[0], next[d[0]]++, 200));
}

TEMPLATE_TEST_CASE("each reader gets a copy", "[transport]", EVERY_READER) {
  TestType slot;
  reading one(slot.receiver());
  reading two(slot.receiver());
  reading three(slot.receiver());
  const auto sender = slot.sender();
  std::vector<bytes> sent;
  for (std::uint32_t i = 0; i < 50; ++i) {
    sent.push_back(marked('a', i, 300));
    const auto result = post(*sender, sent.back(), one, two, three);
    REQUIRE(result.status == send_status::done);
    if (TestType::knows_readers) CHECK(result.taken == 3);
  }
  for (auto* reader : {&one, &two, &three}) {
    REQUIRE(reader->wait_for(sent.size()));
    CHECK(reader->got() == sent);
  }
}

TEMPLATE_TEST_CASE("nobody need listen", "[transport]", TRANSPORTS) {
  TestType slot;
  const auto sender = slot.sender();
  for (std::uint32_t i = 0; i < 10; ++i) {
    const auto datagram = marked('n', i, 100);
    const auto result = sender->send(view(datagram), datagram.size());
    CHECK(result.status != send_status::would_block);
    if (TestType::knows_readers) {
      CHECK(result.status == send_status::done);
      CHECK(result.taken == 0);
    }
  }
}

TEMPLATE_TEST_CASE("a reader may come, go and come back", "[transport]", TRANSPORTS) {
  TestType slot;
  const auto sender = slot.sender();
  std::uint32_t number = 0;
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    post(*sender, marked('x', number++, 100));  // for nobody
    reading reader(slot.receiver());
    // A refusal of what was sent before may be told now; at most once.
    const auto first = marked('a', number++, 100);
    REQUIRE(wait_until([&] {
      post(*sender, first);
      reader.take();
      return !reader.got().empty();
    }));
    CHECK(reader.got().front() == first);
  }
}

TEMPLATE_TEST_CASE("what arrives makes a reader's handle ready", "[transport]", TRANSPORTS) {
  TestType slot;
  reading reader(slot.receiver());
  std::vector<platform::wait_handle> handles;
  reader.receiver().add_handles(handles);
  CHECK_FALSE(platform::wait_readable(handles.data(), handles.size(), std::chrono::nanoseconds(0)));
  const auto sender = slot.sender();
  REQUIRE(post(*sender, marked('a', 1, 100)).status == send_status::done);
  CHECK(platform::wait_readable(handles.data(), handles.size(), deadline));
  REQUIRE(reader.wait_for(1));
}

TEMPLATE_TEST_CASE("what a reader has no room for waits, or is counted", "[transport]", TRANSPORTS) {
  TestType slot;
  reading reader(slot.receiver());
  const auto sender = slot.sender();
  const bool fills = bounded<TestType>();
  const std::uint32_t most = fills || !TestType::knows_readers ? 50'000 : 5'000;
  std::uint32_t sent = 0;
  bool full = false;
  const auto size = std::min<std::size_t>(8000, sender->max_datagram());
  while (!full && sent < most) {
    const auto d = marked('f', sent, size);
    const auto result = sender->send(view(d), size);
    REQUIRE(result.status != send_status::failed);
    full = result.status == send_status::would_block;
    if (!full) ++sent;
  }
  CHECK(full == fills);

  if (TestType::knows_readers) {
    reader.take();
    REQUIRE(post(*sender, marked('f', sent, size)).status == send_status::done);
    ++sent;
    REQUIRE(reader.wait_for(sent));
    for (std::uint32_t i = 0; i < sent; ++i) REQUIRE(reader.got()[i] == marked('f', i, size));
    CHECK(reader.receiver().dropped() == 0);
  } else if (counts_drops) {
    // The count comes with the first one that there is room for again.
    REQUIRE(wait_until([&] {
      reader.take();
      if (reader.got().size() + reader.receiver().dropped() == sent) return true;
      post(*sender, marked('f', sent++, size));
      return false;
    }));
    CHECK(reader.receiver().dropped() > 0);
    CHECK(reader.got().size() > 10);
  } else {
    CHECK(reader.wait_for(10));
  }
}
