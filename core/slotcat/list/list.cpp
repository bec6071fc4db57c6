#include "list/list.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "command.hpp"
#include "format/safe_text.hpp"
#include "format/screen_layout.hpp"
#include "format/time_text.hpp"
#include "os/console.hpp"
#include "os/say.hpp"
#include "output/output.hpp"

namespace slotcat {
namespace {

using namespace std::chrono;
using mailslog::listed_sender;
using mailslog::listed_slot;
using mailslog::sender_state;
using mailslog::slot_scope;
using mailslog::timestamp;

constexpr std::size_t ended_shown = 3;  // of a slot
constexpr std::size_t longest_name = 40;

std::string_view word_for(sender_state s) {
  switch (s) {
    case sender_state::alive: break;
    case sender_state::ended: return "ended";
    case sender_state::crashed: return "crashed";
  }
  return "alive";
}

std::string_view word_for(slot_scope s) {
  switch (s) {
    case slot_scope::local: break;
    case slot_scope::lan: return "lan";
    case slot_scope::host: return "host";
    case slot_scope::classic: return "classic";
  }
  return "local";
}

bool has_records(const listed_sender& s) { return s.last != timestamp{}; }

// Over what is remembered; nothing if that is too short.
std::optional<double> per_second(const listed_sender& s) {
  const auto time = std::chrono::duration<double>(s.last - s.first).count();
  if (s.remembered < 2 || time < 0.001) return std::nullopt;
  return static_cast<double>(s.remembered - 1) / time;
}

std::string rate_text(const listed_sender& s) {
  const auto rate = per_second(s);
  if (!rate) return "-";
  return fmt::format(*rate < 10 ? "{:.1f}" : "{:.0f}", *rate);
}

std::string age_text(nanoseconds age) {
  const auto s = duration_cast<seconds>(std::max(age, nanoseconds(0))).count();
  if (s < 120) return fmt::format("{} s", s);
  if (s < 120 * 60) return fmt::format("{} min", s / 60);
  if (s < 48 * 3600) return fmt::format("{} h", s / 3600);
  return fmt::format("{} d", s / 86400);
}

std::string name_of(const listed_sender& s) {
  std::string shorter;
  std::string text;
  append_safe(text, shortened(s.who.app, longest_name, shorter));
  if (s.who.process != 0) fmt::format_to(std::back_inserter(text), "[{}]", s.who.process);
  return text;
}

using row = std::array<std::string, 8>;

row first_cells(const listed_slot& slot) {
  row cells;
  append_safe(cells[0], slot.name);
  cells[1] = slot.readers ? fmt::format("{}", *slot.readers) : "?";
  return cells;
}

void fill(row& cells, const listed_sender& s, timestamp now) {
  cells[2] = name_of(s);
  cells[3] = word_for(s.posts_to);
  cells[4] = word_for(s.state);
  cells[5] = fmt::format("{}", s.records);
  cells[6] = rate_text(s);
  cells[7] = has_records(s) ? age_text(now - s.last) + " ago" : "-";
}

}  // namespace

std::string list_as_table(const std::vector<listed_slot>& slots, const list_options& options, timestamp now, std::size_t width) {
  std::vector<row> rows{{"SLOT", "READERS", "SENDER", "POSTS TO", "STATE", "RECORDS", "PER S", "LAST"}};
  for (const auto& slot : slots) {
    auto cells = first_cells(slot);
    if (!slot.problem.empty()) append_safe(cells[2], '(' + slot.problem + ')');
    std::size_t shown = 0;
    std::size_t ended = 0;
    for (const auto& s : slot.senders) {
      if (s.state == sender_state::ended && ended++ >= ended_shown && !options.all) continue;
      fill(cells, s, now);
      rows.push_back(std::move(cells));
      cells = {};
      ++shown;
    }
    const auto more = slot.senders.size() - shown;
    if (more != 0) cells[2] = fmt::format("({} more that ended: -a)", more);
    if (more != 0 || shown == 0) rows.push_back(std::move(cells));
    if (slot.rings_refused != 0) {
      row last;
      last[2] = fmt::format("({} of which nothing may be read, or can be)", slot.rings_refused);
      rows.push_back(std::move(last));
    }
  }

  std::array<std::size_t, std::tuple_size_v<row>> widths{};
  for (const auto& r : rows) {
    // A remark may take the places behind it.
    const bool remark = r[2].size() > 1 && r[2].front() == '(' && r[3].empty();
    for (std::size_t i = 0; i < r.size(); ++i) {
      if (!(remark && i == 2)) widths[i] = std::max(widths[i], columns(r[i]));
    }
  }
  std::string out;
  for (const auto& r : rows) {
    const auto start = out.size();
    const auto last = static_cast<std::size_t>(std::find_if(r.rbegin(), r.rend(), [](const auto& cell) { return !cell.empty(); }).base() - r.begin());
    for (std::size_t i = 0; i < last; ++i) {
      const auto padding = std::string(widths[i] - std::min(widths[i], columns(r[i])), ' ');
      const bool number = i == 1 || i >= 5;
      if (i != 0) out += "  ";
      out += number ? padding + r[i] : i + 1 == last ? r[i] : r[i] + padding;
    }
    out += '\n';
    fit_lines(out, start, width, 0, wrap::chop);
  }
  return out;
}

std::string list_as_json(const std::vector<listed_slot>& slots) {
  std::string out;
  const auto text = [&out](std::string_view key, std::string_view value) {
    fmt::format_to(std::back_inserter(out), "\"{}\":\"", key);
    append_json(out, value);
    out += '"';
  };
  const auto number = [&out](std::string_view key, std::uint64_t value) { fmt::format_to(std::back_inserter(out), ",\"{}\":{}", key, value); };
  utc_time_text times;
  for (const auto& slot : slots) {
    out += '{';
    text("slot", slot.name);
    if (slot.readers) number("readers", *slot.readers);
    out += ",\"senders\":[";
    for (const auto& s : slot.senders) {
      if (out.back() == '}') out += ',';
      out += '{';
      text("host", s.who.host);
      out += ',';
      text("app", s.who.app);
      number("pid", s.who.process);
      out += ',';
      text("sender", fmt::format("{:016x}", s.who.id));
      out += ',';
      text("state", word_for(s.state));
      out += ',';
      text("posts_to", word_for(s.posts_to));
      const auto time = [&](std::string_view key, timestamp value) {
        std::string scratch;
        times.append(scratch, value);
        out += ',';
        text(key, scratch);
      };
      time("started", s.started);
      number("records", s.records);
      number("remembered", s.remembered);
      if (has_records(s)) {
        time("first", s.first);
        time("last", s.last);
      }
      if (const auto rate = per_second(s)) fmt::format_to(std::back_inserter(out), ",\"per_second\":{:.3f}", *rate);
      out += '}';
    }
    out += ']';
    if (slot.rings_refused != 0) number("refused", slot.rings_refused);
    if (!slot.problem.empty()) {
      out += ',';
      text("problem", slot.problem);
    }
    out += "}\n";
  }
  return out;
}

std::string list_as_names(const std::vector<listed_slot>& slots) {
  std::string out;
  for (const auto& slot : slots) {
    // What would be an address of another kind, or a command.
    const bool plain = slot.name.find('/') == std::string::npos && find_command(slot.name) == nullptr && slot.name.front() != '-';
    out += plain ? slot.name : "./" + slot.name;
    out += '\n';
  }
  return out;
}

namespace {

std::string text_of(const std::vector<listed_slot>& slots, const list_options& options) {
  switch (options.output) {
    case list_options::form::json: return list_as_json(slots);
    case list_options::form::names: return list_as_names(slots);
    case list_options::form::table: break;
  }
  const auto width = is_terminal(standard_output) ? terminal_width(standard_output) : SIZE_MAX;
  return list_as_table(slots, options, system_clock::now(), width);
}

}  // namespace

exit_code list(const list_options& options) {
  const auto slots = mailslog::list_slots(options.slot);
  if (slots.empty()) {
    say(options.slot.empty() ? "no slot of this machine is in use, as far as this user sees"
                             : fmt::format("no program of this machine reads \"{0}\" or writes to it, as far as this user sees", options.slot));
    return exit_code::nothing_shown;
  }
  const auto text = text_of(slots, options);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw std::runtime_error(fmt::format("cannot write to standard output: {}", std::generic_category().message(errno)));
  }
  return exit_code::ended;
}

}  // namespace slotcat
