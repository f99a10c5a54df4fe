#!/usr/bin/env bash
# Installs what is missing for building and running, and says what it cannot install. A second run
# does no work twice: npm packages are keyed by the lock file, system packages are asked for by name.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }

need_node='20.19.0'
command -v node >/dev/null || { say "node is missing: install Node.js >= $need_node"; exit 1; }
node -e "
const [a,b]=process.versions.node.split('.').map(Number);
process.exit(a>20||(a===20&&b>=19)?0:1)" || { say "Node.js >= $need_node is needed, this is $(node -v)"; exit 1; }

stamp=node_modules/.click-up-lock
lock=$(sha256sum package-lock.json | cut -d' ' -f1)
if [ "$(cat $stamp 2>/dev/null || true)" != "$lock" ]; then
  say 'installing npm packages'
  npm ci --no-fund --no-audit --no-update-notifier --loglevel=error
  echo "$lock" >$stamp
fi

# Where Debian keeps ip, ethtool and the like; an ordinary user's PATH often lacks it.
PATH=$PATH:/usr/sbin:/sbin
# Debian package ← how to see that it is there.
missing=()
want() { local package=$1; shift; "$@" >/dev/null 2>&1 || missing+=("$package"); }
header() { test -e "$1"; }
want gcc command -v cc
want make command -v make
want clang command -v clang
want libbpf-dev header /usr/include/bpf/libbpf.h
want libelf-dev header /usr/include/libelf.h
want libc6-dev header /usr/include/stdio.h
want linux-libc-dev header /usr/include/linux/if_xdp.h
want iproute2 command -v ip
want ethtool command -v ethtool
install() { apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    install 2>/dev/null || { apt-get update -qq && install; } ||
      say 'that failed: the xdp driver may be refused; going on without'
  else
    say "missing for the xdp driver: ${missing[*]} (root can install them: apt-get install); going on without"
  fi
fi
