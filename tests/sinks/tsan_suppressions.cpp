// The libraries of Boost.Log and spdlog are not built with ThreadSanitizer, which therefore cannot see how their asynchronous
// loggers hand records from one thread to the other, nor which thread lets go of a logger last. The sinks' own code is
// watched under the other frontends and loggers.
extern "C" const char* __tsan_default_suppressions();  // NOLINT: ThreadSanitizer's name
extern "C" const char* __tsan_default_suppressions() {
  return "race:*::sinks::asynchronous_sink<*\n"
         "race:spdlog::details::thread_pool::*\n";
}
