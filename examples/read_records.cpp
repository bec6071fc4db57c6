// Prints the records of a slot, and what is missing, until it is interrupted. slotcat does the same and more.
//
//   read_records [ADDRESS]
#include <exception>
#include <iostream>
#include <variant>

#include <mailslog/record_reader.hpp>

namespace {

std::ostream& operator<<(std::ostream& out, const mailslog::attribute& attribute) {
  out << attribute.name << '=';
  std::visit([&out](const auto& value) { out << value; }, attribute.value);
  return out;
}

void print(const mailslog::received_record& record) {
  std::cout << to_string(record.level) << ' ' << record.from->app << '[' << record.from->process << "] "
            << record.logger << ": " << record.text;
  if (!record.source.file.empty()) std::cout << " (" << record.source.file << ':' << record.source.line << ')';
  for (const auto& attribute : record.attributes) std::cout << ' ' << attribute;
  for (const auto& hole : record.missing) std::cout << " [" << hole.length << " bytes lost at " << hole.offset << ']';
  std::cout << std::endl;
}

void print(const mailslog::gap& gap) {
  std::cout << gap.from->app << ": " << gap.lost << " records lost, " << gap.dropped << " dropped" << std::endl;
}

void print(const mailslog::foreign_message& message) {
  std::cout << message.from << " said: " << message.bytes << std::endl;
}

void print(const mailslog::ended& end) {
  if (!end.well) std::cout << end.from->app << " crashed after " << end.records << " records" << std::endl;
}

}  // namespace

int main(int argc, char** argv) try {
  mailslog::record_reader records(argc > 1 ? argv[1] : "hello");
  while (const auto* event = records.next_event(mailslog::forever)) {
    std::visit([](const auto& happened) { print(happened); }, *event);
  }
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 2;
}
