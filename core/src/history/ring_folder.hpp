// The rings of a slot's writers on this machine, as files; docs/ring-format.md section 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "history/ring.hpp"

namespace mailslog::history {

/// A new ring, for its writer.
class ring_file : public ring_memory {
 public:
  /// Others find it from now on: its header is written.
  virtual void publish(std::error_code& error) noexcept = 0;
  /// Its writer ends well, and only so much of it holds something.
  virtual void cut(std::size_t extent) noexcept = 0;
  /// Why there is no further block.
  virtual std::error_code error() const noexcept = 0;
};

/// Somebody's ring, for a reader.
class open_ring : public ring_source {
 public:
  /// Does its writer live? It may have begun to live on without its lock, if its host closes what it does not own.
  virtual bool held() noexcept = 0;
};

/// What is kept of writers that have ended, and belongs to this user; those that ended well go first, the oldest before the others. One stays,
/// however large.
struct ring_budget {
  std::size_t bytes = std::size_t{4} * 1024 * 1024;
  std::size_t files = 256;
};

/// The folder in which a slot's rings are. A new one is looked for with each call: it may be removed at any time.
class ring_folder {
 public:
  virtual ~ring_folder() = default;

  /// Makes the ring of a new sender, and the folder. None, and why, if it cannot be.
  virtual std::unique_ptr<ring_file> make(const ring_info& info, std::error_code& error) = 0;

  /// The names of the rings that are there, at most so many; and why there are none, unless there is no folder.
  virtual std::vector<std::string> names(std::size_t most, std::error_code& error) = 0;
  /// None, and why, if it cannot be read, or has gone.
  virtual std::unique_ptr<open_ring> open(const std::string& name, std::error_code& error) = 0;

  /// Keeps the names of those rings whose writers may not live any more.
  virtual void keep_orphans(std::vector<std::string>& names);

  /// Removes what is beyond the budget. Never what belongs to another user, or whose writer lives.
  virtual void sweep(const ring_budget& budget) noexcept = 0;

  virtual std::string path() const = 0;
  /// Whose a file of it is, or with an empty name the folder itself, and for whom; empty if that is not known.
  virtual std::string rights(const std::string& name) const {
    (void)name;
    return {};
  }
  /// Since when no ring has come or gone, at least; the epoch if that is not known.
  virtual timestamp unchanged_since() const { return {}; }
};

/// The names of the slots that have a folder, at most so many.
std::vector<std::string> slots_of_this_machine(std::size_t most);

/// `slot` is in lower case. Nothing is opened yet.
std::unique_ptr<ring_folder> ring_folder_of(const std::string& slot);

}  // namespace mailslog::history
