# Gets what the build needs and builds. Read by examples/quickstart and tests/run, in the project's folder (POSIX sh).

build_packages="c++:g++ cmake ninja:ninja-build pkg-config libspdlog-dev libfmt-dev libboost-log-dev
libcli11-dev rapidjson-dev libre2-dev"

# Compilations are shared between builds wherever they lie, where ccache is there.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# is_there PACKAGE, or COMMAND:PACKAGE where any package's command will do
is_there() {
  case $1 in
    *:*) command -v "${1%%:*}" >/dev/null ;;
    *) [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}

# install_missing PACKAGE...
install_missing() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    cat <<EOF
This system has no apt-get, so nothing was installed. The build needs a C++17 compiler, CMake 3.22, ninja or make, spdlog, fmt,
Boost.Log, CLI11, RapidJSON and RE2, and the tests need Catch2. From Conan 2, all of the libraries:
  conan install --output-folder=build/conan --build=missing -g CMakeDeps -g CMakeToolchain \\
    --requires='spdlog/[>=1.10 <2]' --requires='fmt/[>=9 <12]' --requires='boost/[>=1.74 <2]' --requires='cli11/[>=2.1 <3]' \\
    --requires=rapidjson/cci.20230929 --requires='re2/[>=20220601]' --requires='catch2/[>=2.13 <4]'
Going on with what is there.
EOF
    return
  fi
  missing=
  for package; do
    is_there "$package" || missing="$missing ${package#*:}"
  done
  [ -n "$missing" ] || return 0
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "cannot install without root or sudo; as root: apt-get install$missing"
    as_root=sudo
  fi
  echo "Installing$missing"
  $as_root apt-get update -qq
  # shellcheck disable=SC2086  # words
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# get_sources [--of=SUITE] [--download-only] PACKAGE[=VERSION]...: Debian's source packages, of another release if need be, into
# the current folder; dpkg-dev unpacks them
get_sources() {
  other_suite=
  case $1 in
    --of=*)
      other_suite="s/\b$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)\b/${1#*=}/g"
      shift
      ;;
  esac
  lists=$(mktemp -d)
  mkdir -p "$lists/parts" "$lists/lists/partial"
  for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [ -f "$list" ] || continue
    sed -e 's/^deb /deb-src /; s/^Types: .*/Types: deb-src/' -e "$other_suite" "$list" >"$lists/parts/from-$(basename "$list")"
  done
  mv "$lists/parts/from-sources.list" "$lists/parts/first.list" 2>/dev/null || true
  apt_source() {
    apt-get -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$lists/parts" -o "Dir::State::Lists=$lists/lists" \
      -o APT::Sandbox::User=root "$@"
  }
  apt_source update -qq
  apt_source source -qq "$@"
  rm -rf "$lists"
}

# configure FOLDER [CMAKE-OPTION...]
configure() {
  folder=$1
  shift
  if [ ! -f "$folder/build.ninja" ] && [ ! -f "$folder/Makefile" ]; then
    ! command -v ninja >/dev/null || set -- -G Ninja "$@"
    ! command -v ccache >/dev/null || set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"
    [ ! -f build/conan/conan_toolchain.cmake ] || set -- -DCMAKE_TOOLCHAIN_FILE="$PWD/build/conan/conan_toolchain.cmake" "$@"
  fi
  mkdir -p "$folder"
  quietly "$folder/configure.log" cmake -S . -B "$folder" "$@"
}

# build FOLDER [TARGET...]
build() {
  folder=$1
  shift
  echo "Building $folder"
  quietly "$folder/build.log" cmake --build "$folder" --parallel "$(getconf _NPROCESSORS_ONLN)" ${1:+--target} "$@"
}

# Shows what a command printed only if it failed.
quietly() {
  log=$1
  shift
  "$@" >"$log" 2>&1 && return
  cat "$log" >&2
  die "$1 failed"
}
