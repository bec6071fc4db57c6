// What a fuzz target demands, in every build.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "byte_view.hpp"

#define FUZZ_CHECK(condition)                                                       \
  do {                                                                              \
    if (!(condition)) {                                                             \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
      std::abort();                                                                 \
    }                                                                               \
  } while (false)

/// Reads every byte, so that a sanitizer sees those that are not there.
inline void touch(std::string_view text) {
  volatile unsigned sum = 0;
  for (const char c : text) sum = sum + static_cast<unsigned char>(c);
}
