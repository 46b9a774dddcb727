"""sshd_config: what the SSH server does.

sshd_config(5): of a keyword given several times the first value counts; `Include` stands for the files it names;
what follows `Match` holds for some connections only, up to the next `Match`, also beyond the end of an included file
for the rest of that file alone.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from garrison.scan.host_checks.files import HostFiles

PATH = "etc/ssh/sshd_config"
_LINE = re.compile(r"(\w+)\s*=?\s*(.*)")
_WORDS = re.compile(r'"([^"]*)"|(\S+)')
_LAST_COUNTS = frozenset({"maxstartups"})
"""Of these some versions of sshd take the last value (9.2 does, as `sshd -T` shows): each can be in force."""
_MOST_INCLUDES = 16


class Setting(msgspec.Struct, frozen=True):
    """One value and where it is written."""

    value: str
    where: str
    """`file:line`; `default` where nothing is written."""
    match: str = ""
    """The condition of the Match block it stands in; empty: for everybody."""


class SshdConfig(msgspec.Struct, frozen=True):
    """What is set, by lower-case keyword."""

    settings: dict[str, tuple[Setting, ...]]

    def values(self, keyword: str, default: str) -> tuple[Setting, ...]:
        """What can be in force: for everybody the first value (else the default), and that of each Match block."""
        written = self.settings.get(keyword.lower(), ())
        if keyword.lower() in _LAST_COUNTS and written:
            return written
        general = next((s for s in written if not s.match), Setting(default, "default"))
        return (general, *(s for s in written if s.match))


def read(host: HostFiles) -> SshdConfig | None:
    """The configuration of the host's SSH server; None: there is none."""
    if host.text(PATH) is None:
        return None
    settings: dict[str, list[Setting]] = {}
    for keyword, setting in _settings(host, PATH, "", 0):
        settings.setdefault(keyword, []).append(setting)
    return SshdConfig({keyword: tuple(found) for keyword, found in settings.items()})


def _settings(host: HostFiles, path: str, match: str, depth: int) -> Iterator[tuple[str, Setting]]:
    for number, raw in enumerate((host.text(path) or "").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        parts = _LINE.match(line)
        keyword, rest = parts.groups() if parts else (line, "")
        keyword = keyword.lower()
        value = " ".join(a or b for a, b in _WORDS.findall(rest.partition(" #")[0]))
        if keyword == "match":
            match = "" if value.lower() == "all" else value
        elif keyword == "include":
            if depth < _MOST_INCLUDES:
                for pattern in value.split():
                    place = pattern.strip("/") if pattern.startswith("/") else f"etc/ssh/{pattern}"
                    for included in host.glob(*posixpath.split(place)):
                        yield from _settings(host, included, match, depth + 1)
        else:
            yield keyword, Setting(value, f"{path}:{number}", match)
