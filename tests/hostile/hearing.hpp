// A reader in the test's own process that remembers what it was told.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include <mailslog/record_reader.hpp>

#include "hosts.hpp"
#include "support/wait_until.hpp"

namespace mailslog::test {

class hearing {
 public:
  explicit hearing(const std::string& address) : reader_(address) {}

  /// Hears what comes, until `text` has come; false if it does not.
  bool hears(const std::string& text, std::chrono::nanoseconds limit = deadline) {
    return wait_until(
        [&] {
          take();
          return heard_.count(text) != 0;
        },
        limit);
  }

  void take() {
    while (const auto* e = reader_.next_event(std::chrono::milliseconds(1))) {
      if (const auto* r = std::get_if<received_record>(e)) ++heard_[std::string(r->text)];
    }
  }

  /// How often each text has come.
  const std::map<std::string, int>& heard() const { return heard_; }
  std::size_t heard_of(const std::string& text, int count) const {
    std::size_t n = 0;
    for (int i = 0; i < count; ++i) n += heard_.count(text + ' ' + std::to_string(i));
    return n;
  }
  reader_stats stats() const { return reader_.stats(); }

 private:
  record_reader reader_;
  std::map<std::string, int> heard_;
};

/// Do records flow now? Logs until one is heard.
template <class Hears>
bool flow(host& from, Hears hears) {
  static int probe = 0;
  return wait_until([&] {
    const auto text = "do you hear me? " + std::to_string(probe++) + ';';
    from.log(text);
    return hears(text);
  });
}

inline bool flow(host& from, hearing& to) {
  return flow(from, [&to](const std::string& text) { return to.hears(text, std::chrono::milliseconds(100)); });
}

}  // namespace mailslog::test
