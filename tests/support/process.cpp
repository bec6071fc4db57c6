#include "support/process_impl.hpp"

#include <algorithm>

namespace mailslog::test {

std::string program(std::string_view name) { return std::string(MAILSLOG_TEST_PROGRAMS) + '/' + std::string(name); }

process::process(std::vector<std::string> arguments, const variables& environment)
    : impl_(impl::start(std::move(arguments), environment)) {}
process::process(process&&) noexcept = default;
process& process::operator=(process&&) noexcept = default;
process::~process() = default;

int process::pid() const noexcept { return impl_->pid; }

void process::write(std::string_view text) {
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    impl_->input.append(text);
  }
  impl_->wake_up();
}

void process::close_input() {
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    impl_->input_closed = true;
  }
  impl_->wake_up();
}

std::string process::out() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->outputs[0];
}

std::string process::err() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->outputs[1];
}

void process::close_output() {
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    impl_->output_unwanted = true;
  }
  impl_->wake_up();
}

bool process::wait_for_output(const std::function<bool(const std::string&)>& condition, std::chrono::nanoseconds limit) const {
  return impl_->wait_for([&] { return condition(impl_->outputs[0]); }, limit);
}

bool process::wait_for_output(std::string_view text, std::chrono::nanoseconds limit) const {
  return impl_->wait_for([&] { return impl_->outputs[0].find(text) != std::string::npos; }, limit);
}

bool process::wait_for_error(std::string_view text, std::chrono::nanoseconds limit) const {
  return impl_->wait_for([&] { return impl_->outputs[1].find(text) != std::string::npos; }, limit);
}

void process::signal(int number) const { impl_->signal(number); }
void process::kill() const { impl_->kill(); }

bool process::ended() { return impl_->ended(); }

int process::wait(std::chrono::nanoseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  if (!wait_until([this] { return impl_->ended(); }, limit)) return -1;
  // The outputs end when the last process that has them ends, which may be a child's child; the pump's end is that moment.
  impl_->wait_for([this] { return impl_->pumped; }, end - std::chrono::steady_clock::now());
  return impl_->code;
}

std::string text_of(std::string printed) {
#ifdef _WIN32
  printed.erase(std::remove(printed.begin(), printed.end(), '\r'), printed.end());
#endif
  return printed;
}

finished run(std::vector<std::string> arguments, std::string_view input, const process::variables& environment) {
  process child(std::move(arguments), environment);
  child.write(input);
  child.close_input();
  const int code = child.wait();
  return {code, child.out(), child.err()};
}

}  // namespace mailslog::test
