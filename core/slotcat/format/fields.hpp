// The fields of a record by their names: which are shown, and what each says.
#pragma once

#include <bitset>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <mailslog/record_reader.hpp>

#include "format/value_text.hpp"
#include "read/source_table.hpp"

namespace slotcat {

enum class field : std::size_t { time, level, slot, host, app, pid, logger, text, thread, file, line, function, sender, seq, source };
inline constexpr std::size_t field_count = 15;

/// One of a record's own fields, or the name of an attribute.
using field_name = std::variant<field, std::string>;

/// "level" and so on, "message" for the text, "source" for host/app[pid]; any other name is that of an attribute, and "attributes.level" that of one which is
/// called like a field. Throws `usage_error` for an empty name.
field_name parse_field(std::string_view name);

/// What a record says in a field, as it came; nothing where it has none. Of several attributes of a name the first. Not for
/// `field::time`. As it is, or written into `scratch`.
std::string_view text_of(const field_name& which, const mailslog::received_record& record, const source& from, std::string_view slot,
                         value_text& scratch);

/// `--fields`, `--hide`: which fields are shown. Unless the user says: those of the form.
class field_choice {
 public:
  field_choice() = default;

  /// Names as `parse_field` reads them; "source" for host, app and pid, "attributes" for all of these. Throw `usage_error`.
  void show_only(const std::vector<std::string>& names);
  void hide(const std::vector<std::string>& names);

  /// True if the user has not said anything.
  bool by_default() const noexcept { return !only_ && hidden_.none() && hidden_attributes_.empty() && !no_attributes_; }

  /// `usual`: the form shows it unless told otherwise.
  bool shows(field f, bool usual = true) const noexcept {
    const auto at = static_cast<std::size_t>(f);
    return only_ ? wanted_[at] : usual && !hidden_[at];
  }
  bool shows_attribute(std::string_view name) const;

 private:
  struct chosen {
    std::bitset<field_count> fields;
    std::set<std::string, std::less<>> attributes;
    bool all_attributes = false;
  };
  static chosen read(const std::vector<std::string>& names);

  bool only_ = false;
  std::bitset<field_count> wanted_;
  std::set<std::string, std::less<>> wanted_attributes_;
  bool all_attributes_ = false;
  std::bitset<field_count> hidden_;
  std::set<std::string, std::less<>> hidden_attributes_;
  bool no_attributes_ = false;
};

}  // namespace slotcat
