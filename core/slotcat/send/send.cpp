#include "send/send.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <mailslog/record_writer.hpp>
#include <mailslog/slot.hpp>

#include "os/input.hpp"
#include "os/stop.hpp"
#include "cli/values.hpp"

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

namespace {

// What became of what was posted.
struct outcome {
  std::uint64_t posted = 0;
  std::uint64_t failed = 0;
  std::error_code error;
  std::string advice = {};
};

using poster = std::function<void(std::string_view text)>;

void post_all(const send_options& options, const stop_signals& signals, std::size_t longest_line, const poster& post) {
  if (options.text) {
    post(*options.text);
  } else {
    line_splitter lines(longest_line, post);
    each_line_of_input(signals, lines);
  }
}

outcome post_records(const send_options& options, const stop_signals& signals) {
  mailslog::record record;
  record.level = options.level;
  record.logger = options.logger;
  std::size_t overhead = 1024 + options.logger.size();
  for (const auto& [key, value] : options.fields) {
    record.attributes.push_back({key, typed_value(value)});
    overhead += 64 + key.size() + value.size();
  }

  outcome result;
  mailslog::record_writer writer(*options.address);
  post_all(options, signals, mailslog::max_record_size - std::min(overhead, mailslog::max_record_size / 2), [&](std::string_view text) {
    record.time = std::chrono::system_clock::now();
    record.text = text;
    writer.write(record);
    ++result.posted;
  });
  writer.flush(options.address->options().linger);
  const auto stats = writer.stats();
  result.failed = stats.dropped();
  result.error = stats.last_error;
  return result;
}

outcome post_messages(const send_options& options, const stop_signals& signals) {
  outcome result;
  mailslog::slot_writer writer(*options.address);
  // Nobody waits for the answer when the program has ended.
  const auto found_by = std::chrono::steady_clock::now() + options.address->options().linger;
  post_all(options, signals, mailslog::max_record_size, [&](std::string_view text) {
    auto error = writer.put(text);
    while (error == mailslog::errc::not_resolved && std::chrono::steady_clock::now() < found_by) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      error = writer.put(text);
    }
    ++result.posted;
    if (!error) return;
    result.error = error;
    if (error == mailslog::errc::fell_back_to_udp) return;
    ++result.failed;
    if (error == mailslog::errc::message_too_large) result.advice = fmt::format(", it takes {} bytes at most", writer.max_message_size());
  });
  return result;
}

}  // namespace

exit_code send(const send_options& options) {
  stop_signals signals;
  signals.unblock();
  const auto result = options.plain ? post_messages(options, signals) : post_records(options, signals);
  if (result.failed != 0) {
    fmt::print(stderr, "slotcat: {} of {} {} were not sent to \"{}\"{}{}{}\n", result.failed, result.posted,
               options.plain ? "messages" : "records", options.address->text(), result.error ? ": " : "",
               result.error ? result.error.message() : "", result.advice);
    return exit_code::lost;
  }
  if (result.error == mailslog::errc::fell_back_to_udp) fmt::print(stderr, "slotcat: {}\n", result.error.message());
  switch (signals.caught()) {
    case stop_reason::interrupted: return exit_code::interrupted;
    case stop_reason::terminated: return exit_code::terminated;
    case stop_reason::none: break;
  }
  return exit_code::ended;
}

}  // namespace slotcat
