#include "listener.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include <rapidjson/document.h>

#include "support/scratch.hpp"

namespace mailslog::test {
namespace {

const std::string marker = "listener ";

std::vector<std::string> command(const std::string& address, const std::string& goodbye, const std::vector<std::string>& options) {
  std::vector<std::string> all{program("slotcat"), address, "--until-match", "^" + goodbye + "$"};
  all.insert(all.end(), options.begin(), options.end());
  return all;
}

std::vector<std::string> split(const std::string& text, std::size_t& from) {
  std::vector<std::string> lines;
  for (auto end = text.find('\n', from); end != std::string::npos; end = text.find('\n', from)) {
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

heard parse(const std::string& line) {
  rapidjson::Document json;
  json.Parse(line.data(), line.size());
  if (json.HasParseError() || !json.IsObject()) throw std::runtime_error("not a JSON object: " + line);
  const auto text = [&](const char* key) {
    const auto at = json.FindMember(key);
    return at == json.MemberEnd() ? std::string() : std::string(at->value.GetString(), at->value.GetStringLength());
  };
  heard event;
  event.gap = text("type") == "gap";
  event.app = text("app");
  event.sender = text("sender");
  event.message = text("message");
  event.first = json[event.gap ? "first" : "seq"].GetUint64();
  event.last = json[event.gap ? "last" : "seq"].GetUint64();
  return event;
}

bool by_a_listener(const heard& event) { return event.app == "slotcat"; }

void say(const std::string& address, const std::string& text) {
  const auto said = run({program("slotcat"), "send", address, text});
  if (said.code != 0) throw std::runtime_error("slotcat send ended with " + std::to_string(said.code) + ": " + said.err);
}

}  // namespace

listener::listener(std::string address, std::vector<std::string> options)
    : address_(std::move(address)),
      hello_(marker + scratch_name() + " hello"),
      goodbye_(marker + scratch_name() + " goodbye"),
      slotcat_(command(address_, goodbye_, options)) {
  // What is posted before a reader is there is gone, so it is said again until it is heard.
  const bool hears = wait_until([&] {
    say(address_, hello_);
    return slotcat_.wait_for_output(hello_, std::chrono::milliseconds(20)) || slotcat_.ended();
  });
  if (!hears || slotcat_.ended()) throw std::runtime_error("slotcat hears nothing on " + address_ + ": " + slotcat_.err());
}

bool listener::wait_for_records(std::uint64_t count) {
  std::size_t looked_at = 0;
  std::uint64_t found = 0;
  return slotcat_.wait_for_output([&](const std::string& out) {
    for (const auto& line : split(out, looked_at)) {
      const auto event = parse(line);
      if (!by_a_listener(event)) found += event.count();
    }
    return found >= count;
  });
}

int listener::end() {
  if (!slotcat_.ended()) say(address_, goodbye_);
  return slotcat_.wait();
}

std::vector<std::string> listener::printed() {
  const auto code = end();
  constexpr int lost = 4;
  if (code != 0 && code != lost) throw std::runtime_error("slotcat ended with " + std::to_string(code) + ": " + slotcat_.err());
  std::size_t from = 0;
  return split(slotcat_.out(), from);
}

std::vector<std::string> listener::lines() {
  auto all = printed();
  all.erase(std::remove_if(all.begin(), all.end(), [](const auto& line) { return line.rfind(marker, 0) == 0; }), all.end());
  return all;
}

std::vector<heard> listener::events() {
  std::vector<heard> events;
  for (const auto& line : printed()) {
    auto event = parse(line);
    if (!by_a_listener(event)) events.push_back(std::move(event));
  }
  return events;
}

std::vector<std::vector<heard>> by_sender(const std::vector<heard>& events) {
  std::map<std::string, std::vector<heard>> senders;
  for (const auto& event : events) senders[event.sender].push_back(event);
  std::vector<std::vector<heard>> all;
  for (auto& [id, of_sender] : senders) all.push_back(std::move(of_sender));
  return all;
}

bool complete_and_in_order(const std::vector<heard>& of_one_sender, std::uint64_t count) {
  std::uint64_t next = 0;
  for (const auto& event : of_one_sender) {
    if (event.first != next) return false;
    next = event.last + 1;
  }
  return next == count;
}

}  // namespace mailslog::test
