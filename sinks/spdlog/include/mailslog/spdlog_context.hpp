// spdlog's mapped diagnostic context as a record's attributes. Part of spdlog.hpp.
#pragma once

#include <utility>
#include <vector>

#include <spdlog/common.h>
#if !defined(SPDLOG_NO_TLS) && __has_include(<spdlog/mdc.h>)
#include <spdlog/mdc.h>
#define MAILSLOG_SPDLOG_HAS_MDC
#endif

#include <mailslog/record.hpp>

namespace mailslog::detail {

#ifdef MAILSLOG_SPDLOG_HAS_MDC

// The attributes' storage, one for each thread so that it keeps its capacity. It is made after spdlog's map of the same
// thread and so dies before it: a log call from a static destructor finds neither, rather than a dead map.
struct context_storage {
  ~context_storage() { gone() = true; }
  static bool& gone() noexcept {
    static thread_local bool value = false;  // has no destructor, so it can be asked until the thread's very end
    return value;
  }
  decltype(spdlog::mdc::get_context()) context = spdlog::mdc::get_context();
  std::vector<attribute> attributes;
};

/// Calls `write` while `out` has the calling thread's context as attributes.
template <class Write>
void with_spdlog_context(record& out, Write write) noexcept {
  if (context_storage::gone()) return write();
  SPDLOG_TRY {
    static thread_local context_storage storage;
    if (!storage.context.empty()) {
      storage.attributes.clear();
      for (const auto& [name, value] : storage.context) storage.attributes.push_back({name, std::string_view(value)});
      std::swap(out.attributes, storage.attributes);
      write();
      std::swap(out.attributes, storage.attributes);
      return;
    }
  }
#ifndef SPDLOG_NO_EXCEPTIONS
  catch (...) {  // no memory for the context: the record goes without it
  }
#endif
  write();
}

#else

template <class Write>
void with_spdlog_context(record&, Write write) noexcept {
  write();
}

#endif

}  // namespace mailslog::detail
