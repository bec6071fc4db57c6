// `slotcat send`: posts records, or messages as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <mailslog/record.hpp>

#include "cli/exit_code.hpp"
#include "cli/options.hpp"
#include "format/utf16.hpp"

namespace slotcat {

exit_code send(const send_options& options);

/// Typed as the text reads: whole and decimal numbers that would be written back the same, true, false, otherwise text. The
/// result points into `text`.
mailslog::attribute_value typed_value(std::string_view text);

/// Cuts a stream of bytes into lines, without their ends, LF or CR LF. A line longer than `max_line` is cut. A stream that begins with a
/// byte order mark of UTF-16, as PowerShell writes, is taken as UTF-16, and its lines are UTF-8.
class line_splitter {
 public:
  line_splitter(std::size_t max_line, std::function<void(std::string_view)> on_line)
      : max_line_(max_line), on_line_(std::move(on_line)) {}

  void add(std::string_view bytes);
  /// The last line may lack its newline.
  void end();
  /// How many times a line was cut.
  std::uint64_t cut() const noexcept { return cut_; }

 private:
  void split(std::string_view bytes);
  void give(std::string_view line);
  static std::string_view without_return(std::string_view line);

  std::size_t max_line_;
  std::function<void(std::string_view)> on_line_;
  std::string begun_;
  std::uint64_t cut_ = 0;
  bool first_ = true;
  std::string mark_;  // what may be the beginning of a byte order mark
  bool has_begun_ = false;
  std::optional<utf16_decoder> decoder_;
  std::string decoded_;
};

}  // namespace slotcat
