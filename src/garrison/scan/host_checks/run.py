"""Asking the checks of one host."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from garrison.scan.host_checks import load
from garrison.scan.host_checks.check import CannotTell, HostCheck, Status, Verdict, skipped
from garrison.scan.host_checks.files import HostFiles
from garrison.scan.inventory.gather import Gathering
from garrison.scan.inventory.model import OsRelease
from garrison.scan.inventory.targets.directory import DirectoryTree

_LOG = logging.getLogger(__name__)


class Result(msgspec.Struct, frozen=True):
    """A check and what it said."""

    check: HostCheck
    verdict: Verdict

    @property
    def status(self) -> Status:
        return self.verdict.status


class HostReport(msgspec.Struct, frozen=True, kw_only=True):
    """All checks of one host."""

    root: str
    os: OsRelease | None
    results: tuple[Result, ...]
    """In the order of the catalogue."""
    created: datetime

    @property
    def counts(self) -> dict[str, int]:
        """By status, lower-case."""
        made = {status.value.lower(): 0 for status in Status}
        for result in self.results:
            made[result.status.lower()] += 1
        return made

    @property
    def complete(self) -> bool:
        """Whether every check could tell."""
        return not self.counts["error"]


def run(
    root: str = "/",
    *,
    level: int = 2,
    only: Iterable[str] = (),
    excepted: Mapping[str, str] = {},
    each: Callable[[HostCheck], None] = lambda _: None,
) -> HostReport:
    """Ask every check up to `level` (those named by id or area in `only`, if any) of the host below `root`.

    `excepted`: checks that are not asked here, with the reason; they are skipped. `each` is called before each check.
    Reads files and nothing else: no program is started, nothing is written. Raises `OSError` when `root` is no folder
    that can be looked into, `ValueError` for a name of nothing in `only`."""
    wanted = chosen(level, tuple(only))
    host = HostFiles(root)
    gathering = Gathering(None, None)
    system = gathering.detect(DirectoryTree(host.root))
    results = []
    for check in wanted:
        each(check)
        why = excepted.get(check.id)
        results.append(Result(check, _asked(check, host) if why is None else skipped(f"Excepted: {why}")))
    return HostReport(
        root=root,
        os=system,
        results=tuple(results),
        created=datetime.now(UTC),
    )


def exceptions(texts: Iterable[str]) -> dict[str, str]:
    """`CHECK=REASON` of each; `ValueError` for what is none, or names no check."""
    made = {}
    for text in texts:
        name, _, why = text.partition("=")
        if name not in load():
            raise ValueError(f"There is no check named {name}.")
        if not why.strip():
            raise ValueError(f"{name} is excepted without a reason: {name}=REASON.")
        made[name] = why.strip()
    return made


def chosen(level: int, only: tuple[str, ...]) -> list[HostCheck]:
    """The checks up to `level` that `only` names by id or area (all, if empty); `ValueError` for names of nothing."""
    catalogue = load()
    known = {*catalogue, *(check.area for check in catalogue.values())}
    if unknown := [name for name in only if name not in known]:
        raise ValueError(f"There is no check and no area named {', '.join(unknown)}.")
    return [
        check
        for check in catalogue.values()
        if check.level <= level and (not only or check.id in only or check.area in only)
    ]


def _asked(check: HostCheck, host: HostFiles) -> Verdict:
    try:
        return check.evaluate(host)
    except CannotTell as error:
        return Verdict(Status.ERROR, f"{error}.")
    except OSError as error:
        return Verdict(Status.ERROR, f"{error.filename or host.root}: {error.strerror or error}.")
    except Exception as error:  # a file nobody foresaw: it is not known whether the host is in order
        _LOG.warning("check %s", check.id, exc_info=True)
        return Verdict(Status.ERROR, f"The check itself failed: {type(error).__name__}: {error}"[:500])
