#include "read/source_table.hpp"

#include <utility>

#include <fmt/format.h>

#include "format/safe_text.hpp"

namespace slotcat {
namespace {

// FNV-1a: the colour of a source is the same on every machine and in every run.
std::uint32_t hash_of(const mailslog::sender_info& sender) {
  std::uint32_t hash = 2166136261U;
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  };
  add(sender.host);
  add("/");
  add(sender.app);
  return hash ^ hash >> 15;
}

}  // namespace

std::string sender_id(std::uint64_t id) { return fmt::format("{:016x}", id); }

std::string source_name(const mailslog::sender_info& sender) {
  if (sender.host.empty() && sender.app.empty()) return sender_id(sender.id);
  const auto known = [](const std::string& text) { return text.empty() ? "?" : text; };
  const auto name = fmt::format("{}/{}", known(sender.host), known(sender.app));
  return sender.process == 0 ? name : fmt::format("{}[{}]", name, sender.process);
}

source_table::source_table(std::function<bool(const mailslog::sender_info&)> passes, bool raw)
    : passes_(std::move(passes)), raw_(raw) {}

const source& source_table::find(const mailslog::sender_info& sender) {
  if (last_ == nullptr || last_id_ != sender.id) {
    last_ = sources_.find(sender.id);
    last_id_ = sender.id;
    if (last_ == nullptr) {
      last_ = &sources_.add(sender.id);
      update(*last_, sender);
    }
  }
  // The name of a sender is not known before its first record has come.
  if (!same(*last_, sender)) update(*last_, sender);
  return last_->shown;
}

bool source_table::same(const entry& known, const mailslog::sender_info& sender) {
  const auto as_before = [](const std::string& shown, std::size_t size, std::size_t hash, const std::string& now) {
    return size == now.size() && (size <= longest_name ? shown == now : hash == std::hash<std::string>()(now));
  };
  const auto& info = known.shown.info;
  return info.process == sender.process && as_before(info.host, known.host_size, known.host_hash, sender.host) &&
         as_before(info.app, known.app_size, known.app_hash, sender.app);
}

void source_table::update(entry& known, const mailslog::sender_info& sender) const {
  const std::hash<std::string> hash;
  known.host_size = sender.host.size();
  known.app_size = sender.app.size();
  known.host_hash = hash(sender.host);
  known.app_hash = hash(sender.app);
  auto& s = known.shown;
  std::string scratch;
  s.info.id = sender.id;
  s.info.process = sender.process;
  s.info.host = shortened(sender.host, longest_name, scratch);
  s.info.app = shortened(sender.app, longest_name, scratch);
  s.name = source_name(s.info);
  s.shown.clear();
  append_safe_word(s.shown, s.name, raw_ ? neutral::no : neutral::yes);
  s.width = columns(s.shown);
  s.hash = hash_of(s.info);
  s.passes = passes_(sender);
}

}  // namespace slotcat
