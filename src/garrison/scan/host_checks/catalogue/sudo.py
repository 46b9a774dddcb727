"""sudo: who becomes root, how, and what is left of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from garrison.scan.host_checks.check import Verdict, failed, host_check, passed, settled, skipped
from garrison.scan.host_checks.files import HostFiles

_NONE = "There is no sudo (no etc/sudoers)."
_INCLUDE = re.compile(r"[#@]include(dir)?\s+(\S+)")


def _lines(host: HostFiles, path: str = "etc/sudoers", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Lines of sudoers and of what it includes, with where they stand. Files of a folder whose names hold a dot or end
    in `~` are not read (sudoers(5))."""
    text = (host.text(path) or "").replace("\\\n", " ")
    for raw in text.splitlines():
        line = raw.strip()
        if match := _INCLUDE.match(line):
            place = match[2].strip('"')
            place = place.strip("/") if place.startswith("/") else posixpath.join(posixpath.dirname(path), place)
            names = [f"{place}/{n}" for n in host.names(place) if "." not in n and not n.endswith("~")]
            for included in (names if match[1] else [place]) if depth < 16 else ():
                yield from _lines(host, included, depth + 1)
        elif line and not re.match(r"#(?!\d)", line):
            yield path, line


def _defaults(host: HostFiles) -> Iterator[tuple[str, str]]:
    """Settings that hold for everybody: name, value (empty: none; a leading `!` stays with the name)."""
    for _, line in _lines(host):
        if match := re.match(r"Defaults\s+(.*)", line):
            for part in re.findall(r'(?:"[^"]*"|[^,"])+', match[1].partition(" #")[0]):
                name, _, value = part.strip().partition("=")
                yield name.strip(" +-"), value.strip().strip('"')


@host_check(
    "sudo.terminal",
    "sudo gives its command a terminal of its own",
    level=1,
    fix="Defaults use_pty in /etc/sudoers (visudo)",
)
def terminal(host: HostFiles) -> Verdict:
    """Reads Defaults use_pty of sudoers (sudo has it on by itself since 1.9.14, which is not relied on). Else a program
    that stays behind types into the caller's terminal."""
    if host.text("etc/sudoers") is None:
        return skipped(_NONE)
    told = [name for name, _ in _defaults(host) if name.lstrip("!") == "use_pty"]
    return passed("use_pty is set.") if told and told[-1] == "use_pty" else failed("use_pty is not set.")


@host_check(
    "sudo.log",
    "sudo keeps a log of its own",
    level=1,
    fix='Defaults logfile="/var/log/sudo.log" in /etc/sudoers (visudo)',
)
def log(host: HostFiles) -> Verdict:
    """Reads Defaults logfile of sudoers: what was done as root, in one place."""
    if host.text("etc/sudoers") is None:
        return skipped(_NONE)
    told = [value for name, value in _defaults(host) if name == "logfile" and value]
    return passed(f"It is {told[-1]}.") if told else failed("logfile is not set.")


@host_check(
    "sudo.password",
    "sudo asks for a password",
    level=2,
    fix="Remove NOPASSWD: from /etc/sudoers and /etc/sudoers.d (visudo)",
)
def password(host: HostFiles) -> Verdict:
    """Reads the rules of sudoers for NOPASSWD. With it, whoever takes over the account has root with it. Accounts of
    machines in a cloud often have it: except them."""
    if host.text("etc/sudoers") is None:
        return skipped(_NONE)
    wrong = [f"{path}: {line}" for path, line in _lines(host) if re.search(r"\bNOPASSWD\s*:", line)]
    return settled(wrong, good="Always.", bad="Rules without a password.")


@host_check(
    "sudo.authenticate",
    "Nothing turns off that sudo asks who is there",
    level=1,
    fix="Remove !authenticate from /etc/sudoers and /etc/sudoers.d (visudo)",
)
def authenticate(host: HostFiles) -> Verdict:
    """Reads Defaults of sudoers, for users and hosts too, for !authenticate: it turns off the password of everybody it
    covers, without showing in a rule."""
    if host.text("etc/sudoers") is None:
        return skipped(_NONE)
    wrong = [
        f"{p}: {line}"
        for p, line in _lines(host)
        if line.startswith("Defaults") and re.search(r"!\s*authenticate\b", line)
    ]
    return settled(wrong, good="Nothing does.", bad="sudo asks for no password.")


@host_check(
    "sudo.remembers",
    "sudo asks again after 15 minutes at most",
    level=1,
    fix="Defaults timestamp_timeout=15 in /etc/sudoers (visudo)",
)
def remembers(host: HostFiles) -> Verdict:
    """Reads Defaults timestamp_timeout of sudoers (15 unless set; below 0 is for ever). A terminal left open is root's
    for that long."""
    if host.text("etc/sudoers") is None:
        return skipped(_NONE)
    told = [value for name, value in _defaults(host) if name == "timestamp_timeout"]
    try:
        minutes = float(told[-1]) if told else 15.0
    except ValueError:
        return failed(f"timestamp_timeout is {told[-1]!r}, which is no number.")
    return passed(f"After {minutes:g} minutes.") if 0 <= minutes <= 15 else failed(f"It is {minutes:g} minutes.")


@host_check("sudo.rights", "Only root writes sudo's rules", level=1, fix="chown root:root FILE; chmod 440 FILE")
def rights(host: HostFiles) -> Verdict:
    """Looks at owner and mode of sudoers, sudoers.d and its files: nobody but root writes them, others read none."""
    paths = ("etc/sudoers", *host.glob("etc/sudoers.d", "*"))
    found = [e for e in (host.entry(p) for p in paths) if e is not None]
    if not found:
        return skipped(_NONE)
    wrong = [str(e) for e in found if e.uid or e.gid or e.rights & 0o337]
    folder = host.entry("etc/sudoers.d")
    if folder is not None and (folder.uid or folder.rights & 0o022):
        wrong.append(str(folder))
    return settled(wrong, good="440 or less.", bad="Rules that others can write or read.")
