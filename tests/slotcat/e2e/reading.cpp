#include "reading.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace slotcat::test {
namespace {

using mailslog::test::program;

mailslog::test::process start(const std::string& name, texts options, const mailslog::test::process::variables& environment,
                              const texts& more_addresses) {
  const auto before = open_slots();
  options.insert(options.begin(), name);
  options.insert(options.end(), more_addresses.begin(), more_addresses.end());
  mailslog::test::process slotcat(command(options), environment);
  const bool open = mailslog::test::wait_until([&] { return open_slots() > before + more_addresses.size() || slotcat.ended(); });
  if (!open || slotcat.ended()) throw std::runtime_error("slotcat did not open its slots: " + slotcat.err());
  return slotcat;
}

}  // namespace

std::size_t open_slots() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::getenv("MAILSLOG_DIR"))) {
    count += entry.is_socket() ? 1 : 0;
  }
  return count;
}

mailslog::address patient(const std::string& address) {
  mailslog::slot_options options;
  options.overflow = mailslog::overflow_policy::block;
  options.block_time = mailslog::test::deadline;
  return mailslog::address(address, options);
}

texts command(const texts& arguments) {
  texts all{program("slotcat")};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

reading::reading(texts options, const mailslog::test::process::variables& environment, texts more_addresses)
    : slotcat_(start(name_, std::move(options), environment, more_addresses)) {}

void reading::post(const texts& all) {
  std::vector<mailslog::record> records;
  for (const auto& text : all) records.push_back(record_of(text));
  test::post(name_ + "?app=pump", records);
}

std::string reading::rest() {
  slotcat_.wait();
  return slotcat_.out();
}

mailslog::record record_of(std::string_view text, mailslog::level level) {
  mailslog::record record;
  record.time = std::chrono::system_clock::now();
  record.level = level;
  record.text = text;
  return record;
}

void post(const std::string& address, const std::vector<mailslog::record>& records) {
  mailslog::record_writer writer(patient(address));
  for (const auto& record : records) writer.write(record);
  if (!writer.flush(mailslog::test::deadline)) throw std::runtime_error("records could not be sent to " + address);
}

udp_socket::udp_socket() : descriptor_(::socket(AF_INET, SOCK_DGRAM, 0)) {
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::socklen_t length = sizeof address;
  if (::bind(descriptor_, reinterpret_cast<::sockaddr*>(&address), length) != 0) throw std::runtime_error("no UDP socket");
  ::getsockname(descriptor_, reinterpret_cast<::sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  const ::timeval limit{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

udp_socket::~udp_socket() { ::close(descriptor_); }

void udp_socket::send(std::string_view datagram, std::uint16_t to) const {
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(to);
  ::sendto(descriptor_, datagram.data(), datagram.size(), 0, reinterpret_cast<const ::sockaddr*>(&address), sizeof address);
}

std::string udp_socket::receive() const {
  std::array<char, 65536> buffer;
  const auto size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace slotcat::test
