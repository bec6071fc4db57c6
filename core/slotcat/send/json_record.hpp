// slotcat's own JSON, read back.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <mailslog/record.hpp>

namespace slotcat {

/// Reads lines that `slotcat --json` wrote. What it hands out points into itself and is valid until the next call of `read`.
class json_record {
 public:
  json_record();
  ~json_record();
  json_record(const json_record&) = delete;
  json_record& operator=(const json_record&) = delete;

  enum class kind {
    record,  ///< a record, or a foreign message made one
    notice,  ///< of missing records or of a crash: nothing to post
    none,    ///< not slotcat's JSON
  };
  kind read(std::string_view line);

  /// With the host and the process id as attributes: a sender cannot claim those of another.
  const mailslog::record& record() const noexcept;
  /// Of the program that posted it; may be empty.
  const std::string& app() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace slotcat
