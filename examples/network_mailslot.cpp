// A logger that may or may not be running, somewhere on the network: the writer neither knows nor cares where. Here it
// is a thread of the same program; another machine that reads the same slot gets the same words.
//
//   network_mailslot [ADDRESS]
#include <exception>
#include <iostream>
#include <thread>

#include <mailslog/slot.hpp>

int main(int argc, char** argv) try {
  const char* address = argc > 1 ? argv[1] : "*/logger";

  // Opened before the first word is put: a slot keeps nothing for those who come later.
  mailslog::slot_reader slot(address);
  std::thread logger([&slot] {
    while (const auto message = slot.get()) {
      if (message->bytes == "STOP") break;
      std::cout << message->bytes << std::endl;
    }
  });

  mailslog::slot_writer logging_slot(address);
  for (const char* word : {"the", "quick", "brown", "fox"}) logging_slot.put(word);
  logging_slot.put("STOP");
  logger.join();
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 2;
}
