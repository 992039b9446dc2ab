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

  (none)         same as publish
  publish        publish artifacts/portable (any platform: dotnet EchoServer.dll)
                 and artifacts/cf (linux-x64, needs no .NET: what cf push takes)
  image [--base image] [name:tag]
                 make a container image, echo-server:latest unless told otherwise, without
                 a Dockerfile, and load it into docker or podman, else write it to
                 artifacts/image.tar; CONTAINER_ENGINE=docker, podman or none chooses
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

# Takes "--engine X" off the front of the arguments: sets engine, and rest to what is left.
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

# Messages go to standard error: standard output belongs to what is run.
quietly() {
  "$@" >&2
}

# What a build says is of interest when it fails. (The SDK says "Build succeeded" whatever verbosity it is asked for.)
silently() {
  local said
  said=$("$@" 2>&1) || fail "$1 $2 failed:"$'\n'"$said"
}

publish() {
  take_engine "$@"
  [ ${#rest[@]} = 0 ] || usage_error "publish: '${rest[0]}' is not an option: --engine"
  need_sdk
  need_engine
  local portable=artifacts/portable$folder_suffix cf=artifacts/cf$folder_suffix
  # An old file in the folder would be pushed with the rest.
  rm -rf "$portable" "$cf"
  silently dotnet publish "$server" "$engine_property" -c Release -p:UseAppHost=false -o "$portable" --nologo -v quiet
  silently dotnet publish "$server" "$engine_property" -c Release -r linux-x64 -o "$cf" --nologo -v quiet
  echo "$portable/EchoServer.dll"
  echo "$cf/EchoServer ($(($(wc -c <"$cf/EchoServer") / 1024 / 1024)) MiB)"
}

# What another program or a registry says, for a terminal: without control characters, and without the user in a URL.
plain() {
  LC_ALL=C sed -E $'s/\r$//; s/\xc2[\x80-\x9f]|[\x01-\x08\x0b-\x1f\x7f]/?/g; s#://[^/@ ]+@#://#g'
}

# Why an engine does not do what it was asked for: its last word, where it has tried several formats that about ours; and what helps.
engine_reason() {
  local reason
  reason=$(grep -m 1 -o 'docker-archive: .*' <<<"$1" || grep . <<<"$1" | tail -n 1 || true)
  reason=$(plain <<<"${reason#docker-archive: }")
  reason=${reason#Error: }
  reason=${reason%[.?]}
  reason=${reason%. Is the docker daemon running}
  case "$reason" in
    *'annot connect to'* | *'onnection refused'* | *'daemon is running'*) reason+='; start it' ;;
    *'ermission denied'*) reason+='; be a user who may use it' ;;
    *'o space left on device'*) reason+='; make room for it' ;;
  esac
  echo "${reason:-it does not say why}"
}

# The engine that images are loaded into, or "none", and why unless that was asked for. A docker without its daemon is no engine.
container_engine() {
  local engine said refusals=''
  case "${CONTAINER_ENGINE:-}" in
    docker | podman)
      command -v "$CONTAINER_ENGINE" >/dev/null ||
        fail "CONTAINER_ENGINE: $CONTAINER_ENGINE is not installed; CONTAINER_ENGINE=none makes an archive"
      said=$("$CONTAINER_ENGINE" info 2>&1) ||
        fail "CONTAINER_ENGINE: $CONTAINER_ENGINE refuses: $(engine_reason "$said"); CONTAINER_ENGINE=none makes an archive"
      echo "$CONTAINER_ENGINE"
      ;;
    none) echo none ;;
    '')
      for engine in docker podman; do
        command -v "$engine" >/dev/null || continue
        if said=$("$engine" info 2>&1); then
          echo "$engine"
          return
        fi
        refusals+="${refusals:+; }$engine refuses: $(engine_reason "$said")"
      done
      echo "none ${refusals:-neither docker nor podman is installed}"
      ;;
    *) usage_error "CONTAINER_ENGINE: '$CONTAINER_ENGINE' is not an engine: docker, podman, none" ;;
  esac
}

# The SDK writes the archive, and the engine loads it: so there is one way, with and without an engine.
image() {
  local base=${ContainerBaseImage:-} name='' argument
  while [ $# -gt 0 ]; do
    argument=$1
    shift
    case "$argument" in
      --base)
        [ $# -gt 0 ] || usage_error "--base: the name of an image is needed"
        base=$1
        shift
        ;;
      --base=*) base=${argument#--base=} ;;
      -*) usage_error "image: '$argument' is not an option: --base" ;;
      *)
        [ -z "$name" ] || usage_error "image: '$argument' is one name too many"
        name=$argument
        ;;
    esac
  done
  local tag='' part='[a-z0-9]+([._-]+[a-z0-9]+)*'
  name=${name:-echo-server:latest}
  [[ $name =~ ^($part(:[0-9]+)?/)?$part(/$part)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$ ]] ||
    usage_error "image: '$name' is not a name for an image: [registry/]name[:tag], in small letters but for the tag"
  [[ $name =~ :[^/]+$ ]] || name=$name:latest
  tag=${name##*:}

  need_sdk
  local engine why archive=artifacts/image.tar
  engine=$(container_engine)
  why=${engine#none}
  engine=${engine%% *}
  publish_image "$base" "${name%:*}" "$tag" "$archive"
  if [ "$engine" = none ]; then
    [ -z "$why" ] || echo "build.sh: image: nothing to load it into:$why" >&2
    echo "$archive ($name: docker load -i $archive)"
    return
  fi

  local said
  said=$("$engine" load -q -i "$archive" 2>&1) ||
    fail "image: $engine does not load $archive: $(engine_reason "$said"); the archive is still there"
  rm -f "$archive"
  echo "$name (loaded into $engine)"
}

publish_image() {
  local base=$1 repository=$2 tag=$3 archive=$4 folder=artifacts/image output
  rm -rf "$folder" "$archive"
  local properties=(-p:ContainerRepository="$repository" -p:ContainerImageTag="$tag" -p:ContainerArchiveOutputPath="$PWD/$archive" -p:ContainerImageFormat=Docker)
  [ -z "$base" ] || properties+=(-p:ContainerBaseImage="$base")
  if output=$(dotnet publish "$server" -t:PublishContainer -c Release -r linux-x64 -o "$folder" "${properties[@]}" --nologo -v quiet 2>&1); then
    rm -rf "$folder"
    return
  fi

  rm -f "$archive"
  [ -n "$base" ] || base=$(dotnet msbuild "$server" -getProperty:ContainerBaseImage -p:RuntimeIdentifier=linux-x64)
  explain_image_failure "$(plain <<<"$output")" "$(plain <<<"$base")"
}

# Told apart by the SDK's codes and the types of its exceptions, which are the same in every language.
explain_image_failure() {
  local output=$1 base=$2 errors first reason
  errors=$(sdk_errors <<<"$output")
  first=${errors%%$'\n'*}
  # Its own words: without the types of exceptions and its code.
  reason=$(sed -E 's/^([A-Za-z.]+Exception: )?([A-Z]+[0-9]+: )?//; s/[. ]*$//' <<<"$first")
  local cannot="image: the base image $base cannot be had: $reason" instead='give another one with --base'
  case "$errors" in
    *'No space left on device'* | *'Disk quota exceeded'*)
      fail "image: the disk is full: $(grep -m 1 -oE '(No space left on device|Disk quota exceeded).*' <<<"$errors")" ;;
  esac
  case "$first" in
    '') fail "image: the build failed:"$'\n'"$output" ;;
    CONTAINER2009:*) usage_error "--base or ContainerBaseImage: '$base' is not a name of an image: [registry/]name[:tag or @digest]" ;;
    CONTAINER2005:* | CONTAINER2007:* | CONTAINER2010:*) usage_error "image: $reason" ;;
    *CONTAINER1008:* | *CONTAINER1016:*) fail "$cannot; log in to its registry, or $instead" ;;
    *CONTAINER100[367]:* | *CONTAINER101[014578]:* | *CONTAINER200[134]:* | *CONTAINER2012:*) fail "$cannot; $instead" ;;
    *HttpRequestException:* | *HttpIOException:* | *TaskCanceledException:* | *BaseImageNotFoundException:*) fail "$cannot; $instead" ;;
    *CONTAINER[0-9]* | *Exception:*) fail "image: the SDK cannot make it: $errors" ;;
    *) fail "image: the build failed: $errors" ;;
  esac
}

# The errors in the output of a build, each once, without what names no cause: the project, the SDK's own files, a stack trace.
sdk_errors() {
  sed -nE '
    s/ \[[^][]*\]$//
    s/^.*error MSB4018: (([A-Za-z]+\.)+[A-Za-z]*Exception: )/\1/
    /error MSB4018: /d
    s/^.*\.targets\([0-9,]+\): error ([A-Z]+[0-9]+)? ?: ?/\1: /
    s/^: //
    /^[A-Za-z.]+Exception: ./p
    /^CONTAINER[0-9]+: /p
    /(^|: )error ([A-Z]+[0-9]+)? ?: ./p
    ' | awk '!seen[$0]++'
}

run() {
  take_engine "$@"
  need_sdk
  need_engine
  silently dotnet build "$server" "$engine_property" -c Release --nologo -v quiet
  exec dotnet "artifacts/bin/EchoServer$project_suffix/release/EchoServer.dll" "${rest[@]}"
}

# Debian's packages that some tests need: where they cannot be installed those tests are skipped, with a word, but not in CI.
install_packages() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  local missing=()
  command -v npm >/dev/null || missing+=(nodejs npm)
  [ -e /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 ] || missing+=(faketime)
  command -v chromium >/dev/null || missing+=(chromium)
  command -v cc >/dev/null || missing+=(gcc libc6-dev)
  command -v haproxy >/dev/null || missing+=(haproxy)
  command -v nginx >/dev/null || missing+=(nginx-light)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v objdump >/dev/null || missing+=(binutils)
  command -v debootstrap >/dev/null || missing+=(debootstrap)
  command -v podman >/dev/null && command -v runc >/dev/null || missing+=(podman runc)
  command -v tmux >/dev/null || missing+=(tmux)
  [ ${#missing[@]} -gt 0 ] || return 0
  quietly apt-get update -q
  without_services apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# Debian starts the services of a package with it, and at each boot from then on: here only tests start any.
without_services() {
  local policy=/usr/sbin/policy-rc.d ours='# build.sh' before unit
  before=$(enabled_units)
  # A shell of its own, so that the file goes whatever ends it. The maintainer scripts ask it; an administrator's own is left alone.
  (
    if [ ! -e "$policy" ] || grep -qsx "$ours" "$policy"; then
      trap 'rm -f "$policy"' EXIT
      printf '#!/bin/sh\n%s\nexit 101\n' "$ours" >"$policy"
      chmod +x "$policy"
    fi
    quietly "$@"
  )
  comm -13 <(echo "$before") <(enabled_units) | while read -r unit; do
    find /etc/systemd/system -path "*.wants/$unit" -delete
    [ ! -e "/etc/init.d/${unit%.service}" ] || quietly update-rc.d "${unit%.service}" disable
  done
}

# What starts at the next boot.
enabled_units() {
  { find /etc/systemd/system -path '*.wants/*' -printf '%f\n' 2>/dev/null || true; } | sort -u
}

# Programs out of Debian's packages: to install those would bring daemons and their users. promtool is Prometheus's own checker
# of what /metrics says; from docker-registry the SDK takes the base image of the image that the tests make.
unpack_tools() {
  unpack_tool prometheus promtool
  unpack_tool docker-registry docker-registry
}

unpack_tool() {
  local package=$1 program=$2 folder
  [ ! -x "artifacts/tools/$program" ] && command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 0
  folder=$(mktemp -d)
  [ "$(id -u)" != 0 ] || quietly apt-get update -q || true
  if (cd "$folder" && quietly apt-get download -q -o APT::Sandbox::User=root "$package") && quietly dpkg-deb -x "$folder/$package"_*.deb "$folder/package"; then
    mkdir -p artifacts/tools
    cp "$folder/package/usr/bin/$program" artifacts/tools/
  else
    echo "build.sh: without $program the tests with it are skipped" >&2
  fi

  rm -rf "$folder"
}

# Where the droplet test runs what cf push takes: Debian bullseye, whose C library is older than that of Cloud Foundry's cflinuxfs4.
make_droplet_root() {
  local folder=artifacts/tools/bullseye
  [ ! -d "$folder" ] && [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || return 0
  mkdir -p artifacts/tools
  rm -rf "$folder.part"
  if debootstrap --variant=minbase bullseye "$folder.part" >artifacts/debootstrap.log 2>&1; then
    # What the platform adds: places to mount at, and a name for the loopback address.
    mkdir -p "$folder.part/home/vcap/app" "$folder.part/home/vcap/tmp"
    echo 127.0.0.1 localhost >"$folder.part/etc/hosts"
    # Only what is whole gets the name: a run that was cut short leaves nothing that looks ready.
    mv "$folder.part" "$folder"
  else
    tail -n 3 artifacts/debootstrap.log >&2
    rm -rf "$folder.part"
    echo "build.sh: without Debian bullseye the droplet test is skipped" >&2
  fi
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
    cc -O2 -Wall -Wextra -Werror -pthread -o "$bench_peers/connects" "$bench_peers/connects.c"
  else
    [ "${CI:-}" != true ] || fail "a C compiler (cc) is needed for the bench in CI, and could not be installed"
    echo "build.sh: without a C compiler (cc) the bench leaves out the raw TCP echo and connects a second" >&2
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

# The Fleck engine is the one thing that CI may skip: not every feed has its package.
unexcused_skips() {
  local counters excused
  counters=$(grep -o '<Counters [^>]*>' "$results/tests.trx") || return 0
  excused=$(grep -c '<Message>.*skipped: Fleck is not in the configured NuGet feeds' "$results/tests.trx" || true)
  echo "$(($(attribute total "$counters") - $(attribute executed "$counters") - excused))"
}

run_tests() {
  case "${1:-}" in --engine*) usage_error "test: takes no --engine: it tests every engine that can be restored" ;; esac
  need_sdk
  # A build server that outlives the run would be a process that the tests started and did not end.
  [ "${CI:-}" != true ] || export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
  publish >&2
  install_packages
  unpack_tools
  make_droplet_root
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
  local unexcused
  unexcused=$(unexcused_skips)
  if [ "${CI:-}" = true ] && [ "${unexcused:-0}" -gt 0 ]; then
    echo "build.sh: $unexcused tests were skipped that CI must run" >&2
    status=1
  fi
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
  silently dotnet build "$tests" -c Release --nologo -v quiet
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
  silently dotnet build "$bench" -c Release --nologo -v quiet
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
  publish) publish "$@" ;;
  image) image "$@" ;;
  run) run "$@" ;;
  test) run_tests "$@" ;;
  soak) soak "$@" ;;
  bench) bench "$@" ;;
  clean) rm -rf artifacts EchoServer/{bin,obj} EchoServer.Tests/{bin,obj} ;;
  help | -h | --help) help ;;
  *)
    echo "build.sh: '$command' is not a command: (none), publish, image, run, test, soak, bench, clean, help" >&2
    exit 2
    ;;
esac
