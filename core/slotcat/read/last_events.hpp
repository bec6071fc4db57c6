// The last of many events, kept until it is known that they are.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include <mailslog/event.hpp>

namespace slotcat {

/// Copies what it keeps: so many records, and what came after the first of them.
class last_events {
 public:
  explicit last_events(std::size_t most) : most_(most) {}

  void push(const mailslog::received_record& record) {
    kept_.push_back(std::make_unique<kept>(record));
    for (++records_; records_ > most_ || !is_record(*kept_.front()); kept_.pop_front()) {
      if (is_record(*kept_.front())) --records_;
    }
  }
  void push(const mailslog::ended& end) { kept_.push_back(std::make_unique<kept>(end)); }

  /// Calls `use` with each, the oldest first, and keeps none.
  template <class Use>
  void give(Use use) {
    for (; !kept_.empty(); kept_.pop_front()) use(kept_.front()->what);
  }

 private:
  struct kept {
    explicit kept(const mailslog::ended& e) : what(e), from(*e.from) { std::get<mailslog::ended>(what).from = &from; }
    explicit kept(const mailslog::received_record& r) : what(r), from(*r.from) {
      std::size_t size = 0;
      each([&](std::string_view& text) { size += text.size(); });
      memory.reserve(size);
      each([this](std::string_view& text) {
        const auto at = memory.size();
        memory += text;
        text = std::string_view(memory).substr(at);
      });
      std::get<mailslog::received_record>(what).from = &from;
    }
    template <class Use>
    void each(Use use) {
      auto& record = std::get<mailslog::received_record>(what);
      for (auto* text : {&record.logger, &record.text, &record.source.file, &record.source.function}) use(*text);
      for (auto& a : record.attributes) {
        use(a.name);
        if (auto* text = std::get_if<std::string_view>(&a.value)) use(*text);
      }
    }

    mailslog::event what;
    mailslog::sender_info from;
    std::string memory;
  };
  static bool is_record(const kept& k) { return std::holds_alternative<mailslog::received_record>(k.what); }

  std::size_t records_ = 0;
  std::size_t most_;
  std::deque<std::unique_ptr<kept>> kept_;
};

}  // namespace slotcat
