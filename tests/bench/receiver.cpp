// bench_receiver KIND [--target T] [--records N] [--size BYTES] [--rcvbuf BYTES] [--idle MS]
//
// Prints "ready", counts what arrives until there are N records or nothing has come for a while, and prints what that took.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/log/utility/ipc/reliable_message_queue.hpp>
#include <fmt/format.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <mailslog/record_reader.hpp>

#include "frame.hpp"
#include "measure.hpp"

namespace {

using namespace bench;

struct receiver_options {
  std::string kind;
  std::string target;
  std::string file;  // that `gro-format` writes
  std::int64_t records = 1'000'000;
  std::size_t size = 113;
  int rcvbuf = 256 * 1024 * 1024;
  int idle_ms = 1500;
};

struct counts {
  std::int64_t records = 0;
  std::int64_t bytes = 0;
  std::int64_t datagrams = 0;
  std::int64_t missing = 0;
  std::int64_t kernel_drops = 0;
  std::int64_t last_ns = 0;
};

std::int64_t cpu_before = 0;

void ready() {
  std::puts("ready");
  std::fflush(stdout);
  cpu_before = cpu_ns(RUSAGE_SELF);
}

bool wait_for(int fd, const receiver_options& o, bool begun) {
  ::pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, begun ? o.idle_ms : 30'000) > 0;
}

int bound_udp(const receiver_options& o, bool gro) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &o.rcvbuf, sizeof o.rcvbuf) != 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &o.rcvbuf, sizeof o.rcvbuf);
  }
  const int on = 1;
  if (gro) ::setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
  ::sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(std::stoi(o.target)));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<const ::sockaddr*>(&at), sizeof at) != 0) throw std::runtime_error("bind");
  return fd;
}

int bound_unix(const receiver_options& o) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  ::sockaddr_un at{};
  at.sun_family = AF_UNIX;
  o.target.copy(at.sun_path, sizeof at.sun_path - 1);
  if (::bind(fd, reinterpret_cast<const ::sockaddr*>(&at), sizeof at) != 0) throw std::runtime_error("bind");
  return fd;
}

// Every datagram, or every `size` bytes of it, is a record.
void count_datagrams(int fd, const receiver_options& o, bool by_size, counts& c) {
  std::vector<char> buffer(65536);
  ready();
  while (c.records < o.records) {
    const auto n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n < 0) {
      if (!wait_for(fd, o, c.records != 0)) break;
      continue;
    }
    c.last_ns = now_ns();
    ++c.datagrams;
    c.bytes += n;
    c.records = by_size ? c.bytes / static_cast<std::int64_t>(o.size) : c.records + 1;
  }
}

void count_tcp_lines(const receiver_options& o, counts& c) {
  const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(std::stoi(o.target)));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listening, reinterpret_cast<const ::sockaddr*>(&at), sizeof at) != 0) throw std::runtime_error("bind");
  ::listen(listening, 8);
  ready();
  const int fd = ::accept(listening, nullptr, nullptr);
  std::vector<char> buffer(65536);
  while (c.records < o.records) {
    const auto n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) break;
    c.last_ns = now_ns();
    c.bytes += n;
    for (ssize_t i = 0; i < n; ++i) c.records += buffer[static_cast<std::size_t>(i)] == '\n';
  }
}

void count_queue(const receiver_options& o, counts& c) {
  namespace ipc = boost::log::ipc;
  const ipc::object_name name(ipc::object_name::user, o.target);
  ipc::reliable_message_queue::remove(name);
  ipc::reliable_message_queue queue;
  queue.create(name, 4096, 256);  // messages, and bytes each; a full one makes its sender wait
  ready();
  std::string text;
  while (c.records < o.records) {
    text.clear();
    if (queue.receive(text) != ipc::reliable_message_queue::succeeded) break;
    c.last_ns = now_ns();
    ++c.records;
    c.bytes += static_cast<std::int64_t>(text.size());
  }
  ipc::reliable_message_queue::remove(name);
}

// Receives as fast as the system can, and formats the line that slotcat prints, without anything in between.
void format_frames(const receiver_options& o, counts& c) {
  const int fd = bound_udp(o, true);
  const int file = ::open(o.file.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  if (file < 0) throw std::runtime_error("open " + o.file);
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  const std::string_view host_name = host;
  const int process = ::getpid();
  std::time_t second = -1;
  std::tm at{};
  std::string out;
  out.reserve(256 * 1024);
  const auto flush = [&] {
    if (::write(file, out.data(), out.size()) < 0) throw std::runtime_error("write");
    out.clear();
  };
  const auto print = [&](std::int64_t time, std::string_view text) {
    if (time / 1'000'000'000 != second) {
      second = time / 1'000'000'000;
      ::localtime_r(&second, &at);
    }
    fmt::format_to(std::back_inserter(out), "{:02}:{:02}:{:02}.{:03} {:<5} {}/{}[{}] {:<8}  {}\n", at.tm_hour, at.tm_min, at.tm_sec,
                   time / 1'000'000 % 1000, "INFO", host_name, "bench_sender", process, "net.http", text);
    ++c.records;
    if (out.size() >= 64 * 1024) flush();
  };
  std::vector<char> buffer(65536);
  ready();
  while (c.records < o.records) {
    ::iovec memory{buffer.data(), buffer.size()};
    alignas(::cmsghdr) char control[64];
    ::msghdr m{};
    m.msg_iov = &memory;
    m.msg_iovlen = 1;
    m.msg_control = control;
    m.msg_controllen = sizeof control;
    const auto n = ::recvmsg(fd, &m, 0);
    if (n < 0) {
      flush();
      if (!wait_for(fd, o, c.records != 0)) break;
      continue;
    }
    std::size_t each = static_cast<std::size_t>(n);
    for (auto* h = CMSG_FIRSTHDR(&m); h != nullptr; h = CMSG_NXTHDR(&m, h)) {
      int size = 0;
      std::memcpy(&size, CMSG_DATA(h), sizeof size);
      each = static_cast<std::size_t>(size);
    }
    for (std::size_t from = 0; from < static_cast<std::size_t>(n); from += each) {
      for_each_frame(buffer.data() + from, std::min(each, static_cast<std::size_t>(n) - from), print);
    }
    c.last_ns = now_ns();
    c.bytes += n;
    ++c.datagrams;
  }
  flush();
  ::close(file);
}

// What is remembered, from the asking to the last record.
void count_history(const receiver_options& o, counts& c) {
  const auto start = now_ns();
  mailslog::history_request all;
  all.last = mailslog::all_of_history;
  mailslog::record_reader reader(o.target, all);
  while (reader.in_history() && reader.next(std::chrono::nanoseconds(0)) != nullptr) ++c.records;
  c.missing = static_cast<std::int64_t>(reader.stats().missing);
  c.last_ns = now_ns() - start;
}

void count_records(const receiver_options& o, counts& c) {
  mailslog::record_reader reader(o.target);
  ready();
  const std::chrono::milliseconds idle(o.idle_ms);
  while (c.records < o.records) {
    const auto* record = reader.next(c.records == 0 ? std::chrono::seconds(30) : idle);
    if (record == nullptr) break;
    ++c.records;
    c.bytes += static_cast<std::int64_t>(record->text.size());
    if (c.records % 256 == 0 || c.records == o.records || reader.idle()) c.last_ns = now_ns();
  }
  const auto stats = reader.stats();
  c.datagrams = static_cast<std::int64_t>(stats.datagrams);
  c.missing = static_cast<std::int64_t>(stats.missing + stats.dropped_by_sender());
  c.kernel_drops = static_cast<std::int64_t>(stats.dropped_by_kernel);
}

counts receive(const receiver_options& o) {
  counts c;
  if (o.kind == "history") count_history(o, c);
  else if (o.kind == "udp") count_datagrams(bound_udp(o, false), o, false, c);
  else if (o.kind == "gro") count_datagrams(bound_udp(o, true), o, true, c);
  else if (o.kind == "unix") count_datagrams(bound_unix(o), o, true, c);
  else if (o.kind == "tcp") count_tcp_lines(o, c);
  else if (o.kind == "queue") count_queue(o, c);
  else if (o.kind == "gro-format") format_frames(o, c);
  else if (o.kind == "reader") count_records(o, c);
  else throw std::invalid_argument("unknown kind: " + o.kind);
  return c;
}

}  // namespace

int main(int argc, char** argv) try {
  receiver_options o;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name.substr(0, 2) != "--") {
      o.kind = name;
      continue;
    }
    const char* value = i + 1 < argc ? argv[++i] : "";
    if (name == "--target") o.target = value;
    else if (name == "--file") o.file = value;
    else if (name == "--records") o.records = std::atoll(value);
    else if (name == "--size") o.size = std::strtoull(value, nullptr, 10);
    else if (name == "--rcvbuf") o.rcvbuf = std::atoi(value);
    else if (name == "--idle") o.idle_ms = std::atoi(value);
    else throw std::invalid_argument("unknown option: " + std::string(name));
  }
  const auto c = receive(o);
  report({{"records", c.records},
          {"bytes", c.bytes},
          {"datagrams", c.datagrams},
          {"missing", c.missing},
          {"kernel_drops", c.kernel_drops},
          {"cpu_ns", cpu_ns(RUSAGE_SELF) - cpu_before},
          {"last_ns", c.last_ns}});
} catch (const std::exception& e) {
  std::cerr << "bench_receiver: " << e.what() << '\n';
  return 2;
}
