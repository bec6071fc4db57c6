// A loop over the contents of a slot. It waits for the next message, and ends when the slot is closed.
//
//   iterable_mailslot [ADDRESS]
#include <exception>
#include <iostream>

#include <mailslog/slot.hpp>

int main(int argc, char** argv) try {
  const char* address = argc > 1 ? argv[1] : "words";
  mailslog::slot_reader slot(address);

  mailslog::slot_writer writer(address);
  for (const char* word : {"the", "quick", "brown", "fox", "STOP"}) writer.put(word);

  for (const auto& message : slot) {
    if (message.bytes == "STOP") {
      slot.close();  // any thread may do this
    } else {
      std::cout << message.bytes << '\n';
    }
  }
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 2;
}
