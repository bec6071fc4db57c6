// Windows' mailslots, with a system that behaves as Microsoft documents it, or as Wine does.
#include <mailslog/error.hpp>

#include "fake_mailslots.hpp"
#include "reading.hpp"
#include "support/catch.hpp"
#include "transport/fallback_sender.hpp"
#include "transport/threaded_sender.hpp"

using namespace mailslog;
using namespace mailslog::test;
using transport::send_status;

namespace {

const std::string path = R"(\\.\mailslot\builds\gcc)";

struct slot : mailslot_slot {
  slot() { name = "builds/gcc"; }

  receiver_ptr network_receiver() {
    transport::local_options options;
    options.lan = true;
    return transport::open_mailslot_receiver(system, name, options);
  }
  sender_ptr network_sender() {
    transport::local_options options;
    options.lan = true;
    return transport::open_mailslot_sender(system, name, options);
  }
};

bytes text(std::string_view t) { return {t.begin(), t.end()}; }

}  // namespace

TEST_CASE("a slot is the mailslot that any other program sees", "[transport][mailslot]") {
  slot s;
  reading reader(s.receiver());
  CHECK(s.system.post(R"(\\.\MAILSLOT\Builds\GCC)", text("plain")) == 0);
  REQUIRE(reader.wait_for(1));
  CHECK(reader.got() == std::vector<bytes>{text("plain")});
  CHECK(reader.from()[0].text().empty());
}

TEST_CASE("a second reader of a mailslot is told that there is one already", "[transport][mailslot]") {
  slot s;
  const auto one = s.receiver();
  try {
    const auto two = s.receiver();
    FAIL("two readers");
  } catch (const std::system_error& e) {
    CHECK(e.code().value() == 183);
    CHECK_THAT(e.what(), ContainsSubstring("builds/gcc") && ContainsSubstring(path) && ContainsSubstring("one reader"));
  }
}

TEST_CASE("a reader that ended gives its mailslot back, and the next one gets what is posted", "[transport][mailslot]") {
  slot s;
  s.system.keeps_slots = GENERATE(false, true);  // Windows, Wine
  CAPTURE(s.system.keeps_slots);
  const auto sender = s.sender();
  for (std::uint32_t round = 0; round < 3; ++round) {
    {
      reading reader(s.receiver());
      const auto d = marked('a', round, 100);
      CHECK(post(*sender, d).taken == 1);
      REQUIRE(reader.wait_for(1));
      CHECK(reader.got() == std::vector<bytes>{d});
    }
    if (round == 0) continue;  // the old handle meets the new reader
    const auto nobody = post(*sender, marked('n', round, 100));
    CHECK(nobody.status == send_status::done);
    CHECK(nobody.taken == 0);
  }
}

TEST_CASE("what a mailslot does not take is told, and the next message goes its normal way", "[transport][mailslot]") {
  slot s;
  reading reader(s.receiver(1000));
  const auto sender = s.sender();
  const auto fits = marked('f', 1, 1000);
  CHECK(post(*sender, fits).taken == 1);
  const auto refused = post(*sender, marked('x', 2, 1001));
  CHECK(refused.status == send_status::failed);
  CHECK(refused.error.value() == static_cast<int>(s.system.write_too_large));
  CHECK(refused.taken == 0);
  CHECK(post(*sender, fits).taken == 1);
  REQUIRE(reader.wait_for(2));
  CHECK(reader.got() == std::vector<bytes>{fits, fits});
}

TEST_CASE("a reader gets rid of messages that no reader takes, and counts them", "[transport][mailslot]") {
  slot s;
  s.system.enforces_limit = false;
  reading reader(s.receiver());
  REQUIRE(s.system.post(path, bytes(300'000, 'x')) == 0);
  REQUIRE(s.system.post(path, bytes(65'537, 'x')) == 0);
  REQUIRE(s.system.post(path, text("after")) == 0);
  REQUIRE(reader.wait_for(1));
  CHECK(reader.got() == std::vector<bytes>{text("after")});
  CHECK(reader.receiver().oversized() == 2);
}

TEST_CASE("who may not post is told so", "[transport][mailslot]") {
  slot s;
  s.system.open_denied = 5;
  const auto result = post(*s.sender(), text("x"));
  CHECK(result.status == send_status::failed);
  CHECK(result.error.value() == 5);
}

TEST_CASE("a message may be empty", "[transport][mailslot]") {
  slot s;
  reading reader(s.receiver());
  const auto sender = s.sender();
  CHECK(sender->send({}, 1).taken == 1);
  REQUIRE(reader.wait_for(1));
  CHECK(reader.got() == std::vector<bytes>{bytes()});
}

TEST_CASE("after settling, all that was posted before is there", "[transport][mailslot]") {
  slot s;
  reading reader(s.receiver());
  std::size_t posted = 0;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < round; ++i, ++posted) REQUIRE(s.system.post(path, text("m")) == 0);
    reader.receiver().flush_pending();
    reader.take();
    REQUIRE(reader.got().size() == posted);
  }
}

TEST_CASE("settling does not wait for what a full reader has no room for", "[transport][mailslot]") {
  slot s;
  s.system.queue = SIZE_MAX;
  reading reader(s.receiver());
  const std::size_t messages = 40;
  for (std::size_t i = 0; i < messages; ++i) REQUIRE(s.system.post(path, bytes(60'000, 'm')) == 0);
  reader.receiver().flush_pending();
  reader.take();
  CHECK(!reader.got().empty());
  CHECK(reader.wait_for(messages));
}

TEST_CASE("a mailslot that is full makes its writer wait, or forget what it had to say", "[transport][mailslot]") {
  slot s;
  s.system.queue = 3;
  reading reader(s.receiver());
  s.system.hold_readers(true);
  const auto sender = s.sender();
  std::vector<bytes> sent;
  auto next = marked('f', 0, 100);
  while (sender->send(view(next), next.size()).status == send_status::done) {
    sent.push_back(next);
    REQUIRE(sent.size() < 10);
    next = marked('f', static_cast<std::uint32_t>(sent.size()), 100);
  }
  SECTION("it waits") {
    sender->wait(std::chrono::milliseconds(1));
    s.system.hold_readers(false);
    CHECK(wait_until([&] {
      sender->wait(std::chrono::milliseconds(10));
      return sender->send(view(next), next.size()).status == send_status::done;
    }));
    sent.push_back(next);
  }
  SECTION("it waits, though the thread that began to write has ended") {
    s.system.end_writing_thread();
    CHECK(sender->send(view(next), next.size()).status == send_status::would_block);
    s.system.hold_readers(false);
    CHECK(wait_until([&] {
      sender->wait(std::chrono::milliseconds(10));
      return sender->send(view(next), next.size()).status == send_status::done;
    }));
    sent.push_back(next);
  }
  SECTION("it forgets") {
    sender->abandon();
    s.system.hold_readers(false);
    sent.push_back(marked('o', 1, 50));
    CHECK(post(*sender, sent.back()).taken == 1);
  }
  REQUIRE(reader.wait_for(sent.size()));
  CHECK(reader.got() == sent);
}

TEST_CASE("a writer that waits for room learns that the reader has gone, and reaches the next one", "[transport][mailslot]") {
  slot s;
  s.system.keeps_slots = GENERATE(false, true);  // Windows, Wine
  CAPTURE(s.system.keeps_slots);
  s.system.queue = 3;
  auto reader = s.receiver();
  s.system.hold_readers(true);
  const auto sender = s.sender();
  const auto d = marked('f', 0, 100);
  std::size_t sent = 0;
  while (sender->send(view(d), d.size()).status == send_status::done) REQUIRE(++sent < 10);
  reader.reset();
  s.system.hold_readers(false);
  const auto nobody = sender->send(view(d), d.size());
  CHECK(nobody.status == send_status::done);
  CHECK(nobody.taken == 0);

  reading next(s.receiver());
  CHECK(post(*sender, d).taken == 1);
  CHECK(next.wait_for(1));
}

TEST_CASE("a reader that hears the network is not reached twice", "[transport][mailslot]") {
  slot s;
  const auto local = s.sender();
  const auto network = s.network_sender();
  {
    reading reader(s.network_receiver());
    CHECK(post(*network, text("by the network as well")).taken == 0);
    CHECK(post(*local, text("here only")).taken == 1);
    REQUIRE(reader.wait_for(1));
    CHECK(reader.got() == std::vector<bytes>{text("here only")});
    CHECK(s.network_receiver() == nullptr);  // and it hears the network alone
  }
  reading reader(s.receiver());
  CHECK(post(*network, text("nobody else brings it")).taken == 1);
  REQUIRE(reader.wait_for(1));
}

TEST_CASE("who may post is what the reader's owner says", "[transport][mailslot]") {
  slot s;
  transport::local_options options;
  options.security = GENERATE("", "D:(A;;GA;;;WD)");
  const auto reader = transport::open_mailslot_receiver(s.system, s.name, options);
  CHECK(s.system.security_of(path) == options.security);
}

// ---- to other machines

TEST_CASE("a message to another machine has 424 bytes, less for long names, and never 425 or 426", "[transport][mailslot]") {
  // 512 bytes for the SMB message: 69 of header, "\MAILSLOT\", the name and its zero, padded to a multiple of four.
  const auto [name, most] = GENERATE(table<std::string, std::size_t>(
      {{"a", 424}, {"abcd", 424}, {"buildlog", 424}, {"buildlog1", 420}, {"buildlog1234", 420}, {"buildlog12345", 416},
       {std::string(64, 'n'), 368}}));
  CAPTURE(name);
  CHECK(transport::max_remote_message(name) == most);

  fake_mailslots system;
  const auto sender = transport::open_remote_mailslot_sender(system, "*", name);
  CHECK(sender->max_datagram() == most);
  CHECK(sender->default_datagram() == most);
  CHECK(post(*sender, marked('m', 1, most)).taken == 1);
  for (const std::size_t more : {1, 2, 3}) {
    CHECK(post(*sender, marked('x', 2, most + more)).error == std::errc::message_size);
  }
  CHECK(system.remote() == std::vector<bytes>{marked('m', 1, most)});
}

TEST_CASE("each datagram is a message of its own to another machine", "[transport][mailslot]") {
  fake_mailslots system;
  const auto sender = transport::open_remote_mailslot_sender(system, "HOST", "x");
  const std::vector<bytes> sent{marked('m', 1, 400), marked('m', 2, 400), marked('m', 3, 7)};
  CHECK(post(*sender, sent).taken == 1);
  CHECK(system.remote() == sent);
}

TEST_CASE("where remote mailslots are switched off, both ways out are named", "[transport][mailslot]") {
  fake_mailslots system;
  const transport::mailslot_system::status off = GENERATE(3025, 53, 67, 3);
  SECTION("when it is opened") { system.open_remote = off; }
  SECTION("when something is sent") { system.write_remote = off; }
  const auto sender = transport::open_remote_mailslot_sender(system, "HOST", "x");
  const auto result = post(*sender, text("hello"));
  CHECK(result.status == send_status::failed);
  CHECK(result.taken == 0);
  CHECK(result.error == errc::remote_mailslots_off);
  CHECK_THAT(result.error.message(),
             ContainsSubstring("Set-SmbClientConfiguration -EnableMailslots $true") && ContainsSubstring("*/"));

  // Somebody may switch them on.
  system.open_remote = 0;
  system.write_remote = 0;
  CHECK(post(*sender, text("hello")).taken == 1);
}

TEST_CASE("other errors of remote mailslots are the system's own", "[transport][mailslot]") {
  fake_mailslots system;
  system.write_remote = 1231;
  const auto sender = transport::open_remote_mailslot_sender(system, "HOST", "x");
  CHECK(post(*sender, text("hello")).error.value() == 1231);
}

TEST_CASE("what may take the system long does not hold up who sends, and its errors come later", "[transport][mailslot]") {
  fake_mailslots system;
  const auto open = [&system](transport::result_mode how) {
    return transport::threaded_sender(transport::open_remote_mailslot_sender(system, "HOST", "x"), how);
  };
  const auto sender = open(transport::result_mode::deferred);
  SECTION("all that was taken is sent, in order, at the latest at the end") {
    std::vector<bytes> sent;
    auto short_lived = open(GENERATE(transport::result_mode::deferred, transport::result_mode::awaited));
    for (std::uint32_t i = 0; i < 1000; ++i) {
      sent.push_back(marked('m', i, 100));
      REQUIRE(wait_until([&] {
        const auto result = short_lived->send(view(sent.back()), 100);
        if (result.status == send_status::would_block) short_lived->wait(std::chrono::milliseconds(10));
        return result.status == send_status::done;
      }));
    }
    short_lived.reset();
    CHECK(system.remote() == sent);
  }
  SECTION("a refusal") {
    system.set_remote(3025);
    CHECK(wait_until([&] {
      const auto result = post(*sender, text("lost"));
      return result.status == send_status::failed && result.error == errc::remote_mailslots_off && result.taken == 0;
    }));
    system.set_remote(0);
    // It is tried again.
    CHECK(wait_until([&] {
      post(*sender, text("found"));
      return !system.remote().empty();
    }));
    CHECK(system.remote().front() == text("found"));
  }
  SECTION("a refusal, to who wants to know exactly") {
    const auto exact = open(transport::result_mode::awaited);
    system.set_remote(3025);
    CHECK(exact->send(view(text("lost")), 4).status == send_status::would_block);
    const auto refused = post(*exact, text("lost"));
    CHECK(refused.status == send_status::failed);
    CHECK(refused.error == errc::remote_mailslots_off);
    CHECK(refused.taken == 0);
    system.set_remote(0);
    CHECK(post(*exact, text("found")).taken == 1);
    CHECK(system.remote() == std::vector<bytes>{text("found")});
  }
  SECTION("what is too large is told at once") {
    CHECK(post(*sender, bytes(425, 'x')).error == std::errc::message_size);
    CHECK(system.remote().empty());
  }
}

TEST_CASE("a slot with a fallback goes on by UDP, loses nothing and says so once", "[transport][mailslot]") {
  fake_mailslots system;
  udp4_slot udp;
  reading reader(udp.receiver());
  const auto sender =
      transport::fallback_sender(transport::open_remote_mailslot_sender(system, "*", "x"), [&udp] { return udp.sender(); });
  CHECK(sender->max_datagram() == 424);

  SECTION("not while remote mailslots work") {
    CHECK(post(*sender, text("one")).status == send_status::done);
    CHECK(system.remote() == std::vector<bytes>{text("one")});
    CHECK(system.remote().size() == 1);
  }
  SECTION("when they are switched off") {
    system.set_remote(3025);
    const auto first = post(*sender, text("one"));
    CHECK(first.error == errc::fell_back_to_udp);
    CHECK(first.taken > 0);
    CHECK(post(*sender, text("two")).status == send_status::done);
    REQUIRE(reader.wait_for(2));
    CHECK(reader.got() == std::vector<bytes>{text("one"), text("two")});
    CHECK(system.remote().empty());
  }
}
