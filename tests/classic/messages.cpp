// Level 1 for scripts: messages in hexadecimal, - for the empty one.
//
//   messages put ADDRESS MESSAGE...
//   messages get ADDRESS              prints who sent it (what it calls itself) and the message, until its input ends
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <mailslog/slot.hpp>

namespace {

using namespace std::chrono_literals;

std::string from_hex(std::string_view text) {
  std::string bytes;
  if (text == "-") return bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

void print_hex(std::string_view bytes) {
  if (bytes.empty()) std::fputs("-", stdout);
  for (const char c : bytes) std::printf("%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
}

void put(mailslog::slot_writer& out, const std::string& message) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  auto error = out.put(message);
  while (error == mailslog::errc::not_resolved && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(10ms);
    error = out.put(message);
  }
  if (error) throw std::system_error(error, "cannot put a message of " + std::to_string(message.size()) + " bytes");
}

void get(const char* address) {
  mailslog::slot_reader in(address);
  std::thread end([&in] {
    std::cin.ignore(std::numeric_limits<std::streamsize>::max());
    in.close();
  });
  std::puts("open");
  std::fflush(stdout);
  for (const auto& m : in) {
    std::printf("%s (%s) ", m.from.c_str(), m.claimed_name.c_str());
    print_hex(m.bytes);
    std::puts("");
    std::fflush(stdout);
  }
  end.join();
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string_view command = argc > 2 ? argv[1] : "";
  if (command == "get" && argc == 3) {
    get(argv[2]);
  } else if (command == "put") {
    mailslog::slot_writer out(argv[2]);
    for (int i = 3; i < argc; ++i) put(out, from_hex(argv[i]));
  } else {
    std::cerr << "usage: messages put ADDRESS HEX... | messages get ADDRESS\n";
    return 2;
  }
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
