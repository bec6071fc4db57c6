// Text that was written for a terminal, made fit for a log.
#pragma once

#include <string>
#include <string_view>

namespace slotcat {

/// `--ansi`: what becomes of colours, links and "erase to the end of the line" in a text.
enum class ansi {
  strip,  ///< taken out
  keep,   ///< colours are passed to the terminal, the others taken out
  show,   ///< escaped like all other control characters
};

/// `text` without these, or a copy in `scratch`. What else a terminal obeys stays, to be escaped.
std::string_view without_sequences(std::string_view text, ansi how, std::string& scratch);

/// Lines as they were left: CR LF ends a line as LF does, and of what was drawn again over itself (CR) the last state remains.
std::string_view last_states(std::string_view text, std::string& scratch);

/// Both, for patterns to look at: no sequences at all.
std::string_view plain_text(std::string_view text, std::string& scratch, std::string& more_scratch);

/// Length of a sequence that sets colours at the start of `text`; 0 if there is none.
std::size_t colour_sequence(std::string_view text) noexcept;

}  // namespace slotcat
