#include "transport/local.hpp"
#include "transport/mailslot.hpp"

namespace mailslog::transport {

std::unique_ptr<datagram_sender> open_local_sender(const std::string& name, const local_options& options) {
  return open_mailslot_sender(system_mailslots(), name, options);
}

std::unique_ptr<datagram_receiver> open_local_receiver(const std::string& name, const local_options& options) {
  return open_mailslot_receiver(system_mailslots(), name, options);
}

}  // namespace mailslog::transport
