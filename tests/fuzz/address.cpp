// Address text: it is taken or refused with words; what is taken keeps the promises of address.hpp.
#include <mailslog/address.hpp>

#include <string>

#include "check.hpp"

using namespace mailslog;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const address a{text};
    FUZZ_CHECK(a.text() == text);
    const auto& name = a.name();
    FUZZ_CHECK(!name.empty() && name.size() <= 64);
    FUZZ_CHECK(name.find_first_of("\\:*?\"<>|%#ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos);
    const auto parts = '/' + name + '/';
    FUZZ_CHECK(parts.find("//") == std::string::npos);
    FUZZ_CHECK(parts.find("/./") == std::string::npos && parts.find("/../") == std::string::npos);
    for (const char c : name) FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    FUZZ_CHECK((a.scope() == slot_scope::host || a.scope() == slot_scope::classic) == !a.host().empty());
    const auto& o = a.options();
    FUZZ_CHECK(o.port != 0 && o.ttl >= 0 && o.ttl <= 255);
    FUZZ_CHECK(o.limit == 0 || (o.limit >= 128 && o.limit <= 65507));
    FUZZ_CHECK(o.max_delay.count() >= 0 && o.reorder_wait.count() >= 0 && o.linger.count() >= 0);
    // The name alone is an address of the same slot.
    FUZZ_CHECK(address("./" + name).name() == name);
  } catch (const address_error& e) {
    FUZZ_CHECK(std::string_view(e.what()).size() > 10);
  }
  return 0;
}
