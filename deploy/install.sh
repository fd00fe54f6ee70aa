#!/usr/bin/env bash
# Lays the program out as systemd runs it: `make install PREFIX=/srv/attendance`, as root.
# DESTDIR=/some/root puts everything below another root and starts nothing; PACKAGES=0 installs no Python packages.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=${PREFIX:-/srv/attendance} root=${DESTDIR:-}
case $prefix in /*[!/]) ;; *) echo "PREFIX must be a whole path, such as /srv/attendance." >&2; exit 1 ;; esac
case $prefix in *[!A-Za-z0-9/._-]*) echo "PREFIX may hold letters, digits and / . _ - alone." >&2; exit 1 ;; esac
program=$root$prefix units=$root/etc/systemd/system
parts="admin_site benchmarks deploy launcher migrations models shared teacher_site"
# Folders of our parts' names are replaced below: never this folder's own, never somebody else's.
if [ "$program" -ef . ]; then
    echo "$prefix is this folder itself. Give a PREFIX of its own, such as /srv/attendance-program." >&2; exit 1
fi
if [ ! -e "$program/admin_site" ] && [ ! -e "$program/admin_site.new" ] && [ -n "$(ls -A "$program" 2>/dev/null)" ]; then
    echo "$prefix holds something else. Give a PREFIX of its own, such as /srv/attendance." >&2; exit 1
fi

install -d -m 755 "$program" "$units" "$root/usr/lib/sysusers.d" "$root/usr/lib/tmpfiles.d"
# What an earlier version had and this one has not must not be found by Python.
for part in $parts; do
    rm -rf "${program:?}/$part.new"
    cp -R --preserve=timestamps "$part" "$program/$part.new"
    find "$program/$part.new" -name __pycache__ -prune -exec rm -rf {} +
    rm -rf "${program:?}/$part"
    mv "$program/$part.new" "$program/$part"
done
install -m 644 LICENSE CHANGELOG.md requirements.txt requirements.override "$program"
install -m 755 setup.sh "$program"
(cd "$program" && chmod go=rx . && chmod -R go=rX $parts)

for unit in deploy/systemd/attendance*.service deploy/systemd/attendance*.timer deploy/systemd/attendance.target; do
    sed "s|/srv/attendance|$prefix|g" "$unit" >"$units/$(basename "$unit")"
done
install -m 644 deploy/systemd/attendance.sysusers "$root/usr/lib/sysusers.d/attendance.conf"
install -m 644 deploy/systemd/attendance.tmpfiles "$root/usr/lib/tmpfiles.d/attendance.conf"

[ "${PACKAGES:-1}" = 0 ] || (cd "$program" && umask 022 && ./setup.sh)
[ -z "$root" ] || exit 0
systemd-sysusers attendance.conf
systemd-tmpfiles --create attendance.conf
systemctl daemon-reload
echo "Laid out in $prefix. Settings go into /etc/attendance/settings.env (docs/administrator.md), then:"
echo "    systemctl enable --now attendance.target attendance-backup.timer"
echo "    journalctl -u attendance-tables       # the first admin's password, shown once"
