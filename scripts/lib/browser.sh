# shellcheck shell=bash
# Sourced after python.sh by the scripts that open reports in a browser.

# need_package COMMAND PACKAGE...: the Debian packages that bring a command.
need_package() {
  local command=$1
  shift
  command -v "$command" >/dev/null && return
  [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || die "$command was not found; install $*"
  say "installing $*"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"; } >&2 ||
    die "apt-get could not install $*"
}

# Sets PLANNER_TEST_CHROMIUM to a browser and PLANNER_TEST_NODE_MODULES to what it is driven with. The
# stamp is written last, so that what an interrupted call left behind is made anew.
need_browser() {
  local folder=$cache/browser wanted
  need_package chromium chromium
  need_package npm nodejs npm
  wanted=$(cat "$root/tests/browser/package-lock.json")
  if [[ $(cat "$folder/stamp" 2>/dev/null) != "$wanted" ]]; then
    say "installing node packages into $folder"
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$root"/tests/browser/package*.json "$folder"
    # Once more, because registries have hiccups.
    npm ci --prefix "$folder" --no-audit --no-fund --silent >&2 ||
      npm ci --prefix "$folder" --no-audit --no-fund >&2 || die "npm could not install; what it said is above"
    printf '%s\n' "$wanted" >"$folder/stamp"
  fi
  PLANNER_TEST_CHROMIUM=$(command -v chromium)
  PLANNER_TEST_NODE_MODULES=$folder/node_modules
  export PLANNER_TEST_CHROMIUM PLANNER_TEST_NODE_MODULES
}
