// The system's socket interface, as far as it is the same everywhere. For sources in platform/ only.
#pragma once

#ifdef _WIN32
#include "platform/windows.hpp"
#else
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

namespace mailslog::platform {

/// To be called before anything of it is used.
#ifdef _WIN32
void start_sockets() noexcept;
#else
inline void start_sockets() noexcept {}
#endif

}  // namespace mailslog::platform
