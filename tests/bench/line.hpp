// The one line of text that everybody logs: seven formatted values, about 110 bytes.
#pragma once

#include <cstdint>
#include <string_view>

namespace bench {

struct line {
  std::uint64_t id;
  std::string_view host = "192.0.2.17";
  int port = 50123;
  std::string_view path = "/api/v1/builds/artefacts";
  double ms;  // a value of which streams and fmt make the same text
  std::uint64_t bytes = 1048576;
  int status = 200;

  explicit line(std::uint64_t i) : id(1'000'000 + i), ms(812.25 + 0.25 * static_cast<double>(i % 4)) {}
};

constexpr const char* line_format = "request {} from {} port {} for {} took {} ms and {} bytes, status {}";

}  // namespace bench
