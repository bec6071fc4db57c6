#include "send/send.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <mailslog/record_writer.hpp>
#include <mailslog/slot.hpp>

#include "cli/interface_check.hpp"
#include "os/command.hpp"
#include "os/input.hpp"
#include "os/say.hpp"
#include "os/stop.hpp"
#include "cli/values.hpp"
#include "send/json_record.hpp"
#include "send/level_text.hpp"

namespace slotcat {
namespace {

template <class Number>
bool reads_as(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && fmt::format("{}", value) == text;
}

// Until its end, or until the user has enough.
template <class Take>
void each_block_of_input(const stop_signals& signals, Take take) {
  std::array<char, 64 * 1024> block;
  while (const auto size = read_input(signals, block.data(), block.size())) take(std::string_view(block.data(), size));
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
  if (!has_begun_) {
    constexpr std::string_view little = "\xff\xfe", big = "\xfe\xff";
    const auto more = bytes.substr(0, 2 - mark_.size());
    mark_ += more;
    bytes.remove_prefix(more.size());
    if (mark_ == little.substr(0, mark_.size()) || mark_ == big.substr(0, mark_.size())) {
      if (mark_.size() < 2) return;
      decoder_.emplace(mark_ == big);
    } else {
      split(mark_);
    }
    has_begun_ = true;
  }
  if (decoder_) {
    decoded_.clear();
    decoder_->add(bytes, decoded_);
    bytes = decoded_;
  }
  split(bytes);
}

void line_splitter::split(std::string_view bytes) {
  while (!bytes.empty()) {
    if (begun_.size() == max_line_ && bytes.front() != '\n') {
      ++cut_;
      give(std::exchange(begun_, {}));
    }
    const auto newline = bytes.find('\n');
    const auto piece = bytes.substr(0, std::min(newline, max_line_ - begun_.size()));
    bytes.remove_prefix(piece.size());
    if (piece.size() != newline) {
      begun_ += piece;
      continue;
    }
    bytes.remove_prefix(1);
    if (begun_.empty()) {
      give(without_return(piece));
    } else {
      begun_ += piece;
      give(without_return(begun_));
      begun_.clear();
    }
  }
}

void line_splitter::end() {
  if (!has_begun_) split(mark_);
  if (decoder_) {
    decoded_.clear();
    decoder_->end(decoded_);
    split(decoded_);
  }
  const bool only_mark = first_ && begun_ == "\xef\xbb\xbf";  // an empty file from Windows
  if (!begun_.empty() && !only_mark) give(without_return(begun_));
  begun_.clear();
}

void line_splitter::give(std::string_view line) {
  // A file from Windows may begin with a byte order mark.
  if (first_ && line.substr(0, 3) == "\xef\xbb\xbf") line.remove_prefix(3);
  first_ = false;
  on_line_(line);
}

std::string_view line_splitter::without_return(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

namespace {

// What became of what was posted.
// Nothing was lost.
bool is_notice(const std::error_code& e) noexcept {
  return e == mailslog::errc::fell_back_to_udp || e == mailslog::errc::too_many_readers;
}

struct outcome {
  std::uint64_t posted = 0;
  std::uint64_t failed = 0;
  std::uint64_t cut = 0;        // lines that were longer than a record, and became several
  std::uint64_t unreadable = 0; // lines of --json that are no JSON of slotcat's
  std::error_code error;
  std::string advice = {};
};

// Where texts go: what `send` posts them as.
class poster {
 public:
  virtual ~poster() = default;
  virtual std::size_t longest_line() const = 0;
  virtual void post(std::string_view text, mailslog::level level) = 0;
  /// How a command ended.
  virtual void post_end(std::string_view, int) {}
  virtual outcome finish() = 0;
};

class record_poster final : public poster {
 public:
  explicit record_poster(const send_options& options) : options_(options), writer_(*options.address) {
    record_.logger = options.logger;
    overhead_ += options.logger.size();
    for (const auto& [key, value] : options.fields) {
      record_.attributes.push_back({key, typed_value(value)});
      overhead_ += 64 + key.size() + value.size();
    }
  }

  std::size_t longest_line() const override { return mailslog::max_record_size - std::min(overhead_, mailslog::max_record_size / 2); }

  void post(std::string_view text, mailslog::level level) override {
    record_.time = std::chrono::system_clock::now();
    record_.level = level;
    record_.text = text;
    writer_.write(record_);
    ++result_.posted;
  }

  void post_end(std::string_view command, int code) override {
    record_.attributes.push_back({"exit_code", std::int64_t{code}});
    post(fmt::format("{} ended with code {}", command, code), code == 0 ? mailslog::level::info : mailslog::level::error);
  }

  outcome finish() override {
    const bool sent = writer_.flush(options_.address->options().linger);
    const auto stats = writer_.stats();
    result_.failed = stats.dropped();
    result_.error = stats.last_error;
    if (!sent && result_.failed == 0) {
      result_.failed = 1;
      result_.advice = ", at least: nobody took them in time";
    }
    return result_;
  }

 private:
  const send_options& options_;
  mailslog::record_writer writer_;
  mailslog::record record_;
  std::size_t overhead_ = 1024;
  outcome result_;
};

class message_poster final : public poster {
 public:
  explicit message_poster(const send_options& options)
      : writer_(*options.address), found_by_(std::chrono::steady_clock::now() + options.address->options().linger) {}

  std::size_t longest_line() const override { return mailslog::max_record_size; }

  void post(std::string_view text, mailslog::level) override {
    // Nobody waits for the answer when the program has ended.
    auto error = writer_.put(text);
    while (error == mailslog::errc::not_resolved && std::chrono::steady_clock::now() < found_by_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      error = writer_.put(text);
    }
    ++result_.posted;
    if (!error) return;
    result_.error = error;
    if (is_notice(error)) return;
    ++result_.failed;
    if (error == mailslog::errc::message_too_large) result_.advice = fmt::format(", it takes {} bytes at most", writer_.max_message_size());
  }

  outcome finish() override { return result_; }

 private:
  mailslog::slot_writer writer_;
  std::chrono::steady_clock::time_point found_by_;
  outcome result_;
};

// Posts lines again that slotcat wrote as JSON, each by a writer that has its program's name.
class json_poster final : public poster {
 public:
  explicit json_poster(const send_options& options) : options_(options) {}

  std::size_t longest_line() const override { return 8 * mailslog::max_record_size; }  // escapes are longer than what they stand for

  void post(std::string_view line, mailslog::level) override {
    if (line.empty()) return;
    switch (parsed_.read(line)) {
      case json_record::kind::notice: return;
      case json_record::kind::none: ++result_.unreadable; return;
      case json_record::kind::record: break;
    }
    writer_of(parsed_.app()).write(parsed_.record());
    ++result_.posted;
  }

  outcome finish() override {
    for (auto& [app, writer] : writers_) finish(writer);
    return result_;
  }

 private:
  mailslog::record_writer& writer_of(const std::string& app) {
    const auto known = writers_.find(app);
    if (known != writers_.end()) return known->second;
    constexpr std::size_t most = 64;
    if (writers_.size() == most) {
      finish(writers_.begin()->second);
      writers_.erase(writers_.begin());
    }
    auto options = options_.address->options();
    if (!app.empty()) options.app = app;
    const auto& text = options_.address->text();
    return writers_.try_emplace(app, mailslog::address(text.substr(0, text.find('?')), options)).first->second;
  }

  void finish(mailslog::record_writer& writer) {
    const bool sent = writer.flush(options_.address->options().linger);
    const auto stats = writer.stats();
    result_.failed += stats.dropped() + (sent || stats.dropped() != 0 ? 0 : 1);
    if (stats.last_error) result_.error = stats.last_error;
  }

  const send_options& options_;
  json_record parsed_;
  std::map<std::string, mailslog::record_writer> writers_;
  outcome result_;
};

std::unique_ptr<poster> make_poster(const send_options& options) {
  if (options.json) return std::make_unique<json_poster>(options);
  if (options.plain) return std::make_unique<message_poster>(options);
  return std::make_unique<record_poster>(options);
}

// One input, line by line.
class line_feed {
 public:
  line_feed(const send_options& options, poster& to, mailslog::level level, int copy)
      : options_(options), to_(to), level_(level), copy_(copy), lines_(to.longest_line(), [this](std::string_view line) { post(line); }) {}

  void add(std::string_view bytes) {
    if (options_.tee) copy(bytes);
    lines_.add(bytes);
  }
  void end() { lines_.end(); }
  std::uint64_t cut() const noexcept { return lines_.cut(); }
  bool copy_failed() const noexcept { return copy_failed_; }

 private:
  void post(std::string_view line) {
    auto level = level_;
    if (const auto said = options_.plain || options_.json ? std::nullopt : take_level_prefix(line)) {
      level = *said;
    } else if (options_.detect_level) {
      level = detect_level(line).value_or(level);
    }
    to_.post(line, level);
  }

  // Who does not want the copy any more does not end the posting.
  void copy(std::string_view bytes) {
    if (copy_broken_) return;
    auto* const file = copy_ == 1 ? stdout : stderr;
    errno = 0;
    copy_broken_ = std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size() || std::fflush(file) != 0;
    const std::error_code error(errno, std::generic_category());
    if (!copy_broken_ || error == std::errc::broken_pipe) return;
    copy_failed_ = true;
    say(fmt::format("cannot pass on what is read (--tee): {}; it is posted all the same", error.message()));
  }

  const send_options& options_;
  poster& to_;
  mailslog::level level_;
  int copy_;
  bool copy_broken_ = false;
  bool copy_failed_ = false;
  line_splitter lines_;
};

// Its exit code.
int run_command(const send_options& options, const stop_signals& signals, poster& to, std::uint64_t& cut) {
  std::optional<child_command> started;
  try {
    started.emplace(options.command);
  } catch (const std::system_error& e) {
    say(e.what());
    return exit_code::cannot_run;
  }
  auto& child = *started;
  line_feed out(options, to, options.level, 1);
  line_feed error(options, to, options.error_level, 2);
  child.read(signals, [&](stream from, std::string_view bytes) { (from == stream::out ? out : error).add(bytes); });
  out.end();
  error.end();
  cut = out.cut() + error.cut();
  to.post_end(options.command.front(), child.exit_code());
  return child.exit_code();
}

void tell(const send_options& options, const outcome& result) {
  if (result.failed != 0) {
    say(fmt::format("{} of {} {} were not sent to \"{}\"{}{}{}", result.failed, result.posted,
               options.plain ? "messages" : "records", options.address->text(), result.error ? ": " : "",
               result.error ? result.error.message() : "", result.advice));
  } else if (is_notice(result.error)) {
    say(result.error.message());
  }
  if (result.unreadable != 0) say(fmt::format("lines not sent, as they are no JSON of slotcat's: {}", result.unreadable));
  if (result.cut != 0) {
    say(fmt::format("lines longer than a record ({} MiB) were cut, {} times", mailslog::max_record_size >> 20, result.cut));
  }
}

}  // namespace

exit_code send(const send_options& options) {
  check_interface(*options.address, "post to");
  stop_signals signals;
  const auto to = make_poster(options);
  signals.unblock();
  std::uint64_t cut = 0;
  int code = exit_code::ended;
  if (!options.command.empty()) {
    code = run_command(options, signals, *to, cut);
  } else if (options.text) {
    const auto level = options.detect_level ? detect_level(*options.text).value_or(options.level) : options.level;
    to->post(*options.text, level);
  } else {
    line_feed in(options, *to, options.level, 1);
    each_block_of_input(signals, [&](std::string_view bytes) { in.add(bytes); });
    in.end();
    cut = in.cut();
    if (in.copy_failed()) code = exit_code::cannot_open;
  }
  auto result = to->finish();
  result.cut = cut;
  tell(options, result);
  if (!options.command.empty()) return static_cast<exit_code>(code);
  if (result.failed != 0 || result.unreadable != 0) return exit_code::lost;
  switch (signals.caught()) {
    case stop_reason::interrupted: return exit_code::interrupted;
    case stop_reason::terminated: return exit_code::terminated;
    case stop_reason::none: break;
  }
  return static_cast<exit_code>(code);
}

}  // namespace slotcat
