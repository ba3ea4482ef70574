# shellcheck shell=bash
# Sourced by the scripts: where downloads are kept, and Python virtual environments inside it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${PLANNER_CACHE:-$root/target/servers}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# Prints a Python that can make virtual environments; Debian keeps that part in a package of its own.
find_python() {
  local python=${PLANNER_PYTHON:-python3}
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null ||
      die "$python cannot make virtual environments; install python3-venv, or name a Python in PLANNER_PYTHON"
    say "installing python3-venv"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; } >&2 ||
      die "apt-get could not install python3-venv"
  fi
  printf '%s\n' "$python"
}

# make_venv NAME PACKAGE...: makes $cache/NAME hold these packages, installed by one pip call because
# a later call may break the pins of an earlier one. The stamp is written last, so that what an
# interrupted call left behind is made anew. Callers that may run twice at a time hold a lock.
make_venv() {
  local folder=$cache/$1 python wanted
  shift
  python=$(find_python)
  wanted="$("$python" --version) $folder $*"
  [[ $(cat "$folder/stamp" 2>/dev/null) == "$wanted" ]] && return
  say "installing $* into $folder"
  rm -rf "$folder"
  "$python" -m venv "$folder" >&2 || die "$python -m venv $folder failed"
  # Once more, because registries have hiccups.
  "$folder/bin/python" -m pip install --quiet "$@" >&2 ||
    "$folder/bin/python" -m pip install --quiet "$@" >&2 ||
    die "pip could not install $*; what it said is above"
  printf '%s\n' "$wanted" >"$folder/stamp"
}
