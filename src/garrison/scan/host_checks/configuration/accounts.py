"""passwd, group and shadow."""

from __future__ import annotations

import msgspec

from garrison.scan.host_checks.check import CannotTell
from garrison.scan.host_checks.files import HostFiles

NO_LOGIN = ("nologin", "false", "sync", "halt", "shutdown")
"""Programs that are no shell, by name."""


class Account(msgspec.Struct, frozen=True):
    """A line of passwd."""

    name: str
    password: str
    uid: int
    gid: int
    home: str
    shell: str

    @property
    def logs_in(self) -> bool:
        """Whether its shell is one. An empty field is /bin/sh (passwd(5))."""
        return self.shell.rpartition("/")[2] not in NO_LOGIN


class Group(msgspec.Struct, frozen=True):
    """A line of group."""

    name: str
    gid: int
    members: tuple[str, ...]


class Shadow(msgspec.Struct, frozen=True):
    """A line of shadow. Days are None where the field is empty."""

    name: str
    password: str
    """The hash; never to be shown."""
    min_days: int | None
    max_days: int | None
    warn_days: int | None
    inactive_days: int | None

    @property
    def usable(self) -> bool:
        """Whether some password opens it: neither locked (`!`, `*`) nor empty."""
        return self.password.startswith("$") or (len(self.password) >= 13 and self.password[0] not in "!*")


def accounts(host: HostFiles) -> tuple[Account, ...]:
    """The local accounts. Lines that are none (`+::::::` among them) are left out."""
    made = []
    for line in host.lines("etc/passwd"):
        fields = line.split(":")
        if len(fields) == 7 and fields[2].isdigit() and fields[3].isdigit():
            made.append(Account(fields[0], fields[1], int(fields[2]), int(fields[3]), fields[5], fields[6]))
    if not made:
        raise CannotTell("there is no account in etc/passwd")
    return tuple(made)


def groups(host: HostFiles) -> tuple[Group, ...]:
    """The local groups."""
    made = []
    for line in host.lines("etc/group"):
        fields = line.split(":")
        if len(fields) == 4 and fields[2].isdigit():
            made.append(Group(fields[0], int(fields[2]), tuple(m for m in fields[3].split(",") if m)))
    if not made:
        raise CannotTell("there is no group in etc/group")
    return tuple(made)


def shadows(host: HostFiles) -> tuple[Shadow, ...] | None:
    """The local passwords; None: the host has no shadow file."""
    if host.text("etc/shadow") is None:
        return None
    made = []
    for line in host.lines("etc/shadow"):
        fields = [*line.split(":"), *[""] * 9]
        days = [int(f) if f.lstrip("-").isdigit() else None for f in fields[3:7]]
        made.append(Shadow(fields[0], fields[1], *days))
    return tuple(made)
