// `-o template`: lines as the user wants them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "format/fields.hpp"

namespace slotcat {

/// Text with names of fields in braces: "{time} {level:5} {app} {text} {path}". A number after a colon pads to so many cells; `{{` and
/// `}}` are braces.
class line_template {
 public:
  line_template() = default;
  /// Throws `usage_error`, which quotes what is wrong.
  explicit line_template(std::string_view text);

  struct piece {
    std::string before;  ///< text
    bool ends = false;   ///< no field follows
    field_name name;
    std::size_t width = 0;
  };
  const std::vector<piece>& pieces() const noexcept { return pieces_; }

 private:
  std::vector<piece> pieces_;
};

}  // namespace slotcat
