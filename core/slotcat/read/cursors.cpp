#include "read/cursors.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
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

}  // namespace

cursors cursors::load(const std::string& file) {
  cursors all;
  const auto path = std::filesystem::u8path(file);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    if (error) throw std::runtime_error(fmt::format("cannot read \"{}\": {}", file, error.message()));
    return all;
  }
  std::ifstream in(path);
  if (!in) throw std::runtime_error(fmt::format("cannot read \"{}\"", file));
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const auto space = line.find(' ');
    std::uint64_t sender = 0;
    std::uint64_t next = 0;
    if (space != 16 || !read_number(std::string_view(line).substr(0, 16), 16, sender) || !read_number(std::string_view(line).substr(17), 10, next)) {
      throw std::runtime_error(fmt::format("{}:{}: this is no file of --cursor-file; it is left alone", file, number));
    }
    all.next_[sender] = next;
  }
  return all;
}

void cursors::save(const std::string& file) const {
  const auto temporary = file + ".new";
  {
    std::ofstream out(std::filesystem::u8path(temporary), std::ios::trunc);
    for (const auto& [sender, next] : next_) out << fmt::format("{:016x} {}\n", sender, next);
    if (!out.flush()) throw std::runtime_error(fmt::format("cannot write \"{}\"", temporary));
  }
  std::error_code error;
  std::filesystem::rename(std::filesystem::u8path(temporary), std::filesystem::u8path(file), error);
  if (error) throw std::runtime_error(fmt::format("cannot write \"{}\": {}", file, error.message()));
}

}  // namespace slotcat
