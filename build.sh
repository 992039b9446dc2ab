#!/usr/bin/env bash
# Builds, runs, tests and publishes. Needs bash and the .NET 10 SDK; "test" brings what else it needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

readonly server=EchoServer/EchoServer.csproj
readonly tests=EchoServer.Tests/EchoServer.Tests.csproj
readonly bench=EchoServer.Tests/Bench/Bench.csproj

help() {
  cat <<'END'
usage: ./build.sh [command]

  (none)         same as publish
  publish [--jit]
                 publish artifacts/portable (any platform: dotnet EchoServer.dll)
                 and artifacts/cf (linux-x64, needs no .NET: what cf push takes), which is
                 native code; with --jit, and where there is no C compiler to link it with,
                 one file with the .NET runtime in it
  image [--arch x64|arm64] [--base image] [name:tag]
                 make a container image, echo-server:latest unless told otherwise, without
                 a Dockerfile, and load it into docker or podman, else write it to
                 artifacts/image.tar; CONTAINER_ENGINE=docker, podman or none chooses
  pack           make artifacts/package/EchoServer.<version>.nupkg, a .NET tool for any
                 system with .NET 10: dotnet tool install --global --add-source
                 artifacts/package EchoServer, then echo-server --help
  run [args]     build the server and run it; args go to EchoServer (try: run --help)
  test [args]    install what the tests need (EchoServer.Tests/prepare.sh), then run all of
                 them; args go to dotnet test (try: test --filter Conformance)
  test quick [args]
                 run only the tests that need nothing but the SDK (one to four minutes)
  soak [minutes] run the server under mixed traffic, 20 minutes unless told otherwise;
                 figures and a picture of them go to artifacts/soak
  bench [args]   measure the server beside other people's servers (minutes);
                 args say what (try: bench --help); figures and a chart of
                 them go to artifacts/bench
  docs           write the tables of docs/options.md anew, from the options of the program
  clean          remove everything that was built
  help           this text

publish and run take --engine builtin (the default) or --engine fleck first: the Fleck
package in place of the project's own engine, in artifacts/portable-fleck and cf-fleck
END
}

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

usage_error() {
  echo "build.sh: $*" >&2
  exit 2
}

# Takes "--engine X" off the front of the arguments: sets engine, and rest to the others.
take_engine() {
  engine=builtin
  while [[ ${1:-} == --engine || ${1:-} == --engine=* ]]; do
    if [[ $1 == --engine ]]; then
      [ $# -gt 1 ] || usage_error "--engine: a value is needed: builtin, fleck"
      engine=$2
      shift
    else
      engine=${1#--engine=}
    fi
    shift
  done

  case "$engine" in
    builtin) folder_suffix='' && project_suffix='' && engine_property=-p:WebSocketEngine=builtin ;;
    fleck) folder_suffix=-fleck && project_suffix=.Fleck && engine_property=-p:WebSocketEngine=Fleck ;;
    *) usage_error "--engine: '$engine' is not an engine: builtin, fleck" ;;
  esac
  rest=("$@")
}

# The default engine needs no package of its own; the other one's is not in every feed.
need_engine() {
  [ "$engine" != builtin ] || return 0
  local output
  output=$(dotnet restore "$server" "$engine_property" --nologo -v quiet 2>&1) && return 0
  if grep -qE 'NU110[12]: .*Fleck' <<<"$output"; then
    fail "Fleck 1.2.0 is not in the configured NuGet feeds: add one that has it with" \
      "'dotnet nuget add source <URL or folder>', or take --engine builtin"
  fi
  fail "Fleck 1.2.0 cannot be restored: $(grep -m 1 -o 'error .*' <<<"$output" || tail -n 1 <<<"$output")"
}

need_sdk() {
  command -v dotnet >/dev/null ||
    fail "the .NET 10 SDK is not installed: see https://dotnet.microsoft.com/download/dotnet/10.0"
  dotnet --version >/dev/null 2>&1 ||
    fail "the .NET SDK here is not 10.0 (global.json): see https://dotnet.microsoft.com/download/dotnet/10.0"
}

# Messages go to standard error: standard output belongs to the program that is run.
say() {
  echo "build.sh: $*" >&2
}

# The output of a build is of interest when it fails. (The SDK prints "Build succeeded" at any verbosity.)
silently() {
  local said
  said=$("$@" 2>&1) || fail "$1 $2 failed:"$'\n'"$said"
}

publish() {
  local obstacle=''
  take_engine "$@"
  if [ "${rest[0]:-}" = --jit ]; then
    obstacle=--jit
    rest=("${rest[@]:1}")
  fi
  [ ${#rest[@]} = 0 ] || usage_error "publish: '${rest[0]}' is not an option: --engine, --jit"
  need_sdk
  say "publishing artifacts/portable$folder_suffix and artifacts/cf$folder_suffix (about two minutes) ..."
  need_engine
  local portable=artifacts/portable$folder_suffix cf=artifacts/cf$folder_suffix
  # An old file in the folder would be pushed with the rest.
  rm -rf "$portable"
  silently dotnet publish "$server" "$engine_property" -c Release -p:UseAppHost=false -o "$portable" --nologo -v quiet
  publish_cf "$cf" "$obstacle"
  echo "$portable/EchoServer.dll"
}

# Publishes native code into a folder, or where an obstacle is given or found, a single file with the runtime in it.
publish_cf() {
  local folder=$1 obstacle=$2 kind='native code'
  [ -n "$obstacle" ] || obstacle=$(linker_obstacle)
  if [ -z "$obstacle" ]; then
    publish_platform "$folder" true
    obstacle=$(glibc_obstacle "$folder/EchoServer")
  fi
  if [ -n "$obstacle" ]; then
    [ "$obstacle" = --jit ] || say "$folder is not native code, but a file three times as large: $obstacle"
    kind='with the .NET runtime'
    publish_platform "$folder" false
  fi
  echo "$folder/EchoServer ($(($(wc -c <"$folder/EchoServer") / 1024 / 1024)) MiB, $kind)"
}

publish_platform() {
  rm -rf "$1"
  silently dotnet publish "$server" "$engine_property" -c Release -r linux-x64 "-p:PublishAot=$2" -o "$1" --nologo -v quiet
}

# Prints why native code cannot be linked here for a processor (x64, the default, or arm64); nothing where it can. For this machine's own
# the SDK takes clang before gcc, and bfd and objcopy of binutils.
linker_obstacle() {
  local target=${1:-x64} compiler objcopy=objcopy
  case "$OSTYPE $HOSTTYPE $target" in
    'linux-gnu x86_64 x64' | 'linux-gnu aarch64 arm64') compiler=$(command -v clang || command -v gcc || true) ;;
    'linux-gnu x86_64 arm64') compiler=$(command -v aarch64-linux-gnu-gcc || true) && objcopy=aarch64-linux-gnu-objcopy ;;
    *)
      echo "it is linked on linux-x64 with glibc only, and this is $OSTYPE on $HOSTTYPE"
      return
      ;;
  esac
  if [ -z "$compiler" ]; then
    echo "there is no C compiler to link it with; $(linker_packages "$objcopy")"
  elif ! command -v "$objcopy" >/dev/null || ! "$compiler" -x c - -o /dev/null -fuse-ld=bfd -lm 2>/dev/null <<<'int main(void) { return 0; }'; then
    echo "$compiler links no program here; $(linker_packages "$objcopy")"
  fi
}

linker_packages() (
  ID='' ID_LIKE=''
  [ ! -r /etc/os-release ] || . /etc/os-release
  case "$1 $ID $ID_LIKE " in
    aarch64*' debian '*) echo 'apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross' ;;
    aarch64*) echo "install gcc for aarch64-linux-gnu, and the C library's development files for it" ;;
    *' debian '*) echo 'apt-get install gcc libc6-dev' ;;
    *' fedora '* | *' rhel '*) echo 'dnf install gcc' ;;
    *' suse '*) echo 'zypper install gcc' ;;
    *' arch '*) echo 'pacman -S gcc' ;;
    *) echo "install gcc and the C library's development files" ;;
  esac
)

# Prints why a program does not run on Cloud Foundry's stack cflinuxfs4; nothing where it does.
glibc_obstacle() {
  local highest
  highest=$(LC_ALL=C grep -aoE 'GLIBC_2\.[0-9]+' "$1" | sort -V | tail -n 1)
  [ "$(printf '%s\n' "$highest" GLIBC_2.35 | sort -V | tail -n 1)" = GLIBC_2.35 ] ||
    echo "linked here it needs $highest, and cflinuxfs4 has GLIBC_2.35; link it on Debian 12 or Ubuntu 22.04, such as in a container"
}

pack() {
  [ $# = 0 ] || usage_error "pack: takes no '$1'"
  need_sdk
  say "making the package (about half a minute) ..."
  # The old package of the same version would be taken for it.
  rm -rf artifacts/package
  silently dotnet pack "$server" -c Release --nologo -v quiet
  echo artifacts/package/*.nupkg
}

run() {
  take_engine "$@"
  need_sdk
  local program=artifacts/bin/EchoServer$project_suffix/release/EchoServer.dll
  # A build without changes takes seconds, and needs no word.
  if [ ! -e "$program" ]; then
    say "building the server (the first time takes about a minute) ..."
  elif [ -n "$(find EchoServer global.json -type f ! -name '*.sh' -newer "$program" -print -quit)" ]; then
    say "building the server ..."
  fi
  need_engine
  silently dotnet build "$server" "$engine_property" -c Release --nologo -v quiet
  exec dotnet "$program" "${rest[@]}"
}

# The machine is prepared while the server is published and the tests are built: neither needs the other.
run_tests() {
  case "${1:-}" in
    --engine*) usage_error "test: takes no --engine: it tests every engine that can be restored" ;;
    quick | -* | '') ;;
    *) usage_error "test: '$1' is neither quick nor an option of dotnet test, such as --filter" ;;
  esac
  need_sdk
  # In CI no build server outlives the run.
  [ "${CI:-}" != true ] || export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
  if [ "${1:-}" = quick ]; then
    build_tests
    exec EchoServer.Tests/run.sh "$@"
  fi

  # A process group of its own, so that an interrupted build ends the preparation as well, if that still runs.
  set -m
  EchoServer.Tests/prepare.sh test </dev/null &
  local preparing=$!
  set +m
  trap end_preparation EXIT
  # The preparation may install the C compiler that links native code.
  [ -z "$(linker_obstacle)" ] || end_of_preparation
  publish >&2
  build_tests
  local uncovered=''
  if [ "${CI:-}" = true ]; then
    check_format
    say "measuring the coverage of the pure core ..."
    EchoServer.Tests/coverage.sh || uncovered=yes
  fi
  end_of_preparation
  trap - EXIT
  # The processes that the tests start are the program that is pushed.
  export ECHO_TEST_PROGRAM=$PWD/artifacts/cf/EchoServer
  [ -n "$uncovered" ] || exec EchoServer.Tests/run.sh "$@"
  # The run fails, and its last line still counts the tests.
  EchoServer.Tests/run.sh "$@" || true
  exit 1
}

# Waits for the preparation, once.
end_of_preparation() {
  [ -z "$preparing" ] || wait "$preparing" || fail "test: this machine could not be prepared"
  preparing=''
}

# A preparation that ended is left alone: its number can be another process's by now.
end_preparation() {
  local running
  running=$(jobs -pr)
  [ -z "$running" ] || kill -- "-$running"
}

build_tests() {
  say "building the tests ..."
  silently dotnet build "$tests" -c Release --nologo -v quiet
}

# What the build does not see: the format of C# is a rule of the build (IDE0055), and the order of usings has a test.
check_format() {
  say "checking the format ..."
  dotnet format whitespace . --folder --verify-no-changes --exclude artifacts/
}

# The same load from beginning to end, for long enough to see whether anything grows.
soak() {
  local minutes=${1:-20} status=0
  [[ $minutes =~ ^[1-9][0-9]{0,2}$ ]] || usage_error "soak: '$minutes' is not a number of minutes (1-999)"

  need_sdk
  build_tests
  ECHO_SOAK_MINUTES=$minutes dotnet test "$tests" -c Release --no-build --nologo --filter TestCategory=Soak \
    --logger "console;verbosity=normal" --results-directory artifacts/test-results \
    --blame-hang-timeout "$((minutes + 5))m" || status=$?
  echo "artifacts/soak/soak.csv"
  echo "artifacts/soak/soak.svg"
  return "$status"
}

# Ours as it is published, beside other people's, all in one run.
bench() {
  need_sdk
  say "building the bench ..."
  silently dotnet build "$bench" -c Release --nologo -v quiet
  local argument
  for argument in "$@"; do
    # What only asks for help needs no server.
    [[ $argument != -h && $argument != --help ]] || exec dotnet artifacts/bin/Bench/release/Bench.dll --help
  done

  publish >&2
  publish_platform artifacts/cf-jit false
  EchoServer.Tests/prepare.sh bench
  exec dotnet artifacts/bin/Bench/release/Bench.dll "$@"
}

# A test compares the page with the program; told to, it writes the page first.
docs() {
  [ $# = 0 ] || usage_error "docs: takes no '$1'"
  need_sdk
  build_tests
  ECHO_WRITE_DOCS=1 silently dotnet test "$tests" -c Release --no-build --nologo --filter Name~The_page_of_options
  echo docs/options.md
}

command=${1:-publish}
[ $# = 0 ] || shift
case "$command" in
  publish) publish "$@" ;;
  image) need_sdk && export -f linker_obstacle linker_packages && exec EchoServer/image.sh "$@" ;;
  pack) pack "$@" ;;
  run) run "$@" ;;
  test) run_tests "$@" ;;
  soak) soak "$@" ;;
  bench) bench "$@" ;;
  docs) docs "$@" ;;
  clean) rm -rf artifacts EchoServer/{bin,obj} EchoServer.Tests/{bin,obj} ;;
  help | -h | --help) help ;;
  *) usage_error "'$command' is not a command: (none), publish, image, pack, run, test, soak, bench, docs, clean, help" ;;
esac
