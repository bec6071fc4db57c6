#include "history/ring_files.hpp"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include <mailslog/address.hpp>
#include <mailslog/error.hpp>

namespace mailslog::history {
namespace {

constexpr char ring_suffix[] = ".ring";
constexpr char unfinished_suffix[] = ".new";
constexpr std::size_t most_swept = 65536;
// A writer needs far less to finish one.
constexpr auto unfinished_at_most = std::chrono::seconds(60);
// If so many live, they are not looked at with each one that comes.
constexpr std::size_t many_alive = 64;

bool ends_with(std::string_view text, std::string_view end) noexcept {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_unfinished(std::string_view name) noexcept { return name.front() == '.' && ends_with(name, unfinished_suffix); }

struct sum {
  std::size_t bytes = 0;
  std::size_t files = 0;

  bool fits(const ring_budget& budget) const noexcept { return bytes <= budget.bytes && files <= budget.files; }
};

}  // namespace

std::string unfinished_ring_name(std::uint64_t sender) { return '.' + ring_name(sender) + unfinished_suffix; }
bool is_ring_name(std::string_view name) noexcept { return name.front() != '.' && ends_with(name, ring_suffix); }

std::optional<std::string> slot_of_folder(const std::string& entry) try {
  auto name = entry;
  std::replace(name.begin(), name.end(), '%', '/');
  // What a slot's name may be is for addresses to say.
  if (address("./" + name).name() != name) return std::nullopt;
  return name;
} catch (const address_error&) {
  return std::nullopt;
}

void ring_folder::keep_orphans(std::vector<std::string>& names) {
  const auto lives = [this](const std::string& name) {
    std::error_code error;
    const auto ring = open(name, error);
    return ring && ring->held();
  };
  names.erase(std::remove_if(names.begin(), names.end(), lives), names.end());
}

bool mapped_ring::begin(std::unique_ptr<platform::mapped_file> file, const ring_info& info, std::error_code& error) noexcept {
  file_ = std::move(file);
  block_size_ = info.block_size;
  header_ = file_->extend(info.block_offset(1), error);
  return header_ != nullptr;
}

void sweep(swept_folder& folder, const ring_budget& budget) noexcept try {
  using file = swept_folder::file;
  if (folder.looked_at_lately()) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  sum all;
  folder.each(most_swept, [&](const file& f) {
    if (is_unfinished(f.name)) {
      if (f.changed + unfinished_at_most < now) folder.remove(std::string(f.name));
    } else if (is_ring_name(f.name)) {
      all.bytes += f.bytes;
      ++all.files;
    }
  });
  // As a rule. Most of them may be alive: only now are they looked at.
  if (all.fits(budget)) return;
  struct candidate {
    std::string name;
    std::size_t bytes;
    std::chrono::nanoseconds changed;
    bool well;
  };
  std::vector<candidate> ours;
  folder.each(most_swept, [&](const file& f) {
    if (!is_ring_name(f.name)) return;
    // What is of the future is of before the clock was set back.
    constexpr auto long_ago = std::chrono::hours(1'000'000);
    const bool of_the_future = f.changed > now + std::chrono::seconds(1);
    ours.push_back({std::string(f.name), f.bytes, of_the_future ? f.changed - long_ago : f.changed, false});
  });
  const auto is_alive = [&](candidate& c) {
    const auto ring = folder.open_ours(c.name);
    std::uint64_t next = 0;
    if (!ring || ring->held()) return true;
    c.well = ended_well(*ring, next);
    return false;
  };
  const auto rings = ours.size();
  ours.erase(std::remove_if(ours.begin(), ours.end(), is_alive), ours.end());
  sum left;
  for (const auto& c : ours) left.bytes += c.bytes;
  left.files = ours.size();
  if (left.fits(budget)) {
    if (rings - left.files >= many_alive) folder.note_look();
    return;
  }
  std::sort(ours.begin(), ours.end(), [](const candidate& a, const candidate& b) {
    return a.well != b.well ? a.well : a.changed < b.changed;
  });
  // The one that would go last stays, and takes no room from others: it may be large, and just what somebody comes for.
  left.bytes -= ours.back().bytes;
  // A little more than needed, so that not each of many short-lived writers has to do it.
  const ring_budget enough{budget.bytes / 8 * 7, budget.files / 8 * 7};
  for (auto c = ours.begin(); c != ours.end() - 1 && !left.fits(enough); ++c, --left.files) {
    folder.remove(c->name);
    left.bytes -= c->bytes;
  }
} catch (const std::bad_alloc&) {
  // The next time.
}

}  // namespace mailslog::history
