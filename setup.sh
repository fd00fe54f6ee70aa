#!/usr/bin/env bash
# Installs what `make run` needs; with the word "fast" what `make check` and `make test-fast` need as well,
# all without root; with the word "test" what `make test` needs.
# What is already there is left alone, so a second call takes a fraction of a second.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '%s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

# Adds the Debian packages among the arguments that are missing. Without the right to do so it
# prints the command for somebody who has it, and returns 1.
add_debian_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            say "Missing on this machine: ${missing[*]}. This adds them:"
            say "    sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
            return 1
        fi
        as_root=(sudo -n)
    fi
    command -v apt-get >/dev/null || { say "Please install what Debian calls: ${missing[*]}"; return 1; }
    say "Adding ${missing[*]} …"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

find_python() {
    local candidate
    for candidate in python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            say "$candidate"
            return
        fi
    done
    return 1
}

make_environment() {
    if .venv/bin/python -c 'import pip' 2>/dev/null; then return; fi
    find_python >/dev/null || command -v python3 >/dev/null || add_debian_packages python3 python3-venv >&2 || exit 1
    local python
    python=$(find_python) || fail "Python 3.11 is needed, and python3 here is $(python3 --version 2>&1 || say none)." \
        "Debian 12 has it; elsewhere install it so that python3.11 is found, and try again."
    "$python" -c 'import ensurepip, venv' 2>/dev/null || add_debian_packages python3-venv || exit 1
    rm -rf .venv
    "$python" -m venv .venv
}

# The stamp is the lock's hash, written after success: an interrupted installation starts again.
is_done() { [ "$(cat ".venv/$1.done" 2>/dev/null)" = "$(sha256sum <"$2")" ]; }
stamp() { sha256sum <"$2" >".venv/$1.done"; }

# Wheels only, but for the two packages that have none; --no-deps: see requirements.override.
pip_install() { .venv/bin/python -m pip install --quiet --no-deps --require-hashes "$@"; }

install_wheels() {
    is_done "$1" "$2" && return
    say "Installing the packages of $2 (the first time this takes some minutes) …"
    sed -E '/^(flask-principal|mysqlclient)==/,/[^\\]$/d' "$2" >.venv/wheels.txt
    pip_install --only-binary :all: -r .venv/wheels.txt
    stamp "$1" "$2"
}

# Builds with the lock's own setuptools, so that nothing unhashed is fetched for the build.
install_source() {
    sed -n "/^$1==/,/[^\\\\]\$/p" requirements.txt >".venv/$1.txt"
    pip_install --no-build-isolation --use-pep517 -r ".venv/$1.txt" && stamp "$1" requirements.txt
}

can_build_mysqlclient() {
    command -v gcc >/dev/null && pkg-config --exists libmariadb 2>/dev/null &&
        .venv/bin/python -c 'import sysconfig, sys; from pathlib import Path
sys.exit(not (Path(sysconfig.get_path("include")) / "Python.h").exists())'
}

add_mysqlclient() {
    { can_build_mysqlclient || add_debian_packages gcc libc6-dev libmariadb-dev pkg-config python3-dev; } &&
        install_source mysqlclient ||
        say "Going on without MySQL and MariaDB; SQLite needs nothing more."
}

# What checks the scripts, by the npm of the lock's own wheel: tsc and biome, pinned in package-lock.json.
install_front_end_checks() {
    [ "$(cat node_modules/.done 2>/dev/null)" = "$(sha256sum <package-lock.json)" ] && return
    PATH="$PWD/.venv/bin:$PATH" npm ci --silent --ignore-scripts --no-audit --no-fund
    sha256sum <package-lock.json >node_modules/.done
}

make_environment
install_wheels run requirements.txt
is_done flask-principal requirements.txt || install_source flask-principal
is_done mysqlclient requirements.txt || add_mysqlclient
if [ "${1:-}" = test ] || [ "${1:-}" = fast ]; then
    install_wheels test tests/requirements.txt
    install_front_end_checks
fi
if [ "${1:-}" = test ]; then
    # The -core and -tools packages hold the servers' programs without starting any service. nginx's starts one on
    # port 80 where systemd runs: `sudo systemctl disable --now nginx`.
    add_debian_packages mariadb-server-core mariadb-client-core redis-tools \
        chromium fonts-dejavu-core fonts-lohit-deva libreoffice-calc nginx-light ||
        fail "The tests need these packages."
    is_done mysqlclient requirements.txt || fail "The tests need mysqlclient."
    .venv/bin/python -m tests.support.photographs
fi
