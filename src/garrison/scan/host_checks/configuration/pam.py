"""pam.d: which modules a log-in goes through."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from garrison.scan.host_checks.files import HostFiles

_LINE = re.compile(r"-?(auth|account|password|session)\s+(\[[^\]]*\]|\S+)\s+(\S+)\s*(.*)")
_SHARED = ("common-{kind}", "system-auth", "password-auth")
"""Debian's stacks, then those of Red Hat's, which services include."""


class Module(msgspec.Struct, frozen=True):
    """A line of a stack."""

    kind: str
    control: str
    name: str
    """Without folder and `.so`."""
    arguments: tuple[str, ...]
    where: str

    def argument(self, name: str) -> str | None:
        """Value of `name=value`; empty for the bare word; None: it is not there."""
        for argument in self.arguments:
            key, _, value = argument.partition("=")
            if key == name:
                return value
        return None


def modules(host: HostFiles, path: str) -> Iterator[Module]:
    """The lines of one file."""
    text = (host.text(path) or "").replace("\\\n", " ")
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        if match := _LINE.fullmatch(line):
            name = match[3].rpartition("/")[2].removesuffix(".so")
            yield Module(match[1], match[2], name, tuple(match[4].split()), path)


def stack(host: HostFiles, kind: str) -> list[Module] | None:
    """The modules of `kind` that all services share; None: the host has no such stack."""
    found: list[Module] | None = None
    for name in _SHARED:
        path = f"etc/pam.d/{name.format(kind=kind)}"
        if host.text(path) is not None:
            found = (found or []) + [m for m in modules(host, path) if m.kind == kind]
    return found
