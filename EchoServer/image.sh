#!/usr/bin/env bash
# Makes a container image of the server: what "./build.sh image" runs. Needs bash and the .NET 10 SDK; docker or podman, if any, loads it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly server=EchoServer/EchoServer.csproj

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

usage_error() {
  echo "build.sh: $*" >&2
  exit 2
}

# The SDK writes the archive, and the engine loads it: so there is one way, with and without an engine.
image() {
  local base=${ContainerBaseImage:-} arch=x64 name='' argument
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
      --arch)
        [ $# -gt 0 ] || usage_error "--arch: a value is needed: x64, arm64"
        arch=$1
        shift
        ;;
      --arch=*) arch=${argument#--arch=} ;;
      -*) usage_error "image: '$argument' is not an option: --arch, --base" ;;
      *)
        [ -z "$name" ] || usage_error "image: '$argument' is one name too many"
        name=$argument
        ;;
    esac
  done
  [[ $arch == x64 || $arch == arm64 ]] || usage_error "--arch: '$arch' is not a processor that an image is made for: x64, arm64"
  local tag='' part='[a-z0-9]+([._-]+[a-z0-9]+)*'
  name=${name:-echo-server:latest}
  [[ $name =~ ^($part(:[0-9]+)?/)?$part(/$part)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$ ]] ||
    usage_error "image: '$name' is not a name for an image: [registry/]name[:tag], in small letters but for the tag"
  [[ $name =~ :[^/]+$ ]] || name=$name:latest
  tag=${name##*:}

  local engine why archive=artifacts/image.tar
  engine=$(container_engine)
  why=${engine#none}
  engine=${engine%% *}
  local obstacle
  # A function of build.sh, which exports it.
  obstacle=$(linker_obstacle "$arch")
  # MSBuild takes properties from the environment as well.
  if [ -n "$obstacle" ]; then
    echo "build.sh: the program in the image is not native code, but a file three times as large: $obstacle" >&2
    export PublishAot=false
  elif [ "$arch $HOSTTYPE" = 'arm64 x86_64' ]; then
    export CppCompilerAndLinker=aarch64-linux-gnu-gcc ObjCopyName=aarch64-linux-gnu-objcopy
  fi
  echo "build.sh: making the image $name (about a minute) ..." >&2
  publish_image "$arch" "$base" "${name%:*}" "$tag" "$archive"
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
  local arch=$1 base=$2 repository=$3 tag=$4 archive=$5 folder=artifacts/image output
  rm -rf "$folder" "$archive"
  local properties=(-p:ContainerRepository="$repository" -p:ContainerImageTag="$tag" -p:ContainerArchiveOutputPath="$PWD/$archive" -p:ContainerImageFormat=Docker)
  [ -z "$base" ] || properties+=(-p:ContainerBaseImage="$base")
  if output=$(dotnet publish "$server" -t:PublishContainer -c Release -r "linux-$arch" -o "$folder" "${properties[@]}" --nologo -v quiet 2>&1); then
    rm -rf "$folder"
    check_architecture "$arch" "$archive"
    return
  fi

  rm -f "$archive"
  [ -n "$base" ] || base=$(dotnet msbuild "$server" -getProperty:ContainerBaseImage -p:RuntimeIdentifier="linux-$arch")
  explain_image_failure "$(plain <<<"$output")" "$(plain <<<"$base")"
}

# The SDK looks at the processor of a base image only where there is a list of several: another processor's is taken as it is.
check_architecture() {
  local wanted=$1 archive=$2 found
  [ "$wanted" != x64 ] || wanted=amd64
  found=$(tar -xOf "$archive" "$(tar -xOf "$archive" manifest.json | grep -oE '[^"]+\.json')" | grep -oE '"architecture": *"[^"]*"' | cut -d '"' -f 4)
  [ "$found" = "$wanted" ] || {
    rm -f "$archive"
    fail "image: the base image is for $(plain <<<"$found"), not for $wanted: give another one with --base"
  }
}

# Told apart by the SDK's codes and the types of its exceptions, which are the same in every language.
explain_image_failure() {
  local output=$1 base=$2 errors first reason
  errors=$(sdk_errors <<<"$output")
  first=${errors%%$'\n'*}
  # Its own words: without the types of exceptions and its code.
  reason=$(sed -E 's/^([A-Za-z.]+Exception: )?([A-Z]+[0-9]+: )?//; s/[. ]*$//' <<<"$first")
  local cannot="image: the base image $base cannot be pulled: $reason" instead='give another one with --base'
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

# Prints the engine that images are loaded into, or "none" and, unless that was chosen, the reason. A docker without its daemon does not count.
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
    *'ermission denied'*) reason+='; run as a user with access to it' ;;
    *'o space left on device'*) reason+='; make room for it' ;;
  esac
  echo "${reason:-it does not say why}"
}

# What another program or a registry says, for a terminal: without control characters, and without the user in a URL.
plain() {
  LC_ALL=C sed -E $'s/\r$//; s/\xc2[\x80-\x9f]|[\x01-\x08\x0b-\x1f\x7f]/?/g; s#://[^/@ ]+@#://#g'
}

image "$@"
