# What the jobs share that try mailslog from the outside. Read in the project's folder (POSIX sh).
. .ci/setup.sh

! command -v ccache >/dev/null || export CMAKE_CXX_COMPILER_LAUNCHER=ccache
! command -v ninja >/dev/null || export CMAKE_GENERATOR=Ninja

install=yes
[ "${1-}" != --no-install ] || install=no

# needs PACKAGE...: as install_missing, unless the job was told not to install
needs() {
  [ $install = no ] || install_missing "$@"
}

passed=0
failed=0
skipped=0

# work_in FOLDER: an empty $work, and slots of this job's own
work_in() {
  work=$PWD/$1
  rm -rf "$work"
  mkdir -p "$work/slots"
  chmod 700 "$work/slots"
  export MAILSLOG_DIR="$work/slots"
}

# check SENTENCE COMMAND...: counts whether the command succeeds; shows what it printed if it does not.
# What the check before printed is in $work/previous.
check() {
  sentence=$1
  shift
  mv "$work/output" "$work/previous" 2>/dev/null || true
  set +e
  (
    set -e
    "$@"
  ) >"$work/output" 2>&1 </dev/null
  status=$?
  set -e
  if [ $status -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok      $sentence"
  else
    failed=$((failed + 1))
    echo "FAILED  $sentence"
    tail -n 60 "$work/output" | sed 's/^/      | /'
  fi
}

skip() {
  skipped=$((skipped + 1))
  echo "skipped $1"
}

# fails_with TEXT COMMAND...: the command fails and says TEXT (an extended regular expression; its line breaks count as spaces)
fails_with() {
  text=$1
  shift
  if said=$("$@" 2>&1); then
    echo "succeeded: $*"
    return 1
  fi
  echo "$said"
  echo "$said" | tr '\n' ' ' | tr -s ' ' | grep -Eq "$text"
}

# source_archive FILE: this tree as a release archive, with what is not committed yet, without what is built
source_archive() {
  if [ -e .git ]; then
    git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2>/dev/null |
      tar -czf "$1" --transform "s,^,mailslog/," -T -
  else
    tar -czf "$1" --transform "s,^\.,mailslog," --exclude "./build*" .
  fi
}

# only_the_interface LIBRARY: of our own symbols, those that the public headers export, and nothing of their insides
only_the_interface() {
  public=$(sed -nE 's/^(class )?MAILSLOG_EXPORT ([^(]* )?\*?&?([a-z_]+|operator\+=)( :|\(| \{).*/\3/p' core/include/mailslog/*.hpp | sed 's/+/\\+/' | paste -sd '|')
  echo "public: $public"
  nm -DC --defined-only "$1" | cut -d' ' -f3- | sed 's/^\(typeinfo\|typeinfo name\|vtable\) for //' | sed -n 's/^mailslog:://p' >"$work/symbols"
  [ "$(wc -l <"$work/symbols")" -gt 20 ]
  ! grep -vE "^($public)(\$|\(|::)" "$work/symbols"
  ! sed 's/([^)].*//' "$work/symbols" | grep -E "::impl|::detail"
}

finish() {
  [ "$skipped" -eq 0 ] || echo "$skipped skipped"
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
