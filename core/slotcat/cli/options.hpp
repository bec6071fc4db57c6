// What the user asked for: command line over environment over configuration file.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <mailslog/address.hpp>
#include <mailslog/history.hpp>
#include <mailslog/record.hpp>

#include "format/colour.hpp"
#include "read/filter.hpp"
#include "format/formatter.hpp"

namespace slotcat {

using duration = std::chrono::nanoseconds;

struct read_options {
  std::vector<mailslog::address> addresses;

  filter shown;
  format_options format;  ///< `colour` and `today` are set when the output is known
  colour::mode colour = colour::mode::automatic;
  bool hide_gaps = false;

  std::vector<std::string> count_by;  ///< counts by these fields are shown instead of records; none: records
  std::optional<duration> every;      ///< so often, besides at the end

  std::uint64_t count = 0;  ///< 0: no limit
  std::optional<duration> timeout;
  std::optional<duration> idle;
  regexes until_match;
  regexes fail_match;
  bool fail_on_loss = false;
  bool fail_on_crash = false;

  mailslog::history_request past;
  bool end = false;          ///< leave when all that is remembered has been shown
  std::string cursor_file;   ///< empty: none

  bool order_by_time = false;
  duration wait{100'000'000};
  std::size_t max_memory = 0;  ///< of what `order_by_time` holds back, in bytes

  bool quiet = false;                 ///< no words to a user at a terminal
  std::optional<int> ready_descriptor;
  std::string ready_file;             ///< empty: none

  bool stats = false;
  std::optional<duration> stats_every;

  std::string write_file;  ///< empty: none
  std::size_t max_size = std::size_t{100} * 1024 * 1024;
  std::size_t max_files = 5;
  form write_form = form::brief_iso;
  bool stop_on_write_error = false;
};

struct send_options {
  std::optional<mailslog::address> address;
  mailslog::level level = mailslog::level::info;
  std::string logger;
  mailslog::level error_level = mailslog::level::warning;  ///< of what `command` writes to its standard error
  bool detect_level = false;        ///< from the texts
  std::vector<std::pair<std::string, std::string>> fields;
  bool json = false;                ///< the input is slotcat's own JSON
  bool tee = false;                 ///< pass the input on
  std::vector<std::string> command; ///< post its outputs
  bool plain = false;               ///< messages of bytes instead of records, for programs that know nothing of these
  std::optional<std::string> text;  ///< nothing: the lines of standard input
};

/// Text to print on standard output instead of doing anything: help, version, a completion script.
struct print_only {
  std::string text;
};

/// Reads the arguments (without the program's name) of `slotcat`, the variables SLOTCAT_... and the configuration file.
/// Throws `usage_error`, and `mailslog::address_error` for addresses.
std::variant<read_options, print_only> parse_read_options(const std::vector<std::string>& arguments);

/// The same for `slotcat send`; `arguments` begin after "send".
std::variant<send_options, print_only> parse_send_options(const std::vector<std::string>& arguments);

}  // namespace slotcat
