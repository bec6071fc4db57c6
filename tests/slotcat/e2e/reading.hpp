// slotcat, running on a slot of its own, and ways to post to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <mailslog/record_writer.hpp>

#include "support/process.hpp"
#include "support/scratch.hpp"

namespace slotcat::test {

using texts = std::vector<std::string>;

/// `slotcat NAME options...` on a local slot; made when the slot is open. Its folder lasts as long as it does.
class reading {
 public:
  explicit reading(texts options, const mailslog::test::process::variables& environment = {}, texts more_addresses = {});

  const std::string& name() const noexcept { return name_; }
  mailslog::test::process& slotcat() noexcept { return slotcat_; }

  /// Posts texts as program "pump", level info.
  void post(const texts& all);
  /// Sees slotcat end by itself; what it printed.
  std::string rest();

 private:
  std::string name_ = mailslog::test::scratch_name();
  mailslog::test::process slotcat_;
};

/// The arguments of a run of slotcat.
texts command(const texts& arguments);

/// Slots that are open in the scratch folder.
std::size_t open_slots();

/// The address for a writer that waits for room.
mailslog::address patient(const std::string& address);

/// A record with this text.
mailslog::record record_of(std::string_view text, mailslog::level level = mailslog::level::info);

/// Writes `records` and waits until they have been sent.
void post(const std::string& address, const std::vector<mailslog::record>& records);

/// A UDP socket on 127.0.0.1 to receive and send datagrams by hand.
class udp_socket {
 public:
  udp_socket();
  ~udp_socket();
  udp_socket(const udp_socket&) = delete;
  udp_socket& operator=(const udp_socket&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  void send(std::string_view datagram, std::uint16_t to) const;
  /// The next datagram; empty if none comes for a while.
  std::string receive() const;

 private:
  int descriptor_;
  std::uint16_t port_;
};

std::string read_file(const std::string& path);

}  // namespace slotcat::test
