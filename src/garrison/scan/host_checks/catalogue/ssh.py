"""How the SSH server lets people in."""

from __future__ import annotations

import re
from collections.abc import Callable

from garrison.scan.host_checks.check import Verdict, failed, host_check, passed, settled, skipped
from garrison.scan.host_checks.configuration import sshd
from garrison.scan.host_checks.files import HostFiles

_RESTART = "then: systemctl reload ssh (or sshd)"
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_WEAK_CIPHERS = re.compile(r"3des|arcfour|blowfish|cast128|-cbc|rijndael")
_WEAK_MACS = re.compile(r"md5|ripemd|umac-64|hmac-sha1|-96")
_WEAK_EXCHANGES = re.compile(r"-sha1$|group1-|group14-sha1")


def seconds(text: str) -> int | None:
    """A time as sshd_config(5) writes it: `90`, `2m`, `1h30m`; None: it is none."""
    parts = re.findall(r"(\d+)([smhdwSMHDW]?)", text)
    if not parts or "".join(a + b for a, b in parts) != text:
        return None
    return sum(int(number) * _UNITS[unit.lower()] for number, unit in parts)


def _judged(host: HostFiles, keyword: str, default: str, good: Callable[[str], bool]) -> Verdict:
    config = sshd.read(host)
    if config is None:
        return skipped(f"There is no SSH server: no {sshd.PATH}.")
    found = config.values(keyword, default)
    wrong = [
        f"{s.where}: {keyword} {s.value}{f' (Match {s.match})' if s.match else ''}" for s in found if not good(s.value)
    ]
    return settled(wrong, good=f"{keyword} is {found[0].value}.", bad=f"{keyword} is not as it should be.")


def _word(*good: str) -> Callable[[str], bool]:
    return lambda value: value.lower() in good


def _number(lowest: int, highest: int) -> Callable[[str], bool]:
    return lambda value: value.isdigit() and lowest <= int(value) <= highest


@host_check("ssh.root-login", "Nobody logs in as root over SSH", level=1, fix=f"PermitRootLogin no; {_RESTART}")
def root_login(host: HostFiles) -> Verdict:
    """Reads PermitRootLogin. Root's log-ins cannot be told apart by person, and root is the name every attacker tries;
    people log in under their own names and become root by sudo."""
    return _judged(host, "PermitRootLogin", "prohibit-password", _word("no"))


@host_check("ssh.empty-passwords", "SSH takes no empty password", level=1, fix=f"PermitEmptyPasswords no; {_RESTART}")
def empty_passwords(host: HostFiles) -> Verdict:
    """Reads PermitEmptyPasswords. With yes, an account without a password is open to the network."""
    return _judged(host, "PermitEmptyPasswords", "no", _word("no"))


@host_check(
    "ssh.auth-tries", "A connection has at most four tries to log in", level=1, fix=f"MaxAuthTries 4; {_RESTART}"
)
def auth_tries(host: HostFiles) -> Verdict:
    """Reads MaxAuthTries (6 unless set). Fewer tries per connection make guessing slow and visible in the log."""
    return _judged(host, "MaxAuthTries", "6", _number(1, 4))


@host_check("ssh.login-grace-time", "Logging in takes a minute at most", level=1, fix=f"LoginGraceTime 60; {_RESTART}")
def login_grace_time(host: HostFiles) -> Verdict:
    """Reads LoginGraceTime (120 s unless set; 0 is for ever). Connections that have not logged in hold a process and a
    place each: few and briefly."""
    return _judged(host, "LoginGraceTime", "120", lambda value: 0 < (seconds(value) or 0) <= 60)


@host_check(
    "ssh.idle-connections",
    "Connections whose other end is gone are closed",
    level=1,
    fix=f"ClientAliveInterval 15 and ClientAliveCountMax 3; {_RESTART}",
)
def idle_connections(host: HostFiles) -> Verdict:
    """Reads ClientAliveInterval and ClientAliveCountMax. Without them a connection whose client vanished stays, open to
    whoever takes it over."""
    interval = _judged(host, "ClientAliveInterval", "0", lambda value: bool(seconds(value)))
    count = _judged(host, "ClientAliveCountMax", "3", _number(1, 1000))
    return next((v for v in (interval, count) if v.status != "PASSED"), interval)


@host_check(
    "ssh.host-based",
    "SSH trusts no other host to log its users in",
    level=1,
    fix=f"HostbasedAuthentication no; {_RESTART}",
)
def host_based(host: HostFiles) -> Verdict:
    """Reads HostbasedAuthentication. With yes, whoever takes over one trusted host has all users of this one."""
    return _judged(host, "HostbasedAuthentication", "no", _word("no"))


@host_check("ssh.rhosts", "SSH ignores .rhosts files", level=1, fix=f"IgnoreRhosts yes; {_RESTART}")
def rhosts(host: HostFiles) -> Verdict:
    """Reads IgnoreRhosts. A user's own file must not decide which hosts are trusted."""
    return _judged(host, "IgnoreRhosts", "yes", _word("yes", "shosts-only"))


@host_check(
    "ssh.user-environment",
    "Users do not set the environment of their SSH log-in",
    level=1,
    fix=f"PermitUserEnvironment no; {_RESTART}",
)
def user_environment(host: HostFiles) -> Verdict:
    """Reads PermitUserEnvironment. Variables such as LD_PRELOAD get around what a log-in is restricted to."""
    return _judged(host, "PermitUserEnvironment", "no", _word("no"))


@host_check("ssh.x11-forwarding", "SSH forwards no X11", level=2, fix=f"X11Forwarding no; {_RESTART}")
def x11_forwarding(host: HostFiles) -> Verdict:
    """Reads X11Forwarding. A forwarded display can be read and typed into from the server's side."""
    return _judged(host, "X11Forwarding", "no", _word("no"))


@host_check("ssh.tcp-forwarding", "SSH opens no tunnels", level=2, fix=f"AllowTcpForwarding no; {_RESTART}")
def tcp_forwarding(host: HostFiles) -> Verdict:
    """Reads AllowTcpForwarding (yes unless set) and DisableForwarding. Tunnels lead around firewalls."""
    config = sshd.read(host)
    if config is not None and all(s.value.lower() == "yes" for s in config.values("DisableForwarding", "no")):
        return passed("DisableForwarding is yes.")
    return _judged(host, "AllowTcpForwarding", "yes", _word("no"))


def _algorithms(weak: re.Pattern[str]) -> Callable[[str], bool]:
    """A list is good without a weak name; one that starts with `-` only takes away, `+` and `^` only add."""
    return lambda value: value.startswith("-") or not any(weak.search(n) for n in value.lstrip("+^").lower().split(","))


@host_check(
    "ssh.ciphers", "SSH offers no weak cipher", level=1, fix=f"Remove 3des, arcfour and *-cbc from Ciphers; {_RESTART}"
)
def ciphers(host: HostFiles) -> Verdict:
    """Reads Ciphers. Ciphers in CBC mode, 3DES and RC4 can be attacked; OpenSSH's own list has none since 7.6."""
    return _judged(host, "Ciphers", "OpenSSH's own list", _algorithms(_WEAK_CIPHERS))


@host_check(
    "ssh.macs",
    "SSH offers no weak message authentication",
    level=1,
    fix=f"MACs -*-96*,*md5*,hmac-sha1*,umac-64*; {_RESTART}",
)
def macs(host: HostFiles) -> Verdict:
    """Reads MACs. MD5, SHA-1, and tags of 64 or 96 bits are too weak; OpenSSH's own list still holds SHA-1 and umac-64
    and is not judged here, since what it holds is the installed version's matter."""
    return _judged(host, "MACs", "OpenSSH's own list", _algorithms(_WEAK_MACS))


@host_check("ssh.key-exchanges", "SSH offers no weak key exchange", level=1, fix=f"KexAlgorithms -*-sha1; {_RESTART}")
def key_exchanges(host: HostFiles) -> Verdict:
    """Reads KexAlgorithms. Exchanges over SHA-1 and 1024-bit groups are within reach of an attacker with means."""
    return _judged(host, "KexAlgorithms", "OpenSSH's own list", _algorithms(_WEAK_EXCHANGES))


@host_check("ssh.banner", "SSH shows a notice before the log-in", level=1, fix=f"Banner /etc/issue.net; {_RESTART}")
def banner(host: HostFiles) -> Verdict:
    """Reads Banner. That the use of a system is watched and for whom it is must have been said, for it to count
    later."""
    return _judged(host, "Banner", "none", lambda value: value.lower() != "none")


@host_check("ssh.log-level", "SSH logs who logs in and out", level=1, fix=f"LogLevel VERBOSE or INFO; {_RESTART}")
def log_level(host: HostFiles) -> Verdict:
    """Reads LogLevel (INFO unless set). Less hides log-ins; the DEBUG levels write what should not be in a log."""
    return _judged(host, "LogLevel", "INFO", _word("info", "verbose"))


def _startups(value: str) -> bool:
    parts = value.split(":")
    limits = (10, 100, 60)
    if len(parts) == 1:
        return _number(1, 60)(value) and int(value) <= 10
    return len(parts) == 3 and all(p.isdigit() and int(p) <= most for p, most in zip(parts, limits, strict=True))


@host_check(
    "ssh.max-startups",
    "Few SSH connections wait for their log-in at a time",
    level=1,
    fix=f"MaxStartups 10:30:60; {_RESTART}",
)
def max_startups(host: HostFiles) -> Verdict:
    """Reads MaxStartups (10:30:100 unless set). Beyond a few, unfinished connections are an attack; above 60 they
    keep everybody else out."""
    return _judged(host, "MaxStartups", "10:30:100", _startups)


@host_check("ssh.max-sessions", "A connection carries at most ten sessions", level=1, fix=f"MaxSessions 10; {_RESTART}")
def max_sessions(host: HostFiles) -> Verdict:
    """Reads MaxSessions (10 unless set). One connection must not use up the machine."""
    return _judged(host, "MaxSessions", "10", _number(0, 10))


@host_check("ssh.pam", "SSH log-ins go through PAM", level=1, fix=f"UsePAM yes; {_RESTART}")
def pam(host: HostFiles) -> Verdict:
    """Reads UsePAM (no unless set). Lock-out, expiry and limits are PAM's: without it they hold everywhere but here."""
    return _judged(host, "UsePAM", "no", _word("yes"))


@host_check(
    "ssh.who-may",
    "It is written who may log in over SSH",
    level=1,
    fix=f"AllowGroups, with the groups that may; {_RESTART}",
)
def who_may(host: HostFiles) -> Verdict:
    """Reads AllowUsers, AllowGroups, DenyUsers and DenyGroups. Without any, every account with a shell can be tried,
    those of services too."""
    config = sshd.read(host)
    if config is None:
        return skipped(f"There is no SSH server: no {sshd.PATH}.")
    for keyword in ("AllowUsers", "AllowGroups", "DenyUsers", "DenyGroups"):
        general = config.values(keyword, "")[0]
        if general.value:
            return passed(f"{keyword} {general.value} ({general.where}).")
    return failed("Neither AllowUsers, AllowGroups, DenyUsers nor DenyGroups is set.")


@host_check(
    "ssh.config-rights",
    "The SSH server's configuration is root's alone",
    level=1,
    fix="chown root:root FILE; chmod 600 FILE",
)
def config_rights(host: HostFiles) -> Verdict:
    """Looks at owner and mode of sshd_config and sshd_config.d/*.conf. Who writes them decides who logs in; who reads
    them learns which accounts are worth trying."""
    entries = [host.entry(p) for p in (sshd.PATH, *host.glob("etc/ssh/sshd_config.d", "*.conf"))]
    found = [e for e in entries if e is not None]
    if not found:
        return skipped(f"There is no SSH server: no {sshd.PATH}.")
    wrong = [str(e) for e in found if e.rights & 0o177 or e.uid or e.gid]
    return settled(wrong, good="Owner root, mode 600.", bad="Others than root have rights to it.")


@host_check(
    "ssh.host-keys", "Only root reads the host's private SSH keys", level=1, fix="chown root:root FILE; chmod 600 FILE"
)
def host_keys(host: HostFiles) -> Verdict:
    """Looks at owner and mode of ssh_host_*_key. Whoever has one can pass for this host. A group that reads them may
    be ssh_keys, as on Fedora and Red Hat's."""
    found = [e for e in (host.entry(p) for p in host.glob("etc/ssh", "ssh_host_*_key")) if e is not None]
    if not found:
        return skipped("There are no host keys.")
    groups = {line.split(":")[2] for line in host.lines("etc/group") if line.startswith("ssh_keys:")}
    wrong = [
        str(e) for e in found if e.uid or e.rights & 0o137 or (e.rights & 0o040 and e.gid and str(e.gid) not in groups)
    ]
    return settled(wrong, good="Only root reads them.", bad="Others than root have rights to private keys.")
