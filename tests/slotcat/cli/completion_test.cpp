#include "cli/completion.hpp"

#include "support/catch.hpp"

using namespace slotcat;

namespace {

const std::vector<command_line::option> options = {
    {{"-o", "--output"}, "output", "form; it's yours [really]", true, false, {"short", "json"}, {}},
    {{"-w", "--write"}, "write", "file", true, true, {}, {}},
    {{"--utc"}, "utc", "times in UTC", false, false, {}, {}},
    {{"--if"}, "if", "interface", true, false, {}, "interfaces"},
};

}  // namespace

TEST_CASE("bash is told names, words and files") {
  const auto script = completion(shell::bash, options);
  CHECK_THAT(script, ContainsSubstring("-o|--output) COMPREPLY=($(compgen -W 'short json' -- \"$cur\"))"));
  CHECK_THAT(script, ContainsSubstring("-w|--write) COMPREPLY=($(compgen -f -- \"$cur\"))"));
  CHECK_THAT(script, ContainsSubstring("names='-o --output -w --write --utc --if'"));
  CHECK_THAT(script, ContainsSubstring("--if) COMPREPLY=($(compgen -W \"$(\"$1\" --completion interfaces 2>/dev/null)\" -- \"$cur\"))"));
}

TEST_CASE("zsh is told names, descriptions, words and files") {
  const auto script = completion(shell::zsh, options);
  CHECK_THAT(script, StartsWith("#compdef slotcat\n"));
  CHECK_THAT(script, ContainsSubstring(R"('*--output[form; it'\''s yours \[really\]]:value:(short json)')"));
  CHECK_THAT(script, ContainsSubstring("'*--write[file]:file:_files'"));
  CHECK_THAT(script, ContainsSubstring("'*--utc[times in UTC]'"));
  CHECK_THAT(script, ContainsSubstring("'*--if[interface]:value:{compadd - $(slotcat --completion interfaces 2>/dev/null)}'"));
}

TEST_CASE("fish is told names, descriptions, words and files") {
  const auto script = completion(shell::fish, options);
  CHECK_THAT(script, ContainsSubstring("complete -c slotcat -s o -l output -x -a 'short json' -d 'form; it\\'s yours [really]'"));
  CHECK_THAT(script, ContainsSubstring("complete -c slotcat -s w -l write -r -F -d 'file'"));
  CHECK_THAT(script, ContainsSubstring("complete -c slotcat -l utc -d 'times in UTC'"));
  CHECK_THAT(script, ContainsSubstring("complete -c slotcat -l if -x -a '(slotcat --completion interfaces 2>/dev/null)' -d 'interface'"));
}
