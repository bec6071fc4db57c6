// One end of an exchange of numbered records between two network namespaces; tests/jobs/lossy compares what both ends say.
//
//   exchange write ADDRESS COUNT SIZE    prints "posted dropped"
//   exchange read ADDRESS SIZE           prints "first next whole incomplete lost dropped bytes faults" when nothing comes any more
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>

#include "support/accounts.hpp"
#include "support/wait_until.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

int write(const std::string& to, std::uint64_t count, std::size_t size) {
  numbered_records records(size, true);
  // Not faster than a reader takes it that now and then gets no processor: it is the network that loses here.
  record_writer writer(address(to + "&overflow=block&block_time=60s&pace=50000000&app=" + numbered_records::app(1)));
  for (std::uint64_t n = 0; n < count; ++n) (void)writer.write(records.make(1, n));
  writer.flush(deadline);
  std::cout << count << ' ' << writer.stats().dropped() << '\n';
  return 0;
}

int read(const std::string& at, std::size_t size) {
  accounts told{numbered_records(size, true)};
  std::uint64_t bytes = 0;
  record_reader reader{address(at)};
  std::cerr << "reading" << std::endl;
  auto patience = std::chrono::nanoseconds(deadline);
  while (const auto* e = reader.next_event(patience)) {
    patience = 1s;  // much longer than a burst, a goodbye or a missing datagram takes
    if (const auto* r = std::get_if<received_record>(e)) bytes += r->text.size();
    told.take(*e);
  }
  account a;
  if (!told.senders().empty()) a = told.senders().begin()->second;
  std::cout << a.first << ' ' << a.next << ' ' << a.delivered << ' ' << a.incomplete << ' ' << a.lost << ' ' << a.dropped << ' '
            << bytes << ' ' << told.faults().size() + (told.senders().size() == 1 ? 0 : 1) << '\n';
  for (const auto& fault : told.faults()) std::cerr << fault << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  if (role == "write" && argc == 5) return write(argv[2], std::strtoull(argv[3], nullptr, 10), std::strtoull(argv[4], nullptr, 10));
  if (role == "read" && argc == 4) return read(argv[2], std::strtoull(argv[3], nullptr, 10));
  std::cerr << "usage: exchange write ADDRESS COUNT SIZE | exchange read ADDRESS SIZE\n";
  return 2;
}
