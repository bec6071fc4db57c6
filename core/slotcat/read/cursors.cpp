#include "read/cursors.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace slotcat {
namespace {

bool read_number(std::string_view text, int base, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

// To open a pipe would wait for its other end; a device would be replaced.
bool other_than_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto found = std::filesystem::status(path, error);
  return std::filesystem::exists(found) && !std::filesystem::is_regular_file(found);
}

}  // namespace

cursors cursors::load(const std::string& file) {
  cursors all;
  const auto path = std::filesystem::u8path(file);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    if (error) throw std::runtime_error(fmt::format("cannot read \"{}\": {}", file, error.message()));
    if (path.has_parent_path() && !std::filesystem::is_directory(path.parent_path(), error)) {
      throw std::runtime_error(fmt::format("cannot write \"{}\": there is no folder \"{}\"", file, path.parent_path().u8string()));
    }
    return all;
  }
  if (other_than_file(path)) throw std::runtime_error(fmt::format("cannot write \"{}\": it is no file that could be replaced", file));
  std::ifstream in(path);
  if (!in) throw std::runtime_error(fmt::format("cannot read \"{}\": {}", file, std::generic_category().message(errno)));
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const auto space = line.find(' ');
    const auto plus = std::min(line.find('+'), line.size());
    std::uint64_t sender = 0;
    place next;
    const auto part = [&line](std::size_t from, std::size_t to) { return std::string_view(line).substr(from, to - from); };
    if (space != 16 || plus < 17 || !read_number(part(0, 16), 16, sender) || !read_number(part(17, plus), 10, next.number) ||
        (plus != line.size() && !read_number(part(plus + 1, line.size()), 10, next.kept_back))) {
      throw std::runtime_error(fmt::format("{}:{}: this is no file of --cursor-file; it is left alone", file, number));
    }
    all.next_[sender] = next;
  }
  return all;
}

void cursors::forget_others() {
  // A run may ask for a part of what is remembered only, or for another slot.
  constexpr std::size_t most_unseen = 4096;
  if (next_.size() <= most_unseen) return;
  for (auto at = next_.begin(); at != next_.end();) at = at->second.seen ? std::next(at) : next_.erase(at);
}

void cursors::save(const std::string& file) const {
  const auto temporary = file + ".new";
  if (other_than_file(std::filesystem::u8path(temporary))) throw std::runtime_error(fmt::format("cannot write \"{}\": it is no regular file", temporary));
  {
    std::ofstream out(std::filesystem::u8path(temporary), std::ios::trunc);
    for (const auto& [sender, next] : next_) {
      out << fmt::format("{:016x} {}", sender, next.number);
      if (next.kept_back != 0) out << '+' << next.kept_back;
      out << '\n';
    }
    if (!out.flush()) throw std::runtime_error(fmt::format("cannot write \"{}\": {}", temporary, std::generic_category().message(errno)));
  }
  std::error_code error;
  std::filesystem::rename(std::filesystem::u8path(temporary), std::filesystem::u8path(file), error);
  if (error) throw std::runtime_error(fmt::format("cannot write \"{}\": {}", file, error.message()));
}

}  // namespace slotcat
