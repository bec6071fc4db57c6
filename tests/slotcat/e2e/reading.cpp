#include "reading.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "support/system.hpp"

namespace slotcat::test {
namespace {

using mailslog::test::program;

mailslog::test::process start(const std::string& name, texts options, const mailslog::test::process::variables& environment,
                              const texts& more_addresses) {
  auto names = more_addresses;
  names.push_back(name);
  options.insert(options.begin(), name);
  options.insert(options.end(), more_addresses.begin(), more_addresses.end());
  mailslog::test::process slotcat(command(options), environment);
  const bool open = mailslog::test::wait_until([&] {
    return slotcat.ended() || std::all_of(names.begin(), names.end(), mailslog::test::is_read);
  });
  if (!open || slotcat.ended()) throw std::runtime_error("slotcat did not open its slots: " + slotcat.err());
  return slotcat;
}

}  // namespace

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

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(std::filesystem::u8path(path), std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace slotcat::test
