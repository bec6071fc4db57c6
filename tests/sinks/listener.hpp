// A local slot of the test's own, with a reader on it.
//
//   listener slot;
//   spdlog::logger log("name", std::make_shared<slot_sink_mt>(slot.address()));
//   log.info("hello");
//   CHECK(slot.next().text == "hello");
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <mailslog/record_reader.hpp>

#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "support/wait_until.hpp"

namespace mailslog::test {

class listener {
 public:
  /// For a writer that keeps what it has until it is told to send it, and drops nothing.
  std::string address() const { return name_ + "?overflow=block&block_time=1min"; }
  std::string patient_address() const { return address() + "&max_delay=10min&flush_level=critical"; }

  /// The next record, valid until the next call.
  const received_record& next() {
    const auto* record = reader_.next(deadline);
    if (record == nullptr) FAIL("no record came");
    return *record;
  }

  std::string next_text() { return std::string(next().text); }

  std::vector<std::string> texts(std::size_t count) {
    std::vector<std::string> all;
    while (all.size() < count) all.push_back(next_text());
    return all;
  }

  /// Takes `count` records; for a thread of its own. False if one does not come.
  bool skip(int count) {
    for (int i = 0; i < count; ++i) {
      if (reader_.next(deadline) == nullptr) return false;
    }
    return true;
  }

  /// The texts of what the slot's writers remember on this machine.
  std::vector<std::string> remembered() const {
    history_request all;
    all.last = all_of_history;
    record_reader reader(name_, all);
    std::vector<std::string> texts;
    while (const auto* record = reader.next(std::chrono::nanoseconds(0))) texts.emplace_back(record->text);
    return texts;
  }

  reader_stats stats() const { return reader_.stats(); }

 private:
  scratch_folder folder_;
  std::string name_ = scratch_name();
  record_reader reader_{name_};
};

/// The value of the attribute of that name. Fails if there is not exactly one.
inline attribute_value value_of(const record& record, std::string_view name) {
  std::vector<attribute_value> found;
  for (const auto& attribute : record.attributes) {
    if (attribute.name == name) found.push_back(attribute.value);
  }
  INFO(name);
  REQUIRE(found.size() == 1);
  return found.front();
}

inline std::vector<std::string> attribute_names(const record& record) {
  std::vector<std::string> names;
  for (const auto& attribute : record.attributes) names.emplace_back(attribute.name);
  return names;
}

}  // namespace mailslog::test
