#include "read/source_table.hpp"

#include <utility>

#include <fmt/format.h>

#include "format/safe_text.hpp"

namespace slotcat {
namespace {

constexpr std::size_t max_sources = 10000;

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

bool same(const mailslog::sender_info& a, const mailslog::sender_info& b) {
  return a.id == b.id && a.process == b.process && a.host == b.host && a.app == b.app;
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
  if (last_ == nullptr || last_->info.id != sender.id) {
    auto found = sources_.find(sender.id);
    if (found == sources_.end()) {
      if (sources_.size() >= max_sources) sources_.clear();
      found = sources_.try_emplace(sender.id).first;
      update(found->second, sender);
    }
    last_ = &found->second;
  }
  // The name of a sender is not known before its first record has come.
  if (!same(last_->info, sender)) update(*last_, sender);
  return *last_;
}

void source_table::update(source& entry, const mailslog::sender_info& sender) const {
  entry.info = sender;
  entry.name = source_name(sender);
  entry.shown.clear();
  append_safe_word(entry.shown, entry.name, raw_ ? neutral::no : neutral::yes);
  entry.width = columns(entry.shown);
  entry.hash = hash_of(sender);
  entry.passes = passes_(sender);
}

}  // namespace slotcat
