#include "platform/resolver.hpp"

#include <mutex>
#include <utility>

#include <mailslog/error.hpp>

#include "platform/socket_address.hpp"
#include "platform/thread.hpp"

namespace mailslog::platform {
namespace {

resolved look_up(const std::string& host, ip_family family, int flags) {
  start_sockets();
  ::addrinfo hints{};
  hints.ai_family = family == ip_family::ipv4 ? AF_INET : family == ip_family::ipv6 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = flags;
  ::addrinfo* list = nullptr;
  resolved result;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) {
    result.error = make_error_code(errc::not_resolved);
    return result;
  }
  const std::unique_ptr<::addrinfo, void (*)(::addrinfo*)> owner(list, ::freeaddrinfo);
  for (const auto* i = list; i != nullptr; i = i->ai_next) {
    const auto e = from_socket_address(*i->ai_addr);
    if (e.what != endpoint::kind::unknown) result.addresses.push_back(e);
  }
  if (result.addresses.empty()) result.error = make_error_code(errc::not_resolved);
  return result;
}

}  // namespace

std::vector<endpoint> parse_ip(const std::string& text) { return look_up(text, ip_family::any, AI_NUMERICHOST).addresses; }

struct resolver::lookup {
  std::mutex mutex;
  std::unique_ptr<resolved> answer;
};

resolver::resolver() = default;
resolver::~resolver() = default;

void resolver::start(const std::string& host, ip_family family) {
  current_ = std::make_shared<lookup>();
  started_ = std::chrono::steady_clock::now();
  try {
    leave(start_thread([shared = current_, host, family] {
      auto answer = std::make_unique<resolved>(look_up(host, family, 0));
      const std::lock_guard lock(shared->mutex);
      shared->answer = std::move(answer);
    }));
  } catch (const std::system_error& e) {  // no thread to be had
    current_->answer = std::make_unique<resolved>();
    current_->answer->error = e.code();
  }
}

bool resolver::busy() const noexcept { return current_ != nullptr; }

std::unique_ptr<resolved> resolver::take() {
  if (!current_) return nullptr;
  std::unique_ptr<resolved> answer;
  {
    const std::lock_guard lock(current_->mutex);
    answer = std::move(current_->answer);
  }
  // A thread that was there before a fork is not there after it, and a name server may never answer.
  if (!answer && std::chrono::steady_clock::now() - started_ > std::chrono::minutes(1)) {
    answer = std::make_unique<resolved>();
    answer->error = make_error_code(errc::not_resolved);
  }
  if (answer) current_.reset();
  return answer;
}

}  // namespace mailslog::platform
