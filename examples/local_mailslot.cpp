// One thread reads and writes the same slot, in any order: it looks for a message without waiting, and now and then
// puts in one word more.
//
//   local_mailslot [ADDRESS]
#include <chrono>
#include <exception>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <mailslog/slot.hpp>

int main(int argc, char** argv) try {
  const char* address = argc > 1 ? argv[1] : "reader";
  mailslog::slot_reader reader(address);
  mailslog::slot_writer writer(address);

  const std::vector<std::string> words = {"the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog"};
  auto next = words.begin();
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<int> percent(1, 100);

  for (;;) {
    if (const auto message = reader.get(std::chrono::seconds(0))) {
      if (message->bytes == "STOP") break;
      std::cout << message->bytes << '\n';
    }
    if (percent(random) > 95) writer.put(next == words.end() ? "STOP" : *next++);
  }
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 2;
}
