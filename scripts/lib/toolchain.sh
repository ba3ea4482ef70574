# shellcheck shell=bash
# Sourced after python.sh by the scripts that build: what a bare machine still lacks for that.

# The Rust toolchain itself cannot be guessed; a C compiler and make are for the allocator and the
# cryptography that dependencies build from source.
need_toolchain() {
  command -v cargo >/dev/null || die "cargo was not found; install the Rust toolchain from https://rustup.rs"
  if ! command -v cc >/dev/null || ! command -v make >/dev/null; then
    [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || die "a C compiler and make are needed; install them"
    say "installing build-essential"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq build-essential; } >&2 ||
      die "apt-get could not install build-essential"
  fi
}

# need_component COMMAND COMPONENT: a part of the toolchain that minimal installations leave out.
need_component() {
  cargo "$1" --version >/dev/null 2>&1 || rustup component add "$2" >&2 ||
    die "cargo $1 was not found and rustup could not add it"
}
