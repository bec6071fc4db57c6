#include "output/rotating_copy.hpp"

#include <spdlog/details/log_msg.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>

namespace slotcat {
namespace {

// The lines are finished already.
class as_is final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    out.append(message.payload.begin(), message.payload.end());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<as_is>(); }
};

}  // namespace

struct rotating_copy::impl {
  spdlog::sinks::rotating_file_sink_st file;
};

rotating_copy::rotating_copy(const std::string& file, std::size_t max_size, std::size_t max_files)
    : impl_(new impl{{file, max_size, max_files - 1}}) {
  impl_->file.set_formatter(std::make_unique<as_is>());
}

rotating_copy::~rotating_copy() = default;

void rotating_copy::write(std::string_view lines) {
  impl_->file.log({{}, {}, {}, spdlog::level::info, spdlog::string_view_t(lines.data(), lines.size())});
}

void rotating_copy::flush() { impl_->file.flush(); }

}  // namespace slotcat
