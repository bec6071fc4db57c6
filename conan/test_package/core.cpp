#include "read_back.hpp"

int main() {
  const std::string slot = own_slot("test-package-core");
  const std::string text = long_text();
  mailslog::record_reader reader(slot);
  mailslog::record_writer writer(slot);

  mailslog::record record;
  record.level = mailslog::level::notice;
  record.text = text;
  writer.write(record);
  writer.flush();
  return read_back(reader, text, mailslog::level::notice);
}
