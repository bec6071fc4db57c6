// What slotcat tells the shell.
#pragma once

namespace slotcat {

enum exit_code : int {
  ended = 0,
  nothing_shown = 1,
  bad_usage = 2,
  cannot_open = 3,  ///< a slot, or the file of `--write`; also: cannot write
  lost = 4,
  fail_matched = 5,
  crashed = 7,
  timed_out = 124,
  cannot_run = 127,  ///< the command that `send` is to run
  interrupted = 130,
  terminated = 143,
};

}  // namespace slotcat
