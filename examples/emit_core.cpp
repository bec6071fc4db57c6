// emit --via core: no logging library.
#include "poster.hpp"

namespace {

class core_poster final : public poster {
 public:
  explicit core_poster(const std::string& where) : writer_(where) {}

  void post(const std::string& text) override {
    mailslog::record record;
    record.time = std::chrono::system_clock::now();
    record.logger = "emit";
    record.text = text;
    writer_.write(record);
  }
  void flush(std::chrono::nanoseconds timeout) override { writer_.flush(timeout); }
  mailslog::writer_stats stats() const override { return writer_.stats(); }

 private:
  mailslog::record_writer writer_;
};

}  // namespace

std::unique_ptr<poster> post_via_core(const std::string& where) { return std::make_unique<core_poster>(where); }
