#!/usr/bin/env bash
# Runs the tests, which are built already: "run.sh [quick] [arguments of dotnet test]". Shows each failure at once, and on a
# terminal how far the run is. The last line is "N passed, M failed, K skipped", from the results file. The exit code is not 0 if
# a test failed, if the run broke off, if no test ran, or if CI skipped a test without an accepted reason.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The lines of the console logger are read below.
export DOTNET_CLI_UI_LANGUAGE=en

readonly results=artifacts/test-results
readonly log=artifacts/test.log

# The quick tests need nothing but the SDK. Tests carry the attributes Support/WholeMachineAttribute.cs and SlowAttribute.cs; one that
# asks Support/Requires.cs for a tool without the first of them fails.
readonly quick_filter='TestCategory!=WholeMachine&TestCategory!=Slow'

# The one reason for which CI may skip tests: not every feed has the package.
readonly accepted_reason='Fleck is not in the configured NuGet feeds'

say() {
  echo "build.sh: test: $*" >&2
}

# Sets options to the arguments of dotnet test, with one filter out of those in the arguments and that of the quick tests.
take_arguments() {
  local filter=''
  options=()
  if [ "${1:-}" = quick ]; then
    filter="($quick_filter)"
    shift
  fi

  while [ $# -gt 0 ]; do
    case "$1" in
      --) break ;;
      --filter)
        filter+="${filter:+&}(${2:-})"
        shift
        ;;
      --filter=* | --filter:*) filter+="${filter:+&}(${1#--filter?})" ;;
      *) options+=("$1") ;;
    esac
    shift
  done
  [ -z "$filter" ] || options+=(--filter "$filter")
  options+=("$@")
}

# Reads the console logger's lines: prints each failed test with its message and stack, and on a terminal the progress.
show() {
  local line total='?' ended=0 failed=0 printing='' terminal='' clear=''
  [ ! -t 2 ] || { terminal=yes && clear=$'\r\e[K'; }
  while IFS= read -r line; do
    case "$line" in
      *' discovered '*' NUnit test cases using '*)
        total=${line##* discovered }
        total=${total%% *}
        ;;
      '  Passed '*) ended=$((ended + 1)) printing='' ;;
      '  Skipped '*) ended=$((ended + 1)) printing='' ;;
      '  Failed '*) ended=$((ended + 1)) failed=$((failed + 1)) printing=yes ;;
      # Not about one test: it only shows that the run broke off.
      'The active test run was aborted'* | 'The active Test Run was aborted'* | 'No test '*) printing=yes ;;
      'Test Run '* | 'Results File: '* | 'Data collector '* | 'Attachments:') printing='' ;;
    esac
    if [ -n "$printing" ]; then
      [ -z "$terminal" ] || printf '%s' "$clear" >&2
      printf '%s\n' "$line"
    fi
    [ -z "$terminal" ] || printf '%s%s of %s tests, %s failed' "$clear" "$ended" "$total" "$failed" >&2
  done
  [ -z "$terminal" ] || printf '%s' "$clear" >&2
}

# From the results file: a line with the number of passed, skipped and failed tests, then a line for each reason of skips. The slowest
# tests go to a file.
read_results() {
  awk -v slowest="sort -rn | head -n 20 >$results/slowest.txt" '
    function attribute(name) {
      match($0, " " name "=\"[^\"]*")
      return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
    }
    function plain(text) {
      gsub(/&quot;/, "\"", text)
      gsub(/&apos;/, "\047", text)
      gsub(/&lt;/, "<", text)
      gsub(/&gt;/, ">", text)
      gsub(/&#x[0-9A-F]+;/, "?", text)
      gsub(/&amp;/, "\\&", text)
      return text
    }
    /<UnitTestResult / {
      outcome = attribute("outcome")
      count[outcome == "Passed" || outcome == "NotExecuted" ? outcome : "Failed"]++
      split(attribute("duration"), time, ":")
      seconds[attribute("testId")] = time[1] * 3600 + time[2] * 60 + time[3]
    }
    outcome == "NotExecuted" && /<Message>/ {
      sub(/^.*<Message>(OneTimeSetUp: )?(SetUp : )? *(skipped: )?/, "")
      sub(/<\/Message>.*$/, "")
      reasons[plain($0)]++
    }
    /<UnitTest / { id = attribute("id"); test = attribute("name") }
    /<TestMethod / { printf "%.3f s  %s.%s\n", seconds[id], attribute("className"), plain(test) | slowest }
    END {
      print count["Passed"] + 0, count["NotExecuted"] + 0, count["Failed"] + 0
      for (reason in reasons) print reasons[reason] ": " reason
    }' "$results/tests.trx"
}

take_arguments "$@"
rm -rf "$results"
mkdir -p "$results"
status=0
dotnet test EchoServer.Tests/EchoServer.Tests.csproj -c Release --no-build --nologo \
  --logger "trx;LogFileName=tests.trx" --logger "console;verbosity=normal" \
  --results-directory "$results" --blame-hang-timeout 15m "${options[@]}" 2>&1 | tee "$log" | show || status=$?

if ! total=$(grep -m 1 -oE 'discovered [0-9]+ of' "$log" | grep -oE '[0-9]+') || [ "$total" = 0 ] || [ ! -e "$results/tests.trx" ]; then
  # Nothing ran: the log says why, and there is nothing to count.
  cat "$log" >&2
  say "no test ran: see $log"
  exit 1
fi

{ read -r passed skipped failed; mapfile -t reasons; } < <(read_results)
ended=$((passed + skipped + failed))
for reason in "${reasons[@]}"; do
  say "skipped $reason"
  [ "${CI:-}" != true ] || [[ $reason == *"$accepted_reason"* ]] || { say "CI must run them" && status=1; }
done

# A test that never ended has no result: it counts as failed.
if [ "$ended" -lt "$total" ]; then
  say "the run broke off: $((total - ended)) of $total tests did not end, and count as failed; the end of $log:"
  grep -v '^  Passed ' "$log" | tail -n 30 >&2
  failed=$((failed + total - ended))
fi
[ "$failed" = 0 ] || status=1
[ "$status" = 0 ] || [ "$failed" -gt 0 ] || say "no test failed, but the run did: see $log"
echo "$passed passed, $failed failed, $skipped skipped"
exit "$((status ? 1 : 0))"
