"""Owners and modes of files."""

from __future__ import annotations

import stat

from garrison.scan.host_checks.check import CannotTell, Verdict, failed, host_check, settled, skipped
from garrison.scan.host_checks.configuration.accounts import accounts, groups
from garrison.scan.host_checks.files import HostFiles

_SETUID = frozenset(
    {
        "Xorg.wrap",
        "at",
        "bwrap",
        "cgroupfs-mount",
        "chage",
        "chfn",
        "chsh",
        "crontab",
        "dbus-daemon-launch-helper",
        "dma",
        "doas",
        "dotlockfile",
        "exim4",
        "expiry",
        "fusermount",
        "fusermount3",
        "gpasswd",
        "locate",
        "mail-lock",
        "mail-touchlock",
        "mail-unlock",
        "mlocate",
        "mount",
        "mount.cifs",
        "mount.ecryptfs_private",
        "mount.nfs",
        "mtr-packet",
        "newgidmap",
        "newgrp",
        "newuidmap",
        "ntfs-3g",
        "pam_extrausers_chkpwd",
        "pam_timestamp_check",
        "passwd",
        "ping",
        "ping6",
        "pkexec",
        "plocate",
        "polkit-agent-helper-1",
        "postdrop",
        "postlog",
        "postqueue",
        "pppd",
        "screen",
        "sendmail",
        "sendmail.sendmail",
        "sg",
        "snap-confine",
        "ssh-agent",
        "ssh-keysign",
        "staprun",
        "su",
        "sudo",
        "sudoedit",
        "traceroute6.iputils",
        "umount",
        "unix_chkpwd",
        "userhelper",
        "usernetctl",
        "utempter",
        "wall",
        "write",
        "write.ul",
        "xorg.wrap",
    }
)
"""Setuid and setgid programs that distributions ship."""


def _strict(
    host: HostFiles, paths: tuple[str, ...], allowed: int, *, groups_too: tuple[str, ...] = ("root",)
) -> Verdict:
    """Files that are there belong to root and one of `groups_too`, with no right beyond `allowed`."""
    found = [e for e in (host.entry(p) for p in paths) if e is not None]
    if not found:
        return skipped(f"There is no {' and no '.join(paths)}.")
    gids = {0} | ({g.gid for g in groups(host) if g.name in groups_too} if groups_too != ("root",) else set())
    wrong = [str(e) for e in found if e.uid or e.gid not in gids or e.rights & ~allowed]
    return settled(wrong, good=f"Root's, {allowed:04o} or less.", bad=f"Not root's, or more than {allowed:04o}.")


@host_check("rights.accounts", "Only root writes passwd and group", level=1, fix="chown root:root FILE; chmod 644 FILE")
def account_files(host: HostFiles) -> Verdict:
    """Looks at owner and mode of passwd, group and their backups (passwd-, group-): 644 or less. Who writes them makes
    himself root."""
    return _strict(host, ("etc/passwd", "etc/passwd-", "etc/group", "etc/group-"), 0o644)


@host_check(
    "rights.hashes",
    "Only root and the group shadow read hashes of passwords",
    level=1,
    fix="chown root:shadow FILE; chmod 640 FILE",
)
def hash_files(host: HostFiles) -> Verdict:
    """Looks at owner and mode of shadow, gshadow and their backups: 640 or less. A hash that was read is tried at
    home."""
    paths = ("etc/shadow", "etc/shadow-", "etc/gshadow", "etc/gshadow-")
    return _strict(host, paths, 0o640, groups_too=("root", "shadow"))


@host_check(
    "rights.old-passwords", "Only root reads old passwords", level=1, fix="chown root:root FILE; chmod 600 FILE"
)
def old_passwords(host: HostFiles) -> Verdict:
    """Looks at security/opasswd: 600 or less. Old hashes tell how somebody makes new passwords."""
    return _strict(host, ("etc/security/opasswd", "etc/security/opasswd.old"), 0o600)


@host_check(
    "rights.shells",
    "Only root says which programs are shells",
    level=1,
    fix="chown root:root /etc/shells; chmod 644 /etc/shells",
)
def shells(host: HostFiles) -> Verdict:
    """Looks at shells: 644 or less. What stands there may be made a log-in shell by its user."""
    return _strict(host, ("etc/shells",), 0o644)


def _of_all(host: HostFiles, wrong: list[str], good: str, bad: str) -> Verdict:
    """Nothing found is a pass only if everything was looked at."""
    trouble = host.everything[1]
    if not wrong and trouble:
        raise CannotTell(trouble)
    return failed(bad, wrong) if wrong else settled((), good=good, bad=bad)


@host_check("rights.world-writable", "No file can be written by everybody", level=1, fix="chmod o-w FILE")
def world_writable(host: HostFiles) -> Verdict:
    """Looks through the root's own file system (not into /proc, /sys, /dev, /run and containers' files) for files that
    others may write: somebody else's changes in what others run or read."""
    found, _ = host.everything
    wrong = [str(e) for e in found if stat.S_ISREG(e.mode) and e.rights & 0o002]
    return _of_all(host, wrong, "There is none.", "Files that everybody can write.")


@host_check(
    "rights.sticky",
    "In folders for everybody, files are removed by their owners alone",
    level=1,
    fix="chmod a+t FOLDER",
)
def sticky(host: HostFiles) -> Verdict:
    """Looks through the same files for folders that others may write and that lack the sticky bit: there, anybody's
    files can be exchanged for others."""
    found, _ = host.everything
    wrong = [str(e) for e in found if stat.S_ISDIR(e.mode) and e.rights & 0o002 and not e.rights & stat.S_ISVTX]
    return _of_all(host, wrong, "All have the sticky bit.", "Folders where everybody removes everything.")


@host_check("rights.unowned", "Every file has an owner and a group that exist", level=1, fix="chown root:root FILE")
def unowned(host: HostFiles) -> Verdict:
    """Looks through the same files for uids and gids that are in neither passwd nor group: the next account made with
    that number has them."""
    uids, gids = {0, *(a.uid for a in accounts(host))}, {0, *(g.gid for g in groups(host))}
    found, _ = host.everything
    wrong = [str(e) for e in found if e.uid not in uids or e.gid not in gids]
    return _of_all(host, wrong, "All have.", "Files of nobody.")


@host_check(
    "rights.setuid",
    "Only known programs run with their owner's rights",
    level=1,
    fix="chmod u-s,g-s FILE, or except the check when the program is wanted",
)
def setuid(host: HostFiles) -> Verdict:
    """Looks through the same files for setuid and setgid programs other than those that distributions ship in usr/bin,
    usr/sbin, usr/lib and usr/libexec. A flaw in one is a way to root, and a copy of a shell with the bit is the oldest
    back door."""
    found, _ = host.everything
    programs = [e for e in found if stat.S_ISREG(e.mode) and e.rights & 0o6000 and e.rights & 0o111]
    usual = ("usr/bin/", "usr/sbin/", "usr/lib/", "usr/libexec/", "bin/", "sbin/", "lib/")
    wrong = [str(e) for e in programs if not e.path.startswith(usual) or e.path.rpartition("/")[2] not in _SETUID]
    return _of_all(host, wrong, "Only known ones.", "Programs nobody expects to have the bit.")


@host_check("rights.root-home", "Only root looks into root's home", level=1, fix="chmod 700 /root")
def root_home(host: HostFiles) -> Verdict:
    """Looks at owner and mode of root: 750 or less. Keys and histories of root lie there."""
    return _strict(host, ("root",), 0o750)


@host_check("rights.cron", "Only root says what cron runs", level=1, fix="chown root:root FILE; chmod og-rwx FILE")
def cron(host: HostFiles) -> Verdict:
    """Looks at owner and mode of crontab (600) and of cron.d, cron.hourly, cron.daily, cron.weekly and cron.monthly
    (700). What is written there runs as root."""
    kinds = ("cron.d", "cron.hourly", "cron.daily", "cron.weekly", "cron.monthly")
    return _strict(host, ("etc/crontab", *(f"etc/{k}" for k in kinds)), 0o700)


@host_check(
    "rights.cron-users",
    "It is written who may leave work to cron and at",
    level=1,
    fix="touch /etc/cron.allow; chmod 640 /etc/cron.allow; rm -f /etc/cron.deny; the same for at",
)
def cron_users(host: HostFiles) -> Verdict:
    """Looks for cron.allow where cron is there, and at.allow where at is: root's, 640 or less. Else everybody but the
    denied plans work, accounts of services too; what is planned comes back after the intruder was thrown out."""
    wrong = []
    there = [
        name
        for name, mark in (("cron", "etc/crontab"), ("at", "etc/at.deny"))
        if host.exists(mark) or host.exists(f"usr/bin/{name}")
    ]
    if not there:
        return skipped("There is neither cron nor at.")
    known = {g.gid for g in groups(host) if g.name in ("crontab", "daemon")}
    for name in there:
        entry = host.entry(f"etc/{name}.allow")
        if entry is None:
            wrong.append(f"no etc/{name}.allow")
        elif entry.uid or entry.gid not in {0, *known} or entry.rights & ~0o640:
            wrong.append(str(entry))
    return settled(wrong, good="It is written.", bad="Everybody may.")


@host_check("rights.logs", "Logs are not open to everybody", level=1, fix="chmod o-rwx,g-w FILE in /var/log")
def logs(host: HostFiles) -> Verdict:
    """Looks at the files directly in var/log: others may not write any, nor read any but those made for it (wtmp,
    lastlog, btmp's likes, and dpkg's, apt's and the installer's). Logs tell names, addresses, and passwords typed as
    names."""
    readable = (
        "wtmp",
        "lastlog",
        "dpkg.log",
        "alternatives.log",
        "fontconfig.log",
        "bootstrap.log",
        "faillog",
        "README",
        "apt",
        "installer",
        "cloud-init",
    )
    found = [e for e in (host.entry(p) for p in host.glob("var/log", "*")) if e is not None and stat.S_ISREG(e.mode)]
    if not found:
        return skipped("There are no logs in var/log.")
    wrong = [
        str(e)
        for e in found
        if e.rights & 0o002 or (e.rights & 0o004 and not e.path.rpartition("/")[2].startswith(readable))
    ]
    return settled(wrong, good="None is.", bad="Logs that everybody can read or write.")
