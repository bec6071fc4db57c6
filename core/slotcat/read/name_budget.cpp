#include "read/name_budget.hpp"

#include <algorithm>
#include <variant>

#include "format/safe_text.hpp"

namespace slotcat {

const mailslog::received_record& name_budget::fit(const mailslog::received_record& record) {
  std::size_t cost = 0;
  std::size_t own = record.text.size();
  const auto look_at = [&](std::string_view name) {
    if (name.size() > free_size) cost += name.size();
  };
  look_at(record.logger);
  look_at(record.source.file);
  look_at(record.source.function);
  for (const auto& attribute : record.attributes) {
    look_at(attribute.name);
    if (const auto* text = std::get_if<std::string_view>(&attribute.value)) own += text->size();
  }
  constexpr std::size_t earned_by_record = 256;
  constexpr std::size_t earned_by_byte = 16;
  saved_ = std::min(most_saved, saved_ + earned_by_record + earned_by_byte * std::min(own, most_saved));
  if (cost <= saved_) {
    saved_ -= cost;
    return record;
  }
  names_used_ = 0;
  shortened_ = record;
  for (auto* name : {&shortened_.logger, &shortened_.source.file, &shortened_.source.function}) *name = fitting(*name);
  for (auto& attribute : shortened_.attributes) attribute.name = fitting(attribute.name);
  return shortened_;
}

std::string_view name_budget::fitting(std::string_view name) {
  if (name.size() <= free_size) return name;
  if (names_used_ == names_.size()) names_.emplace_back();
  return slotcat::shortened(name, short_size, names_[names_used_++]);
}

}  // namespace slotcat
