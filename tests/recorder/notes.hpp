// What a program under test notes of its records, in memory that is in a file: it is there however the program ends.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mailslog::test {

constexpr unsigned most_threads = 8;

struct notes {
  /// Of each thread: how many log calls have begun, and how many have returned.
  std::array<std::atomic<std::uint64_t>, most_threads> begun{};
  std::array<std::atomic<std::uint64_t>, most_threads> returned{};
  std::atomic<bool> running{false};
};

inline notes& open_notes(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  void* memory = MAP_FAILED;
  if (fd >= 0 && ::ftruncate(fd, sizeof(notes)) == 0) memory = ::mmap(nullptr, sizeof(notes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("cannot share " + file);
  ::close(fd);
  return *static_cast<notes*>(memory);
}
inline void close_notes(notes& n) { ::munmap(&n, sizeof n); }

/// The text of a thread's record: the same for the same numbers, of any length and of any bytes, or one line of letters.
inline std::string text_of(std::uint64_t seed, unsigned thread, std::uint64_t number, bool plain) {
  auto text = std::to_string(thread) + ' ' + std::to_string(number) + ' ';
  auto state = seed * 0x9e3779b97f4a7c15U + thread * 1'000'003U + number + 1;
  const auto next = [&state] {
    state += 0x9e3779b97f4a7c15U;
    auto z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  };
  auto size = next() % 120;
  if (next() % 64 == 0) size = next() % 5000;
  if (next() % 1024 == 0) size = next() % 100'000;
  const auto begin = text.size();
  text.resize(begin + size);
  for (std::size_t i = 0; i < size; i += sizeof state) {
    const auto bytes = next();
    std::memcpy(&text[begin + i], &bytes, std::min<std::size_t>(sizeof bytes, size - i));
  }
  if (plain) {
    for (auto i = begin; i < text.size(); ++i) text[i] = static_cast<char>('a' + static_cast<unsigned char>(text[i]) % 26);
  }
  return text += '.';  // a line's end there would be the log statement's
}

}  // namespace mailslog::test
