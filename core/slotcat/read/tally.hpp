// `--count-by`: how many records there are of each kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "format/fields.hpp"
#include "format/formatter.hpp"

namespace slotcat {

/// Counts records by what some of their fields say, instead of showing them. Remembers a bounded number of kinds: what comes then is
/// counted as "(others)".
class tally final : public formatter {
 public:
  /// `names`: at least one, as the user gave them; see `parse_field`. Throws `usage_error`.
  explicit tally(const std::vector<std::string>& names);

  void record(std::string& out, const mailslog::received_record& record, const source& from, bool late) override;
  void gap(std::string& out, const mailslog::gap& gap, const source& from) override;
  void foreign(std::string& out, const mailslog::foreign_message& message) override;
  void crash(std::string&, const mailslog::ended&, const source&) override {}

  /// A line for each kind, the most frequent first, at most `most` of them, under a line of names. Lines are cut at `width` cells.
  /// Returns the number of lines.
  std::size_t append_table(std::string& out, std::size_t most, std::size_t width) const;

 private:
  struct kind {
    std::vector<std::string> values;  // as they are shown
    std::size_t hash = 0;             // of what was too long to be shown

    bool operator<(const kind& other) const { return hash != other.hash ? hash < other.hash : values < other.values; }
  };
  void count(const mailslog::received_record& record, const source& from);

  std::vector<std::string> names_;
  std::vector<field_name> fields_;
  std::map<kind, std::uint64_t> counts_;
  std::uint64_t others_ = 0;
  kind scratch_;
};

}  // namespace slotcat
