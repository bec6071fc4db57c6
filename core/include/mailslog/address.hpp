// Where a slot is: the text that users type, checked and taken apart.
//
//   name, ./name, \\.\mailslot\name     this machine
//   */name                              every machine on the LAN, this one included
//   host/name, [2001:db8::1]/name       the machine of that name or IP address
//   \\*\mailslot\name                  every computer of the workgroup, as Windows' remote mailslots do it: "classic"
//   \\NAME\mailslot\name               the computer, workgroup or domain of that NetBIOS name, host name or IPv4 address
//   ...?key=value&key=value             options, see options.hpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <mailslog/error.hpp>
#include <mailslog/export.hpp>
#include <mailslog/options.hpp>

namespace mailslog {

enum class slot_scope {
  local,    ///< this machine
  lan,      ///< every machine that multicast reaches, this one included
  host,     ///< one machine; for writers only
  classic,  ///< remote mailslots of Windows: what a writer posts to one or all computers; a reader has `\\*` only, and hears `local`, too
};

/// A checked address. Immutable; copying is cheap enough to pass around.
///
/// Slot names: 1 to 64 bytes, UTF-8 by convention, in parts divided by `/`; no control characters, spaces at either end, or any of
/// `\ : * ? " < > | % #`; no part is empty, `.` or `..`. Letters A to Z count as a to z. Those of classic slots are ASCII.
class MAILSLOG_EXPORT address {
 public:
  /// Reads `text`; options in it override those in `options`. Throws `address_error`.
  address(std::string_view text, slot_options options = {});  // NOLINT(google-explicit-constructor): "*/x" is an address
  address(const char* text) : address(std::string_view(text)) {}
  address(const std::string& text) : address(std::string_view(text)) {}

  slot_scope scope() const noexcept { return scope_; }
  /// The slot's name in lower case.
  const std::string& name() const noexcept { return name_; }
  /// `slot_scope::host`: DNS name or IP address, without brackets. `slot_scope::classic`: "*" or a name, perhaps with the suffix
  /// of a NetBIOS name in hexadecimal: "LAB#1c". Otherwise empty.
  const std::string& host() const noexcept { return host_; }
  const slot_options& options() const noexcept { return options_; }
  /// Can a reader open it? Not another machine's slot.
  bool readable() const noexcept {
    return scope_ == slot_scope::local || scope_ == slot_scope::lan || (scope_ == slot_scope::classic && host_ == "*");
  }
  /// Does a reader of it hear remote mailslots of Windows?
  bool classic() const noexcept { return scope_ == slot_scope::classic || options_.classic != classic_mode::off; }
  /// The text it was made from.
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
  std::string name_;
  std::string host_;
  slot_scope scope_ = slot_scope::local;
  slot_options options_;
};

}  // namespace mailslog
