// The limits: bare system calls, no logging. Texts of `size` bytes, ready made.
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "frame.hpp"
#include "sender.hpp"

namespace bench {
namespace {

int udp_socket(const std::string& port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  ::sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const ::sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("connect");
  return fd;
}

int unix_socket(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  ::sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, path.c_str(), sizeof to.sun_path - 1);
  if (::connect(fd, reinterpret_cast<const ::sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("connect");
  const int buffer = 4 * 1024 * 1024;
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  return fd;
}

void send_all(int fd, const std::string& bytes) {
  while (::send(fd, bytes.data(), bytes.size(), 0) < 0) {
    if (errno != EAGAIN && errno != ENOBUFS && errno != ECONNREFUSED) throw std::runtime_error(std::strerror(errno));
  }
}

// As many texts as fit a datagram of `limit` bytes, the rest left empty unless it is the last.
std::string filled_datagram(const sender_options& o, std::size_t& texts, bool last) {
  std::string d;
  texts = 0;
  const std::string text(o.size, 'x');
  while (d.size() + o.size + (o.framed ? frame_overhead : 0) <= o.limit) {
    if (o.framed) append_frame_header(d, o.size);
    d += text;
    ++texts;
  }
  if (!last) d.resize(o.limit);
  return d;
}

// One text a call.
void one_each(int fd, const sender_options& o, measurement& m) {
  const std::string text(o.size, 'x');
  m.drive(o, [&](std::uint64_t) { send_all(fd, text); });
}

// `datagrams` full ones a call; each text that is not the first of a call costs its copy.
void many_each(int fd, const sender_options& o, measurement& m, std::size_t datagrams) {
  std::size_t texts = 0;
  std::string block;
  for (std::size_t i = 0; i < datagrams; ++i) block += filled_datagram(o, texts, i + 1 == datagrams);
  if (texts == 0) {  // a text larger than a datagram goes over several
    block.assign(o.limit * datagrams, 'x');
    const auto in_a_block = static_cast<double>(block.size()) / static_cast<double>(o.size);
    double due = 0;
    m.drive(o, [&](std::uint64_t) {
      for (due += 1 / in_a_block; due >= 1; --due) send_all(fd, block);
    });
    return;
  }
  const auto each = texts * datagrams;
  std::string out(block.size(), '\0');
  m.drive(o, [&](std::uint64_t i) {
    const auto n = i % each;
    std::memcpy(out.data() + n * block.size() / each, block.data() + n * block.size() / each,
                (n + 1) * block.size() / each - n * block.size() / each);
    if (n + 1 == each) send_all(fd, out);
  });
}

}  // namespace

bool send_bare(const sender_options& o, measurement& m) {
  int fd = -1;
  if (o.kind == "bare-sendto") {
    one_each(fd = udp_socket(o.target), o, m);
  } else if (o.kind == "bare-segment") {
    fd = udp_socket(o.target);
    const int size = static_cast<int>(o.limit);
    if (::setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size) != 0) throw std::runtime_error("UDP_SEGMENT");
    many_each(fd, o, m, std::min<std::size_t>((65535 - 48) / o.limit, 64));
  } else if (o.kind == "bare-unix") {
    fd = unix_socket(o.target);
    if (o.size >= o.limit) {
      one_each(fd, o, m);
    } else {
      many_each(fd, o, m, 1);
    }
  } else {
    return false;
  }
  ::close(fd);
  return true;
}

}  // namespace bench
