// Remote mailslots as bytes: names, datagrams, queries, and who takes what.
#include <algorithm>
#include <chrono>
#include <string>

#include "bytes.hpp"
#include "support/catch.hpp"
#include "transport/classic/datagram.hpp"
#include "transport/classic/filter.hpp"
#include "transport/classic/query.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace mailslog::transport::classic;
using namespace std::chrono_literals;

namespace {

struct example {
  mailslot_write write;
  layout as;
  bytes data;  // what `write.data` views
};

// What the golden datagrams say of themselves.
example example_of(std::size_t number) {
  example e;
  auto& w = e.write;
  w.id = static_cast<std::uint16_t>(0x1001 + number);
  w.source_ip = {192, 0, 2, 10};
  w.source = netbios_name::of("APPHOST");
  if (number == 0) {
    e.as = layout::windows;
    w.to = reach::unique;
    w.node_type = 3;
    w.destination = netbios_name::of("LOGHOST");
    w.slot = "applog";
    const std::string_view text = "2026-01-02 03:04:05 INFO hello";
    e.data.assign(text.begin(), text.end());
  } else if (number == 1) {
    e.as = layout::samba;
    w.to = reach::group;
    w.destination = netbios_name::of("LABGRP", 0x1c);
    w.slot = "NET\\NETLOGON";
    // Query for the PDC; computer; mailslot for the answer; an even offset; computer in UTF-16; version; tokens.
    e.data = hex("07 00  41 50 50 48 4f 53 54 00  5c 4d 41 49 4c 53 4c 4f 54 5c 4e 45 54 5c 47 45 54 44 43 31 32 33 00  00"
                 "41 00 50 00 50 00 48 00 4f 00 53 00 54 00 00 00  01 00 00 00  ff ff ff ff");
  } else {
    e.as = layout::samba;
    w.to = reach::broadcast;
    w.destination = netbios_name::everybody();
    w.slot = "BROWSE";
    // Host announcement; count; period; name; system; type; browser; signature; comment.
    e.data = hex("01 00 60ea0000 41 50 50 48 4f 53 54 00 00 00 00 00 00 00 00 00  04 09  039a0000  0f 01  55 aa  6c 61 62 00");
  }
  w.data = view(e.data);
  return e;
}

mailslot_write decoded(const bytes& packet) {
  mailslot_write w;
  REQUIRE(decode(view(packet), w) == datagram_error::none);
  return w;
}

datagram_error judged(const bytes& packet) {
  mailslot_write w;
  w.id = 4711;
  const auto error = decode(view(packet), w);
  if (error != datagram_error::none) CHECK(w.id == 4711);  // left alone
  return error;
}

// Offsets in a datagram; the SMB message begins at 82.
constexpr std::size_t smb = 82;

class packet {
 public:
  packet() : bytes_(golden("classic").at(0).bytes) {}
  packet& set(std::size_t at, std::uint8_t value) {
    bytes_.at(at) = value;
    return *this;
  }
  packet& cut(std::size_t size) {
    bytes_.resize(size);
    return *this;
  }
  operator const bytes&() const { return bytes_; }  // NOLINT(google-explicit-constructor)

 private:
  bytes bytes_;
};

}  // namespace

// ---- names

TEST_CASE("names are encoded as RFC 1001 has it", "[classic]") {
  const auto text = [](const netbios_name& n) {
    const auto e = encode(n);
    REQUIRE(e.front() == 32);
    REQUIRE(e.back() == 0);
    return std::string(e.begin() + 1, e.end() - 1);
  };
  CHECK(text(netbios_name::of("LOGHOST")) == "EMEPEHEIEPFDFECACACACACACACACAAA");
  CHECK(text(netbios_name::of("The NetBIOS name", 0x20)) == "FEEIEFCAEOEFFEECEJEPFDCAEOEBENCA");
  CHECK(text(netbios_name::of("LAB", 0x1c)) == "EMEBECCACACACACACACACACACACACABM");
  CHECK(text(netbios_name::everybody()) == "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

TEST_CASE("a name comes back as it was", "[classic]") {
  for (const auto& name : {netbios_name::of("loghost"), netbios_name::of("A-B_C.D", 0x1d), netbios_name::everybody()}) {
    const auto e = encode(name);
    netbios_name back;
    CHECK(decode({e.data(), e.size()}, back) == name_error::none);
    CHECK(back == name);
  }
  CHECK(netbios_name::of("loghost").text() == "LOGHOST");
  CHECK(netbios_name::of("a b", 0x20).text() == "A B");
  CHECK(netbios_name::everybody().text() == "*");
}

TEST_CASE("what is no name is not taken for one", "[classic]") {
  const auto good = encode(netbios_name::of("LOGHOST"));
  const auto judge = [&](std::size_t at, std::uint8_t value) {
    auto e = good;
    e[at] = value;
    netbios_name n;
    return decode({e.data(), e.size()}, n);
  };
  CHECK(judge(0, 31) == name_error::bad);
  CHECK(judge(0, 33) == name_error::bad);
  CHECK(judge(0, 0xc0) == name_error::bad);  // a compression pointer
  CHECK(judge(1, '@') == name_error::bad);
  CHECK(judge(32, 'Q') == name_error::bad);
  CHECK(judge(5, 'a') == name_error::bad);
  CHECK(judge(33, 3) == name_error::scope);
  netbios_name n;
  for (std::size_t size = 0; size < good.size(); ++size) CHECK(decode({good.data(), size}, n) == name_error::bad);
}

TEST_CASE("a computer is called as its host is, without the domain, in 15 capitals", "[classic]") {
  CHECK(computer_name("buildbox") == netbios_name::of("BUILDBOX"));
  CHECK(computer_name("buildbox.example.org").text() == "BUILDBOX");
  CHECK(computer_name("a-very-long-host-name.example.org").text() == "A-VERY-LONG-HOS");
}

// ---- datagrams

TEST_CASE("a mailslot write is written as Windows and Samba write it", "[classic][golden]") {
  const auto examples = golden("classic");
  REQUIRE(examples.size() == 3);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    CAPTURE(examples[i].name);
    const auto e = example_of(i);
    bytes out;
    encode(e.write, e.as, out);
    CHECK(out == examples[i].bytes);
  }
}

TEST_CASE("a mailslot write of Windows and of Samba is read", "[classic][golden]") {
  const auto examples = golden("classic");
  for (std::size_t i = 0; i < examples.size(); ++i) {
    CAPTURE(examples[i].name);
    const auto expected = example_of(i);
    const auto w = decoded(examples[i].bytes);
    CHECK(w.to == expected.write.to);
    CHECK(w.node_type == expected.write.node_type);
    CHECK(w.id == expected.write.id);
    CHECK(w.source_ip == expected.write.source_ip);
    CHECK(w.source_port == 138);
    CHECK(w.source == expected.write.source);
    CHECK(w.destination == expected.write.destination);
    CHECK(w.slot == expected.write.slot);
    CHECK(w.data.text() == view(expected.data).text());
  }
}

TEST_CASE("a datagram that is cut short is dropped, wherever", "[classic][golden]") {
  for (const auto& e : golden("classic")) {
    for (std::size_t size = 0; size < e.bytes.size(); ++size) {
      CAPTURE(e.name, size);
      REQUIRE(judged(bytes(e.bytes.begin(), e.bytes.begin() + static_cast<std::ptrdiff_t>(size))) != datagram_error::none);
    }
  }
}

TEST_CASE("each thing that makes a datagram no mailslot write is seen", "[classic]") {
  REQUIRE(judged(packet()) == datagram_error::none);
  for (const std::uint8_t type : hex("00 0f 13 14 15 16 ff")) {
    CAPTURE(type);
    CHECK(judged(packet().set(0, type)) == datagram_error::type);
  }
  CHECK(judged(packet().set(1, 0x0c)) == datagram_error::fragment);  // not the first
  CHECK(judged(packet().set(1, 0x0f)) == datagram_error::fragment);  // more follow
  CHECK(judged(packet().set(13, 1)) == datagram_error::fragment);    // a later part
  CHECK(judged(packet().set(11, 0xbb)) == datagram_error::length);   // says more than there is
  CHECK(judged(packet().set(11, 67)) == datagram_error::length);     // no room for names
  CHECK(judged(packet().set(14, 0xc0)) == datagram_error::source_name);
  CHECK(judged(packet().set(48, 31)) == datagram_error::destination_name);
  CHECK(judged(packet().set(48 + 33, 4)) == datagram_error::scope);
  for (std::size_t i = 0; i < 4; ++i) CHECK(judged(packet().set(smb + i, 0)) == datagram_error::not_smb);
  CHECK(judged(packet().set(11, 68 + 68)) == datagram_error::not_smb);  // no room for a transaction
  CHECK(judged(packet().set(smb + 4, 0x72)) == datagram_error::not_a_write);
  CHECK(judged(packet().set(smb + 32, 16)) == datagram_error::not_a_write);
  CHECK(judged(packet().set(smb + 59, 2)) == datagram_error::not_a_write);
  CHECK(judged(packet().set(smb + 61, 2)) == datagram_error::not_a_write);
  CHECK(judged(packet().set(smb + 62, 1)) == datagram_error::not_a_write);
}

TEST_CASE("a mailslot's name must be one and must end", "[classic]") {
  CHECK(judged(packet().set(smb + 69, '/')) == datagram_error::slot_name);
  CHECK(judged(packet().set(smb + 70, 'm')) == datagram_error::none);        // in any case
  CHECK(judged(packet().set(smb + 70, 'X')) == datagram_error::slot_name);
  CHECK(judged(packet().set(smb + 79, 0)) == datagram_error::slot_name);     // \MAILSLOT\ and nothing
  CHECK(judged(packet().set(11, 68 + 69 + 16)) == datagram_error::slot_name);  // ends with the packet
}

TEST_CASE("a mailslot's data must be behind its name, whole, and in the packet", "[classic]") {
  CHECK(judged(packet().set(smb + 35, 31)) == datagram_error::data);  // a part of more
  CHECK(judged(packet().set(smb + 36, 1)) == datagram_error::data);
  CHECK(judged(packet().set(smb + 57, 85)) == datagram_error::data);  // in the name
  CHECK(judged(packet().set(smb + 57, 86)) == datagram_error::none);  // right behind it
  CHECK(judged(packet().set(smb + 57, 89)) == datagram_error::data);  // ends outside
  CHECK(judged(packet().set(smb + 57, 200)) == datagram_error::data);
  CHECK(judged(packet().set(smb + 57, 0xff).set(smb + 58, 0xff)) == datagram_error::data);
  CHECK(judged(packet().set(smb + 35, 31).set(smb + 55, 31)) == datagram_error::data);
  CHECK(judged(packet().set(smb + 35, 0xff).set(smb + 36, 0xff).set(smb + 55, 0xff).set(smb + 56, 0xff)) == datagram_error::data);
  const auto none = packet().set(smb + 35, 0).set(smb + 55, 0);
  CHECK(decoded(none).data.size == 0);  // a message of 0 bytes is one
}

TEST_CASE("what a sender need not care for does not matter", "[classic]") {
  auto p = packet();
  for (const std::size_t from : {9, 10, 12, 14, 22, 24, 26, 28, 30, 33, 37, 39, 41, 43, 45, 49, 51, 53, 63, 65, 67}) {
    p.set(smb + from, 0xa5);
  }
  p.set(1, 0xf2);  // reserved bits
  CHECK(decoded(p).data.text() == "2026-01-02 03:04:05 INFO hello");

  bytes longer = packet();
  longer.resize(longer.size() + 10);  // an interface's padding
  CHECK(decoded(longer).data.text() == "2026-01-02 03:04:05 INFO hello");
}

TEST_CASE("a message is as large as its mailslot's name lets it be", "[classic]") {
  struct {
    std::size_t name;
    std::size_t most;
  } const limits[] = {{1, 424}, {4, 424}, {5, 424}, {8, 424}, {9, 420}, {12, 420}, {13, 416}, {16, 416}, {64, 368}};
  for (const auto& l : limits) {
    CAPTURE(l.name);
    const std::string name(l.name, 'n');
    CHECK(max_data(name) == l.most);
    // What Windows takes: 512 bytes of SMB, padding included.
    const bytes data(l.most, 'd');
    mailslot_write w;
    w.slot = name;
    w.data = view(data);
    bytes out;
    encode(w, layout::windows, out);
    CHECK(out.size() - smb <= 512);
    if (l.name > 4) CHECK(out.size() - smb == 512);
    CHECK(decoded(out).data.size == l.most);
  }
}

// ---- name queries

namespace {

bytes label(std::string_view letters) { return hex("20") + bytes(letters.begin(), letters.end()) + hex("00"); }

const bytes smbpeer = label("FDENECFAEFEFFCCACACACACACACACAAA");
const bytes query = hex("1234 0110 0001 0000 0000 0000") + smbpeer + hex("0020 0001");
const bytes answer = hex("1234 8580 0000 0001 0000 0000") + smbpeer + hex("0020 0001 00000000 0006 0000 0a4d0001");

template <class Packet>
bool is_read(bytes b, std::size_t at, std::uint8_t value) {
  b.at(at) = value;
  Packet p;
  return decode(view(b), p);
}

}  // namespace

TEST_CASE("a name query and its answer are what RFC 1002 says", "[classic]") {
  bytes out;
  encode(name_query{0x1234, netbios_name::of("smbpeer")}, out);
  CHECK(out == query);
  encode(name_answer{0x1234, netbios_name::of("smbpeer"), false, {{10, 77, 0, 1}}}, out);
  CHECK(out == answer);
  encode(name_answer{0x1234, netbios_name::of("smbpeer"), true, {{10, 77, 0, 1}}}, out);
  auto of_group = answer;
  of_group[answer.size() - 6] = 0x80;
  CHECK(out == of_group);

  name_query q;
  REQUIRE(decode(view(query), q));
  CHECK(q.id == 0x1234);
  CHECK(q.name == netbios_name::of("SMBPEER"));

  // A computer with two networks, as nmbd answers.
  auto two = answer + hex("6000 0a4d0102");
  two[answer.size() - 7] = 12;
  name_answer a;
  REQUIRE(decode(view(two), a));
  CHECK(a.id == 0x1234);
  CHECK(a.name == netbios_name::of("SMBPEER"));
  CHECK_FALSE(a.group);
  CHECK(a.addresses == std::vector<std::array<std::uint8_t, 4>>{{10, 77, 0, 1}, {10, 77, 1, 2}});
  REQUIRE(decode(view(of_group), a));
  CHECK(a.group);
}

TEST_CASE("what is no query and no answer is not taken for one", "[classic]") {
  name_query q;
  name_answer a;
  CHECK_FALSE(decode(view(answer), q));
  CHECK_FALSE(decode(view(query), a));
  for (std::size_t size = 0; size < query.size(); ++size) REQUIRE_FALSE(decode(byte_view(query.data(), size), q));
  for (std::size_t size = 0; size < answer.size(); ++size) REQUIRE_FALSE(decode(byte_view(answer.data(), size), a));
  CHECK_FALSE(is_read<name_query>(query, 2, 0x29));      // a registration
  CHECK_FALSE(is_read<name_query>(query, 5, 2));         // two questions
  CHECK_FALSE(is_read<name_query>(query, 47, 0x21));     // a node's status
  CHECK_FALSE(is_read<name_answer>(answer, 3, 0x83));    // no such name
  CHECK_FALSE(is_read<name_answer>(answer, 7, 0));       // no answer
  CHECK_FALSE(is_read<name_answer>(answer, answer.size() - 7, 5));
  CHECK_FALSE(is_read<name_answer>(answer, answer.size() - 7, 12));
  CHECK_FALSE(is_read<name_answer>(answer, answer.size() - 7, 0));
}

// ---- who takes what

namespace {

struct listener {
  filter box{"applog", computer_name("loghost.example.org"), "LABGRP", 1};
  filter::time_point now{};
  mailslot_write got;
  platform::endpoint from;

  verdict hear(const bytes& b) { return box.judge(view(b), from, now, got); }
  verdict hear(const mailslot_write& w) {
    bytes b;
    encode(w, layout::windows, b);
    packets.push_back(b);
    return hear(packets.back());
  }
  std::vector<bytes> packets;
};

mailslot_write write_to(const netbios_name& destination, std::uint16_t id = 1) {
  static const bytes text = hex("68 65 6c 6c 6f");
  mailslot_write w;
  w.id = id;
  w.source = netbios_name::of("APPHOST");
  w.destination = destination;
  w.slot = "AppLog";
  w.data = view(text);
  return w;
}

}  // namespace

TEST_CASE("a reader takes what is for its computer, its workgroup, and everybody", "[classic]") {
  listener l;
  std::uint16_t id = 0;
  for (const auto& name : {netbios_name::of("LOGHOST"), netbios_name::of("LOGHOST", 0x20), netbios_name::of("LABGRP"),
                           netbios_name::of("LABGRP", 0x1d), netbios_name::of("LABGRP", 0x1e), netbios_name::everybody(),
                           netbios_name::of("\x01\x02__MSBROWSE__\x02", 0x01)}) {
    CAPTURE(name.text());
    CHECK(l.hear(write_to(name, ++id)) == verdict::ours);
    CHECK(l.got.id == id);
    CHECK(l.got.data.text() == "hello");
  }
  for (const auto& name : {netbios_name::of("OTHERHOST"), netbios_name::of("WORKGROUP"), netbios_name::of("LOGHOS"),
                           netbios_name::of("LOGHOST1", 0x20), netbios_name::of("*")}) {
    CAPTURE(name.text());
    CHECK(l.hear(write_to(name, ++id)) == verdict::other);
  }
}

TEST_CASE("a reader takes what is for its mailslot, in any case and whatever its folders", "[classic]") {
  listener l;
  auto w = write_to(netbios_name::of("LOGHOST"));
  w.slot = "APPLOG";
  CHECK(l.hear(w) == verdict::ours);
  for (const char* name : {"applog2", "appl", "net\\applog", "browse"}) {
    w.slot = name;
    CHECK(l.hear(w) == verdict::other);
  }
  l.box = filter("net/netlogon", netbios_name::of("LOGHOST"), "LABGRP", 1);
  w.slot = "NET\\NETLOGON";
  CHECK(l.hear(w) == verdict::ours);
}

TEST_CASE("a reader drops malformed datagrams", "[classic]") {
  listener l;
  CHECK(l.hear(packet()) == verdict::ours);
  CHECK(l.hear(packet().set(smb, 0)) == verdict::malformed);
  CHECK(l.hear(bytes{}) == verdict::malformed);
}

TEST_CASE("a message that comes by two networks is taken once, and the same text again is taken again", "[classic]") {
  listener l;
  auto w = write_to(netbios_name::of("LOGHOST"), 7);
  CHECK(l.hear(w) == verdict::ours);
  w.source_ip = {10, 77, 1, 1};
  CHECK(l.hear(w) == verdict::repeated);
  l.from.ip = {10, 77, 1, 1};
  CHECK(l.hear(w) == verdict::repeated);
  w.id = 8;
  CHECK(l.hear(w) == verdict::ours);
  w.source = netbios_name::of("OTHERHOST");
  CHECK(l.hear(w) == verdict::ours);
  // Another program there.
  l.from.port = 1024;
  CHECK(l.hear(w) == verdict::ours);
  // The numbers come round.
  w.id = 7;
  w.source = netbios_name::of("APPHOST");
  l.now += 3s;
  CHECK(l.hear(w) == verdict::ours);
}

TEST_CASE("what a reader remembers of messages is bounded", "[classic]") {
  listener l;
  for (std::uint16_t id = 0; id < 5000; ++id) REQUIRE(l.hear(write_to(netbios_name::of("LOGHOST"), id)) == verdict::ours);
  CHECK(l.hear(write_to(netbios_name::of("LOGHOST"), 4999)) == verdict::repeated);
  CHECK(l.hear(write_to(netbios_name::of("LOGHOST"), 0)) == verdict::ours);  // long forgotten
}
