// slotcat, running on a slot of its own, and ways to post to it.
#pragma once

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

/// The address for a writer that waits for room.
mailslog::address patient(const std::string& address);

/// A record with this text.
mailslog::record record_of(std::string_view text, mailslog::level level = mailslog::level::info);

/// Writes `records` and waits until they have been sent.
void post(const std::string& address, const std::vector<mailslog::record>& records);

std::string read_file(const std::string& path);

}  // namespace slotcat::test
