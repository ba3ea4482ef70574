# shellcheck shell=bash
# Sourced by the scripts that run a local server. Such a script defines
#   install       makes the virtual environment $cache/$name
#   launch PORT   becomes the server (exec); its working and temporary folder is $state
# and ends with `serve NAME PORT PATH "$@"`: the name of the server, of its virtual environment and of
# its files in the cache folder; where it listens by default; and what answers 200 once it is ready.

# shellcheck source-path=SCRIPTDIR source=python.sh
source "$(dirname "${BASH_SOURCE[0]}")/python.sh"

usage() {
  # The comment at the top of the script that was called is its manual.
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

use_port() {
  port=$1
  url=http://127.0.0.1:$port
  state=$cache/$name-$port
  pid_file=$state.pid
  log_file=$state.log
}

# When a process started, which together with its id is its own for good; fails when there is none.
started_at() {
  if [[ -d /proc/self ]]; then
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # What follows the name in parentheses starts with field 3; field 22 is the start.
    read -r -a stat <<<"${stat##*) }"
    # A zombie has ended, its parent has only not asked yet.
    [[ ${stat[0]} != Z ]] && printf '%s\n' "${stat[19]}"
  else
    ps -o lstart= -p "$1"
  fi
}

# Sets pid to the server that an earlier `start` left running; fails when there is none.
find_own() {
  local start
  read -r pid start 2>/dev/null <"$pid_file" && [[ -n $start && $(started_at "$pid") == "$start" ]]
}

healthy() {
  # Proxy settings of the environment are not meant for the loopback interface.
  "$cache/$name/bin/python" - "$url$health_path" 2>/dev/null <<'PYTHON'
import sys, urllib.request
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=5)
PYTHON
}

# bind_port PORT prints the port, or a free one for 0; fails when somebody listens there.
bind_port() {
  "$cache/$name/bin/python" - "$1" 2>/dev/null <<'PYTHON'
import socket, sys
with socket.socket() as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", int(sys.argv[1])))
    print(listener.getsockname()[1])
PYTHON
}

# Only one call at a time installs or starts, so that two that begin together end with one server.
lock() {
  exec 9>"$cache/$name.lock"
  if command -v flock >/dev/null; then flock 9; fi
}

unlock() { exec 9>&-; }

wait_until_healthy() {
  local deadline=$((SECONDS + ${PLANNER_START_TIMEOUT_S:-120}))
  until healthy; do
    if ! find_own; then
      tail -n 20 "$log_file" >&2
      die "$name ended while starting; the end of its log is above, all of it in $log_file"
    fi
    if ((SECONDS >= deadline)); then
      tail -n 20 "$log_file" >&2
      stop_own
      die "$name did not answer $url$health_path in time; the end of its log is above"
    fi
    sleep 0.2
  done
}

start() {
  lock
  install
  if [[ $port != 0 ]] && healthy; then
    say "already running at $url"
  else
    if [[ $port != 0 ]] && find_own; then
      say "process $pid does not answer; starting anew"
      stop_own
    fi
    local free
    free=$(bind_port "$port") || die "port $port is taken by another program; choose one with --port"
    use_port "$free"
    rm -rf "$state"
    mkdir -p "$state"
    # A process group of its own keeps the terminal's interrupts away, and lets `stop` reach its workers.
    set -m
    (unlock; cd "$state"; launch "$port") </dev/null >"$log_file" 2>&1 &
    pid=$!
    # Otherwise this shell would report how the server ended.
    disown "$pid"
    set +m
    printf '%s %s\n' "$pid" "$(started_at "$pid")" >"$pid_file"
    wait_until_healthy
    say "started, process $pid, log in $log_file"
  fi
  unlock
}

stop_own() {
  if find_own; then
    kill -TERM -- "-$pid"
    local deadline=$((SECONDS + 10))
    while find_own && ((SECONDS < deadline)); do sleep 0.1; done
    # Workers too, and a server that would not end.
    kill -KILL -- "-$pid" 2>/dev/null || true
    while find_own; do sleep 0.1; done
    mv -f "$log_file" "$cache/$name.log"
    say "stopped process $pid, log in $cache/$name.log"
  fi
  rm -rf "$state" "$pid_file"
}

stop() {
  if find_own; then
    stop_own
  elif [[ -x $cache/$name/bin/python ]] && healthy; then
    die "the server at $url was not started by this script; left running"
  else
    rm -rf "$state" "$pid_file"
    say "not running at $url"
  fi
}

status() {
  if [[ -x $cache/$name/bin/python ]] && healthy; then
    find_own && say "running, process $pid, log in $log_file" || say "running, not started by this script"
    printf '%s\n' "$url"
  elif find_own; then
    die "process $pid runs but does not answer at $url; \`start\` starts it anew"
  else
    die "not running at $url"
  fi
}

# Runs a command with the server as its AWS, and with nothing of the caller's account in reach.
run() {
  if [[ -x $cache/$name/bin/python ]] && healthy; then
    say "using the server at $url"
  else
    use_port 0
    start
    trap stop_own EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
  fi
  local variable
  for variable in $(compgen -e AWS_); do unset "$variable"; done
  AWS_ENDPOINT_URL=$url AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
    AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true \
    AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null \
    NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost "$@"
}

serve() {
  name=$1
  use_port "$2"
  health_path=$3
  local action=${4:-}
  [[ $action =~ ^(start|stop|status|run)$ ]] || usage
  shift 4
  if [[ ${1:-} == --port ]]; then
    [[ ${2:-} =~ ^[0-9]{1,5}$ ]] && ((10#$2 <= 65535)) || die "--port needs a number from 0 to 65535"
    use_port "$((10#$2))"
    shift 2
  fi
  if [[ $action == run ]]; then
    [[ ${1:-} == -- ]] && shift
    (($# > 0)) || usage
  else
    (($# == 0)) || usage
  fi
  "$action" "$@"
  [[ $action != start ]] || printf '%s\n' "$url"
}
