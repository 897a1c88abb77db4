# Installs the Debian packages that scripts call for. To be sourced; declares functions only.
# shellcheck shell=bash

present() {
    case $1 in
    /*) compgen -G "$1" >/dev/null ;;
    *.so.*) [[ $(/sbin/ldconfig -p) == *"$1 "* ]] ;;
    *) command -v "$1" >/dev/null || /usr/bin/python3 -I -c "import $1" 2>/dev/null ;;
    esac
}

# packages NEED...: installs what is missing. A need is what is called, a command, a file by its path, a
# Python module or a shared library, and the Debian package it is in: name:package.
packages() {
    local need packages=()
    for need in "$@"; do
        present "${need%%:*}" || packages+=("${need##*:}")
    done
    if [ ${#packages[@]} -eq 0 ]; then
        echo "nothing missing"
        return
    fi
    echo "missing: ${packages[*]}"
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "$0: install these (apt-get install ${packages[*]}), or run as root on Debian" >&2
        return 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    without_services apt-get install -qq -y --no-install-recommends "${packages[@]}"
}

# Runs a command while no package may start its service: prometheus would take port 9090. A policy
# that was there before is back afterwards.
POLICY=/usr/sbin/policy-rc.d
without_services() {
    (
        trap 'exit 1' HUP INT TERM
        trap 'rm -f "$POLICY"; [ ! -e "$POLICY.before" ] || mv "$POLICY.before" "$POLICY"' EXIT
        # One that is still set aside was there before a run that was killed.
        [ ! -e "$POLICY" ] || [ -e "$POLICY.before" ] || mv "$POLICY" "$POLICY.before"
        printf '#!/bin/sh\nexit 101\n' >"$POLICY"
        chmod 755 "$POLICY"
        "$@"
    )
}
