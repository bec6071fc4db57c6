// Messages that are no records: who posted them.
#pragma once

#include <string>

#include <mailslog/record_reader.hpp>

namespace slotcat {

/// "192.0.2.7:50123", with what the sender calls itself in front if that is known: "WINBOX@192.0.2.7:138". May be empty.
std::string origin_of(const mailslog::foreign_message& message);

}  // namespace slotcat
