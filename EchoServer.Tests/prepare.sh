#!/usr/bin/env bash
# Prepares this machine for "./build.sh test" or "./build.sh bench" (the argument: test or bench). Each installation is announced
# in one line on standard error, before it begins; where everything is there already, nothing is printed. The chatter of the
# installers goes to artifacts/prepare.log. A missing part leaves out the tests that need it; in CI it is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# An absolute path: some commands run in another folder.
readonly log=$PWD/artifacts/prepare.log
readonly tools=artifacts/tools

say() {
  echo "prepare.sh: $*" >&2
}

# Says which tests are left out because a part is missing.
without() {
  say "$*"
  [ "${CI:-}" != true ] || exit 1
}

# Runs a command with its output in the log. On failure the end of that output is shown.
logged() {
  local before
  before=$(wc -l <"$log")
  "$@" >>"$log" 2>&1 </dev/null && return
  tail -n "+$((before + 1))" "$log" | tail -n 20 >&2
  return 1
}

can_install() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

# Another installation may hold apt's locks for a while.
apt_get() {
  LC_ALL=C DEBIAN_FRONTEND=noninteractive logged apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

# Fetches the list of packages, once. For the lock of that list apt does not wait by itself.
update_packages() {
  [ -z "${packages_are_current:-}" ] || return 0
  packages_are_current=yes
  local failure deadline=$((SECONDS + 300))
  until failure=$(apt_get update 2>&1); do
    if [ "$SECONDS" -ge "$deadline" ] || [[ $failure != *'Could not get lock'* ]]; then
      echo "$failure" >&2
      return 1
    fi
    sleep 2
  done
}

# Installs the Debian packages of the programs that are named and not there: "program:package package".
install_packages() {
  can_install || return 0
  local entry missing=()
  for entry in "$@"; do
    # shellcheck disable=SC2206 # One entry can name several packages.
    [[ -e ${entry%%:*} ]] || command -v "${entry%%:*}" >/dev/null || missing+=(${entry#*:})
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing the Debian packages ${missing[*]}; they stay installed, their services stay off ..."
  if ! update_packages || ! without_services apt_get install -y --no-install-recommends "${missing[@]}"; then
    without "the packages could not be installed: the tests with them are skipped"
  fi
}

# Debian starts the services of a package when it is installed and at each boot. Here only tests start any.
without_services() {
  local policy=/usr/sbin/policy-rc.d ours='# EchoServer.Tests/prepare.sh' before unit status=0
  before=$(enabled_units)
  # A subshell, so that the file is removed however this ends. Maintainer scripts ask it; an administrator's own is left alone.
  (
    if [ ! -e "$policy" ] || grep -qsx "$ours" "$policy"; then
      trap 'rm -f "$policy"' EXIT
      printf '#!/bin/sh\n%s\nexit 101\n' "$ours" >"$policy"
      chmod +x "$policy"
    fi
    "$@"
  ) || status=$?
  comm -13 <(echo "$before") <(enabled_units) | while read -r unit; do
    find /etc/systemd/system -path "*.wants/$unit" -delete
    [ ! -e "/etc/init.d/${unit%.service}" ] || logged update-rc.d "${unit%.service}" disable
  done
  return "$status"
}

# The services that start at the next boot.
enabled_units() {
  { find /etc/systemd/system -path '*.wants/*' -printf '%f\n' 2>/dev/null || true; } | sort -u
}

# Unpacks one program of a Debian package: installing the package would bring a daemon and its user.
unpack_tool() {
  local package=$1 program=$2 folder
  [ ! -x "$tools/$program" ] && command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 0
  say "unpacking $program from the Debian package $package into $tools ..."
  folder=$(mktemp -d)
  if { ! can_install || update_packages; } && download "$package" "$folder" && logged dpkg-deb -x "$folder/$package"_*.deb "$folder/package"; then
    cp "$folder/package/usr/bin/$program" "$tools/"
    rm -rf "$folder"
  else
    rm -rf "$folder"
    without "the tests with $program are skipped"
  fi
}

download() (
  cd "$2"
  apt_get download -o APT::Sandbox::User=root "$1"
)

# The droplet test runs the deployed files in Debian bookworm, whose C library is the next after that of Cloud Foundry's cflinuxfs4,
# and which has OpenSSL, as that stack does.
make_droplet_root() {
  local folder=$tools/bookworm
  [ ! -d "$folder" ] && [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || return 0
  say "making a root folder of Debian bookworm in $folder (220 MB, about a minute) ..."
  rm -rf "$folder.part"
  if ! logged debootstrap --variant=minbase --include=libssl3 bookworm "$folder.part"; then
    rm -rf "$folder.part"
    without "the droplet test is skipped"
    return
  fi

  # The platform adds mount points, and a name for the loopback address.
  mkdir -p "$folder.part/home/vcap/app" "$folder.part/home/vcap/tmp"
  echo 127.0.0.1 localhost >"$folder.part/etc/hosts"
  # Only a complete folder gets the name: an interrupted run leaves nothing that looks ready.
  mv "$folder.part" "$folder"
}

# Copies other people's programs to a folder under artifacts and installs their npm packages there: the source tree stays clean.
install_npm_packages() {
  local source=$1 folder=$2
  if [ ! -e "$folder/node_modules/.package-lock.json" ] || ! cmp -s "$source/package-lock.json" "$folder/package-lock.json"; then
    rm -rf "$folder"
    command -v npm >/dev/null || without "npm is not installed: the tests with Node's packages are skipped, and the bench leaves out Node and Bun"
  fi
  mkdir -p "$folder"
  cp -r "$source/." "$folder"
  [ ! -e "$folder/node_modules/.package-lock.json" ] && command -v npm >/dev/null || return 0
  say "installing npm packages into $folder ..."
  logged npm ci --prefix "$folder" --no-audit --no-fund || without "the tests with these npm packages are skipped"
}

compile() {
  local source=EchoServer.Tests/Peers/bench/$1.c program=artifacts/bench-peers/$1
  shift
  [[ ! $program -nt $source ]] || return 0
  if command -v cc >/dev/null; then
    logged cc -O2 -Wall -Wextra -Werror "$@" -o "$program" "$source"
  else
    without "cc is not installed: the bench leaves out $(basename "$program")"
  fi
}

prepare_bench() {
  install_packages npm:'nodejs npm' cc:'gcc libc6-dev'
  install_npm_packages EchoServer.Tests/Peers/bench artifacts/bench-peers
  compile raw-echo
  compile connects -pthread
}

prepare_tests() {
  install_packages npm:'nodejs npm' cc:'gcc libc6-dev' chromium:chromium haproxy:haproxy nginx:nginx-light ip:iproute2 \
    objdump:binutils debootstrap:debootstrap podman:podman runc:runc tmux:tmux zsh:zsh \
    /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1:faketime \
    /usr/aarch64-linux-gnu/include/stdio.h:'gcc-aarch64-linux-gnu libc6-dev-arm64-cross' qemu-aarch64:qemu-user
  # Prometheus's own checker of /metrics.
  unpack_tool prometheus promtool
  # The SDK pulls the base image of the image tests from it.
  unpack_tool docker-registry docker-registry
  make_droplet_root
  install_npm_packages EchoServer.Tests/Peers artifacts/peers
  prepare_bench
}

mkdir -p "$tools"
: >"$log"
case "${1:-}" in
  test) prepare_tests ;;
  bench) prepare_bench ;;
  *)
    say "what to prepare for is needed: test, bench"
    exit 2
    ;;
esac
