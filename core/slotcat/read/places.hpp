// Words about where a slot is read.
#pragma once

#include <string>
#include <vector>

#include <mailslog/address.hpp>
#include <mailslog/local_folder.hpp>

namespace slotcat {

/// Where programs must post to reach this reader: "\"lab\" on this machine (/run/user/1000/mailslog/lab)". `folders` are the slot's.
std::string place_of(const mailslog::address& slot, const std::vector<mailslog::local_folder>& folders);

/// A sentence for each other folder of this machine that has the slot, too: who posts there is not heard here.
std::vector<std::string> elsewhere(const mailslog::address& slot, const std::vector<mailslog::local_folder>& folders);

}  // namespace slotcat
