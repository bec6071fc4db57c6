#include "platform/resolver.hpp"

#include <mutex>
#include <new>
#include <optional>
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
  std::optional<resolved> answer;

  void say(resolved&& what) noexcept {
    const std::lock_guard lock(mutex);
    answer = std::move(what);
  }
  void fail(std::error_code why) noexcept { say({{}, why}); }
};

resolver::resolver() = default;
resolver::~resolver() = default;

void resolver::start(const std::string& host, ip_family family) {
  auto fresh = std::make_shared<lookup>();
  const auto no_memory = std::make_error_code(std::errc::not_enough_memory);
  try {
    leave(start_thread([shared = fresh, host, family, no_memory] {
      try {
        shared->say(look_up(host, family, 0));
      } catch (const std::bad_alloc&) {
        shared->fail(no_memory);
      }
    }));
  } catch (const std::system_error& e) {  // no thread to be had
    fresh->fail(e.code());
  } catch (const std::bad_alloc&) {
    fresh->fail(no_memory);
  }
  current_ = std::move(fresh);
  started_ = std::chrono::steady_clock::now();
}

bool resolver::busy() const noexcept { return current_ != nullptr; }

std::optional<resolved> resolver::take() {
  if (!current_) return std::nullopt;
  std::optional<resolved> answer;
  {
    const std::lock_guard lock(current_->mutex);
    answer = std::exchange(current_->answer, std::nullopt);
  }
  // A thread that was there before a fork is not there after it, and a name server may never answer.
  if (!answer && std::chrono::steady_clock::now() - started_ > std::chrono::minutes(1)) {
    answer = resolved{{}, make_error_code(errc::not_resolved)};
  }
  if (answer) current_.reset();
  return answer;
}

}  // namespace mailslog::platform
