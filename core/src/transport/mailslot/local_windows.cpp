#include <utility>

#include <mailslog/local_folder.hpp>

#include "transport/fallback_sender.hpp"
#include "transport/local/local.hpp"
#include "transport/mailslot/mailslot.hpp"
#include "transport/threaded_sender.hpp"

namespace mailslog::transport {

std::unique_ptr<datagram_sender> open_local_sender(const std::string& name, const local_options& options) {
  return open_mailslot_sender(system_mailslots(), name, options);
}

std::unique_ptr<datagram_receiver> open_local_receiver(const std::string& name, const local_options& options) {
  return open_mailslot_receiver(system_mailslots(), name, options);
}

std::unique_ptr<datagram_sender> open_system_remote_sender(const std::string& host, const std::string& name, result_mode how,
                                                           std::function<std::unique_ptr<datagram_sender>()> fallback) {
  auto sender = open_remote_mailslot_sender(system_mailslots(), host, name);
  if (fallback) sender = fallback_sender(std::move(sender), std::move(fallback));
  return threaded_sender(std::move(sender), how);
}

// The system does not say who has a mailslot open.
std::optional<std::size_t> local_readers(const std::string&, std::error_code&) { return std::nullopt; }

}  // namespace mailslog::transport

namespace mailslog {

std::vector<local_folder> local_folders(const address& slot) {
  return {{transport::mailslot_path(slot.name()), "it is the system's", true, false, {}}};
}

}  // namespace mailslog
