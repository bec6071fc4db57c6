#include "format/formatter.hpp"

namespace slotcat {

std::unique_ptr<formatter> make_formatter(const format_options& options) {
  switch (options.output) {
    case form::json:
    case form::json_pretty: return make_json_formatter(options);
    case form::by_template: return make_template_formatter(options);
    case form::logfmt: return make_logfmt_formatter(options);
    default: return make_text_formatter(options);
  }
}

}  // namespace slotcat
