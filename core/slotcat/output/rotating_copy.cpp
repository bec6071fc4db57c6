#include "output/rotating_copy.hpp"

#include <exception>
#include <filesystem>
#include <new>
#include <utility>

#include <fmt/format.h>

namespace slotcat {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t block_size = 64 * 1024;

// "x.1.log" for "x.log"; itself for 0.
fs::path set_aside(const std::string& path, std::size_t number) {
  auto name = fs::u8path(path);
  if (number == 0) return name;
  const auto extension = name.extension();
  name.replace_extension();
  name += '.' + std::to_string(number);
  return name += extension;
}

}  // namespace

rotating_copy::rotating_copy(std::string path, const limits& bounds, std::function<void(std::string_view)> tell)
    : path_(std::move(path)), bounds_(bounds), tell_(std::move(tell)), file_(path_), size_(file_.size()) {}

rotating_copy::~rotating_copy() {
  if (stopped_) return;
  bounds_.stop_on_error = false;
  try {
    flush();
  } catch (const std::exception&) {  // no memory for the words
  }
}

std::string& rotating_copy::begin() {
  start_ = text_.size();
  spilled_ = false;
  return text_;
}

void rotating_copy::spill() {
  put(text_, records_);
  text_.clear();
  records_ = 0;
  start_ = 0;
  spilled_ = true;
}

bool rotating_copy::written() {
  const bool first = size_ + start_ == 0;
  if (!spilled_ && !first && too_large() && size_ + text_.size() >= next_rotation_) {
    put(std::string_view(text_).substr(0, start_), records_);
    text_.erase(0, start_);
    start_ = 0;
    records_ = 0;
    if (rotate()) {
      text_.clear();
      return false;
    }
    next_rotation_ = size_ + bounds_.max_size;
  }
  ++records_;
  if (text_.size() >= block_size) flush();
  return true;
}

void rotating_copy::take_back() noexcept {
  if (start_ < text_.size()) text_.resize(start_);
  if (spilled_) text_ += '\n';
}

void rotating_copy::flush() {
  put(text_, records_);
  text_.clear();
  records_ = 0;
}

template <class Words>
void rotating_copy::tell(Words words) {
  try {
    tell_(words());
  } catch (const std::bad_alloc&) {
    tell_("there was trouble with the copy, and is no memory to say which");
  }
}

void rotating_copy::put(std::string_view lines, std::uint64_t records) {
  if (lines.empty()) return;
  std::size_t taken = 0;
  auto error = std::error_code();
  if (cut_) {
    error = file_.append("\n", taken);
    cut_ = taken == 0;
    taken = 0;
  }
  if (!error) error = file_.append(lines, taken);
  if (error) {
    // Whole lines only.
    const auto newline = taken == 0 ? std::string_view::npos : lines.rfind('\n', taken - 1);
    const auto whole = newline == std::string_view::npos ? 0 : newline + 1;
    if (whole != taken) file_.regular() ? file_.truncate(size_ + whole) : void(cut_ = true);
    size_ += whole;
    return lose(records, error);
  }
  size_ += taken;
  if (const auto lost = std::exchange(lost_, 0); lost != 0) {
    tell([&] { return fmt::format("writing to \"{}\" again; {} {} missing from it", path_, lost, lost == 1 ? "record is" : "records are"); });
  }
}

void rotating_copy::lose(std::uint64_t records, std::error_code why) {
  stopped_ = bounds_.stop_on_error;
  if (stopped_) throw std::system_error(why, fmt::format("cannot write to \"{}\"", path_));
  if (lost_ == 0) tell([&] { return fmt::format("cannot write to \"{}\": {}; the copy goes on when that has passed", path_, why.message()); });
  lost_ += records == 0 ? 1 : records;
}

// False if the system refuses it; the file is as it was then.
bool rotating_copy::rotate() {
  if (!file_.regular()) return false;
  if (bounds_.max_files == 1) {
    file_.truncate(0);
    size_ = file_.size();
    return size_ == 0;
  }
  // Up to the first free number: what is behind it need not move.
  std::error_code error;
  std::size_t last = 1;
  while (last < bounds_.max_files - 1 && fs::exists(set_aside(path_, last), error)) ++last;
  for (auto i = last; i > 1 && !error; --i) fs::rename(set_aside(path_, i - 1), set_aside(path_, i), error);
  if (!error) fs::rename(set_aside(path_, 0), set_aside(path_, 1), error);
  if (error) {
    if (next_rotation_ == 0) {
      tell([&] { return fmt::format("\"{}\" grows beyond --max-size: it cannot be renamed: {}", path_, error.message()); });
    }
    return false;
  }
  try {
    file_ = log_file(path_);
  } catch (const std::exception& e) {
    tell_(e.what());
    fs::rename(set_aside(path_, 1), set_aside(path_, 0), error);  // and goes on with what is still open
    return false;
  }
  size_ = file_.size();
  next_rotation_ = 0;
  return true;
}

}  // namespace slotcat
