// CRC-32C (Castagnoli), as RFC 3720 has it.
#pragma once

#include <cstdint>

#include "byte_view.hpp"

namespace mailslog::wire {

std::uint32_t crc32c(byte_view bytes) noexcept;

}  // namespace mailslog::wire
