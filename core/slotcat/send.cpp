#include "send.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>

#include <fmt/format.h>
#include <mailslog/record_writer.hpp>

#include "input.hpp"
#include "stop.hpp"
#include "values.hpp"

namespace slotcat {
namespace {

template <class Number>
bool reads_as(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && fmt::format("{}", value) == text;
}

// Until its end, or until the user has enough.
void each_line_of_input(const stop_signals& signals, line_splitter& lines) {
  std::array<char, 64 * 1024> block;
  while (const auto size = read_input(signals, block.data(), block.size())) lines.add({block.data(), size});
  lines.end();
}

}  // namespace

mailslog::attribute_value typed_value(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  if (std::int64_t number = 0; reads_as(text, number)) return number;
  if (std::uint64_t number = 0; reads_as(text, number)) return number;
  if (double number = 0; to_number(text, number) && fmt::format("{}", number) == text) return number;
  return text;
}

void line_splitter::add(std::string_view bytes) {
  while (!bytes.empty()) {
    if (begun_.size() == max_line_ && bytes.front() != '\n') end();
    const auto newline = bytes.find('\n');
    const auto piece = bytes.substr(0, std::min(newline, max_line_ - begun_.size()));
    bytes.remove_prefix(piece.size());
    if (piece.size() != newline) {
      begun_ += piece;
      continue;
    }
    bytes.remove_prefix(1);
    if (begun_.empty()) {
      on_line_(piece);
    } else {
      begun_ += piece;
      end();
    }
  }
}

void line_splitter::end() {
  if (!begun_.empty()) on_line_(begun_);
  begun_.clear();
}

exit_code send(const send_options& options) {
  stop_signals signals;
  signals.unblock();

  mailslog::record record;
  record.level = options.level;
  record.logger = options.logger;
  std::size_t overhead = 1024 + options.logger.size();
  for (const auto& [key, value] : options.fields) {
    record.attributes.push_back({key, typed_value(value)});
    overhead += 64 + key.size() + value.size();
  }

  mailslog::writer_stats stats;
  std::uint64_t posted = 0;
  {
    mailslog::record_writer writer(*options.address);
    const auto post = [&](std::string_view text) {
      record.time = std::chrono::system_clock::now();
      record.text = text;
      writer.write(record);
      ++posted;
    };
    if (options.text) {
      post(*options.text);
    } else {
      line_splitter lines(mailslog::max_record_size - std::min(overhead, mailslog::max_record_size / 2), post);
      each_line_of_input(signals, lines);
    }
    writer.flush(options.address->options().linger);
    stats = writer.stats();
  }
  if (stats.dropped() != 0) {
    fmt::print(stderr, "slotcat: {} of {} records were not sent to \"{}\"{}{}\n", stats.dropped(), posted,
               options.address->text(), stats.last_error ? ": " : "", stats.last_error ? stats.last_error.message() : "");
    return exit_code::lost;
  }
  if (stats.last_error == mailslog::errc::fell_back_to_udp) fmt::print(stderr, "slotcat: {}\n", stats.last_error.message());
  switch (signals.caught()) {
    case stop_reason::interrupted: return exit_code::interrupted;
    case stop_reason::terminated: return exit_code::terminated;
    case stop_reason::none: break;
  }
  return exit_code::ended;
}

}  // namespace slotcat
