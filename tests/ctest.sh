# Runs tests through CTest and counts them. Read after .ci/setup.sh, in the project's folder (POSIX sh).

passed=0
failed=0

# No datagram of a test leaves the machine: where the system permits, tests run on a network that has loopback only.
isolated() {
  for unshare in "unshare -n" "unshare -rn"; do
    if $unshare ip link set lo up 2>/dev/null; then
      $unshare sh -c 'ip link set lo up && exec "$@"' sh "$@"
      return
    fi
  done
  "$@"
}

# run_tests FOLDER [CTEST-OPTION...]; in the current network where $network is empty
# A case that fails is tried once more: what others do on the machine at the same time may have been the cause. The log has both.
network=isolated
run_tests() {
  tests=$1
  shift
  $network ctest --test-dir "$tests" --output-on-failure --no-tests=error --parallel 2 --repeat until-pass:2 "$@" 2>&1 | tee "$tests/tests.log"
  # 98% tests passed, 1 tests failed out of 50
  counts=$(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$tests/tests.log")
  [ -n "$counts" ] || die "no tests were run; labels are $(ctest --test-dir "$tests" --print-labels | sed -n 's/^  //p' | xargs)"
  failed=$((failed + ${counts% *}))
  passed=$((passed + ${counts#* } - ${counts% *}))
}
