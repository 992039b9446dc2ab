#!/usr/bin/env bash
# Builds, runs, tests and publishes. Needs bash and the .NET 10 SDK; "test" brings what else it needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

readonly server=EchoServer/EchoServer.csproj
readonly tests=EchoServer.Tests/EchoServer.Tests.csproj
readonly results=artifacts/test-results
readonly bench=EchoServer.Tests/Bench/Bench.csproj
readonly kestrel=EchoServer.Tests/Peers/Kestrel/Kestrel.csproj
readonly bench_peers=artifacts/bench-peers

help() {
  cat <<'END'
usage: ./build.sh [command]

  (none)         publish artifacts/portable (any platform: dotnet EchoServer.dll)
                 and artifacts/cf (linux-x64, needs no .NET: what cf push takes)
  run [args]     build the server and run it; args go to EchoServer (try: run --help)
  test [args]    install what the tests need, then run all of them;
                 args go to dotnet test (try: test --filter Conformance)
  soak [minutes] run the server under mixed traffic, 20 minutes unless told otherwise;
                 figures and a picture of them go to artifacts/soak
  bench [args]   measure the server beside other people's servers (minutes);
                 args say what (try: bench --help); figures and a chart of
                 them go to artifacts/bench
  clean          remove everything that was built
  help           this text
END
}

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

need_sdk() {
  command -v dotnet >/dev/null ||
    fail "the .NET 10 SDK is not installed: see https://dotnet.microsoft.com/download/dotnet/10.0"
  dotnet --version >/dev/null 2>&1 ||
    fail "the .NET SDK here is not 10.0 (global.json): see https://dotnet.microsoft.com/download/dotnet/10.0"
}

# Build messages go to standard error: standard output belongs to what is run.
quietly() {
  "$@" >&2
}

publish() {
  need_sdk
  # An old file in the folder would be pushed with the rest.
  rm -rf artifacts/portable artifacts/cf
  quietly dotnet publish "$server" -c Release -p:UseAppHost=false -o artifacts/portable --nologo -v quiet -clp:NoSummary
  quietly dotnet publish "$server" -c Release -r linux-x64 -o artifacts/cf --nologo -v quiet -clp:NoSummary
  echo "artifacts/portable/EchoServer.dll"
  echo "artifacts/cf/EchoServer ($(($(wc -c <artifacts/cf/EchoServer) / 1024 / 1024)) MiB)"
}

run() {
  need_sdk
  quietly dotnet build "$server" -c Release --nologo -v quiet -clp:NoSummary
  exec dotnet artifacts/bin/EchoServer/release/EchoServer.dll "$@"
}

# Debian's packages that some tests need: where they cannot be installed those tests are skipped, with a word, but not in CI.
install_packages() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  local missing=()
  command -v npm >/dev/null || missing+=(nodejs npm)
  [ -e /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 ] || missing+=(faketime)
  command -v cc >/dev/null || missing+=(gcc libc6-dev)
  [ ${#missing[@]} -gt 0 ] || return 0
  quietly apt-get update -q
  quietly apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# Node's packages of EchoServer.Tests/Peers, in a copy under artifacts: nothing is installed into the source tree.
install_peers() {
  if ! command -v npm >/dev/null; then
    [ "${CI:-}" != true ] || fail "Node and npm are needed for the tests in CI, and could not be installed"
    echo "build.sh: without Node and npm the tests with Node's ws client are skipped" >&2
    return
  fi

  rm -rf artifacts/peers
  cp -r EchoServer.Tests/Peers artifacts/peers
  quietly npm ci --prefix artifacts/peers --no-audit --no-fund
}

# The servers that the bench measures ours beside. One that cannot be had is left out, with a word, but not in CI.
install_bench_peers() {
  rm -rf "$bench_peers"
  cp -r EchoServer.Tests/Peers/bench "$bench_peers"
  if command -v npm >/dev/null; then
    quietly npm ci --prefix "$bench_peers" --no-audit --no-fund
  else
    [ "${CI:-}" != true ] || fail "Node and npm are needed for the bench in CI, and could not be installed"
    echo "build.sh: without Node and npm the bench leaves out Node and Bun" >&2
  fi

  if command -v cc >/dev/null; then
    cc -O2 -Wall -Wextra -Werror -o "$bench_peers/raw-echo" "$bench_peers/raw-echo.c"
  else
    [ "${CI:-}" != true ] || fail "a C compiler (cc) is needed for the bench in CI, and could not be installed"
    echo "build.sh: without a C compiler (cc) the bench leaves out the raw TCP echo" >&2
  fi
}

# From the results file, not from what the runner printed: "N passed, M failed, K skipped".
summary() {
  local counters total executed passed
  counters=$(grep -o '<Counters [^>]*>' "$results/tests.trx") || fail "the test run left no results"
  total=$(attribute total "$counters")
  executed=$(attribute executed "$counters")
  passed=$(attribute passed "$counters")
  echo "$passed passed, $((executed - passed)) failed, $((total - executed)) skipped"
}

attribute() {
  sed -E "s/.* $1=\"([0-9]+)\".*/\1/" <<<"$2"
}

run_tests() {
  need_sdk
  # A build server that outlives the run would be a process that the tests started and did not end.
  [ "${CI:-}" != true ] || export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
  publish >&2
  install_packages
  install_peers
  install_bench_peers
  if [ "${CI:-}" = true ]; then
    dotnet format "$server" --verify-no-changes
    dotnet format "$tests" --verify-no-changes
    dotnet format "$bench" --verify-no-changes
    dotnet format "$kestrel" --verify-no-changes
  fi

  rm -rf "$results"
  local status=0
  dotnet test "$tests" -c Release --nologo \
    --logger "trx;LogFileName=tests.trx" --logger "console;verbosity=normal" \
    --results-directory "$results" --blame-hang-timeout 5m "$@" >"artifacts/test.log" 2>&1 || status=$?
  # Every passed test is a line in the log; here it is what a person must see.
  grep -vE '^  Passed ' artifacts/test.log || true
  summary
  return "$status"
}

# The same load from beginning to end, for long enough to see whether anything grows.
soak() {
  local minutes=${1:-20} status=0
  if [[ ! $minutes =~ ^[1-9][0-9]{0,2}$ ]]; then
    echo "build.sh: soak: '$minutes' is not a number of minutes (1-999)" >&2
    exit 2
  fi

  need_sdk
  quietly dotnet build "$tests" -c Release --nologo -v quiet -clp:NoSummary
  ECHO_SOAK_MINUTES=$minutes dotnet test "$tests" -c Release --no-build --nologo --filter TestCategory=Soak \
    --logger "console;verbosity=normal" --results-directory "$results" \
    --blame-hang-timeout "$((minutes + 5))m" || status=$?
  echo "artifacts/soak/soak.csv"
  echo "artifacts/soak/soak.svg"
  return "$status"
}

# Ours as it is published, beside other people's, all in one run.
bench() {
  need_sdk
  quietly dotnet build "$bench" -c Release --nologo -v quiet -clp:NoSummary
  local argument
  for argument in "$@"; do
    # What only asks for help needs no server.
    [[ $argument != -h && $argument != --help ]] || exec dotnet artifacts/bin/Bench/release/Bench.dll --help
  done

  publish >&2
  install_packages
  install_bench_peers
  exec dotnet artifacts/bin/Bench/release/Bench.dll "$@"
}

command=${1:-publish}
[ $# = 0 ] || shift
case "$command" in
  publish) publish ;;
  run) run "$@" ;;
  test) run_tests "$@" ;;
  soak) soak "$@" ;;
  bench) bench "$@" ;;
  clean) rm -rf artifacts EchoServer/{bin,obj} EchoServer.Tests/{bin,obj} ;;
  help | -h | --help) help ;;
  *)
    echo "build.sh: '$command' is not a command: (none), run, test, soak, bench, clean, help" >&2
    exit 2
    ;;
esac
