# What the scripts share; sourced by them, in bash.

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_update() {  # once a script; apt's words only where it fails
  local words
  [ -z "${apt_updated:-}" ] || return 0
  words=$(apt-get update -qq 2>&1) || { printf '%s\n' "$words" >&2; return 1; }
  apt_updated=yes
}

apt_install() {  # PACKAGE ...: installs Debian packages where that can be, and keeps no downloads; apt's words only where it fails
  local words
  can_apt || return 1
  say "Installing $* with apt-get"
  apt_update || return 1
  words=$(DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o APT::Keep-Downloaded-Packages=false "$@" 2>&1) || { grep '^E:' <<<"$words" >&2; return 1; }
}
