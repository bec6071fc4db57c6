// Boost.Log's library is not built with ThreadSanitizer, which therefore cannot see how the queue of an asynchronous sink
// hands records from one thread to the other. The backend's own code is watched under the other frontends.
extern "C" const char* __tsan_default_suppressions();  // NOLINT: ThreadSanitizer's name
extern "C" const char* __tsan_default_suppressions() { return "race:*::sinks::asynchronous_sink<*"; }
