#include <mailslog/error.hpp>

namespace mailslog {
namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "mailslog"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::closed: return "the slot is closed";
      case errc::message_too_large: return "the message is larger than the slot takes";
      case errc::record_too_large: return "the record is larger than any record may be";
      case errc::queue_full: return "the queue is full";
      case errc::not_resolved: return "the host's name could not be resolved";
      case errc::remote_mailslots_off:
        return "Windows does not carry mailslots to that name; where it is right, remote mailslots are switched off, as they are since "
               "Windows 11 24H2: switch them on with the PowerShell command Set-SmbClientConfiguration -EnableMailslots $true, or post "
               "to */NAME, which needs no help of the system";
      case errc::fell_back_to_udp: return "Windows does not carry mailslots to that name; posting to */NAME by UDP instead";
      case errc::too_many_readers: return "the slot has more readers than a writer posts to";
    }
    return "unknown error " + std::to_string(value);
  }
};

}  // namespace

const std::error_category& mailslog_category() noexcept {
  static const category instance;
  return instance;
}

std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), mailslog_category()}; }

}  // namespace mailslog
