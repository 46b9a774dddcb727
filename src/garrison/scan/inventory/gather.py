"""Collectors run over files, and what they found made into an inventory."""

from __future__ import annotations

import time
from collections.abc import Iterable
from operator import attrgetter

import msgspec

from garrison.scan.inventory import os_release
from garrison.scan.inventory.collectors.collector import Collector
from garrison.scan.inventory.files import Budget, Exhausted, File, Scan, Tree, Unreadable
from garrison.scan.inventory.model import (
    Inventory,
    Limits,
    OsRelease,
    Problem,
    ProblemKind,
    Progress,
    ProgressCallback,
    TargetKind,
)
from garrison.scan.inventory.package import Package

_EVERY = 0.1
# Where Debian's policies (Python, Node, Java, Ruby, PHP) have its packages install, and no other installer writes.
_DEBIANS_OWN = (
    "usr/lib/python3/dist-packages/",
    "usr/share/nodejs/",
    "usr/share/java/",
    "usr/share/maven-repo/",
    "usr/share/rubygems-integration/",
    "usr/share/php/",
)
_MOST_PROBLEMS = 1000
_ORDER = attrgetter("path", "ecosystem", "name", "native_version", "arch", "ref")


class Gathering:
    """One scan under way: what was found so far, and what went wrong."""

    def __init__(self, limits: Limits | None, progress: ProgressCallback | None) -> None:
        self.scan = Scan(Budget(limits or Limits()))
        self.packages: list[Package] = []
        self.problems: list[Problem] = []
        self.files = 0
        self._progress = progress
        self._told = 0.0
        self._stage = ""

    def tell(self, stage: str, done: int, total: int | None = None) -> None:
        """Progress, at most ten times a second within a stage."""
        if self._progress is None:
            return
        now = time.monotonic()
        if stage != self._stage or now - self._told >= _EVERY:
            self._stage, self._told = stage, now
            self._progress(Progress(stage, done, total, len(self.packages)))

    def problem(self, kind: ProblemKind, path: str, reason: str, *, lost: bool = True) -> None:
        """Note one. After a thousand only the count of the rest is kept: a hostile target must not fill the memory."""
        self.note(Problem(kind=kind, path=path, reason=reason, lost=lost))

    def note(self, problem: Problem) -> None:
        """Note one that a collector made."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)
        elif len(self.problems) == _MOST_PROBLEMS:
            self.problems.append(
                Problem(
                    kind=ProblemKind.LIMIT,
                    path="",
                    reason=f"more than {_MOST_PROBLEMS} problems; the rest is not listed",
                )
            )

    def count(self, files: int = 1) -> None:
        """Account for entries looked at; raises Exhausted past the limit."""
        self.files += files
        if self.files > self.scan.limits.files:
            raise Exhausted(f"stopped after {self.scan.limits.files} files, the scan's limit")

    def detect(self, tree: Tree) -> OsRelease | None:
        """Which distribution `tree` is; known to collectors from here on."""
        self.scan.tree = tree
        for paths, parse in (
            (os_release.PATHS, lambda path, content: os_release.parse(content)),
            (os_release.FALLBACKS, os_release.parse_fallback),
        ):
            for path in paths:
                file = tree.get(path)
                if file is None:
                    continue
                try:
                    found = parse(path, self.scan.read(file))
                except (Unreadable, OSError) as error:
                    self.problem(ProblemKind.UNREADABLE, path, str(error))
                    continue
                if found is not None:
                    self.scan.os = found
                    return found
        return None

    def collect(self, file: File, collectors: Iterable[Collector]) -> None:
        """Run `collectors` over one file. Whatever one of them raises is a problem of that file alone."""
        for collector in collectors:
            try:
                for found in collector.collect(file, self.scan):
                    if isinstance(found, Problem):
                        self.note(found)
                        continue
                    if self._comes_distributed(found):
                        found = msgspec.structs.replace(found, distributed=True)
                    self.packages.append(found)
                    if len(self.packages) > self.scan.limits.packages:
                        raise Exhausted(f"stopped after {self.scan.limits.packages} packages, the scan's limit")
            except Exhausted:
                raise
            except Unreadable as error:
                self.problem(error.kind, file.path, error.reason)
            except OSError as error:
                self.problem(ProblemKind.UNREADABLE, file.path, error.strerror or str(error))
            except MemoryError:
                self.problem(ProblemKind.LIMIT, file.path, "takes more memory than there is")
            except Exception as error:
                self.problem(ProblemKind.MALFORMED, file.path, f"cannot be read: {type(error).__name__}: {error}"[:500])
        self.scan.budget.check()

    def _comes_distributed(self, package: Package) -> bool:
        return (
            package.path.startswith(_DEBIANS_OWN)
            and self.scan.os is not None
            and "debian" in (self.scan.os.id, *self.scan.os.like)
        )

    def finish(
        self,
        target: str,
        kind: TargetKind,
        *,
        digest: str = "",
        layers: tuple[str, ...] = (),
        architecture: str = "",
    ) -> Inventory:
        """The inventory of all that was found."""
        packages = sorted(set(self.packages), key=_ORDER)
        return Inventory(
            target=shown(target),
            kind=kind,
            os=self.scan.os,
            packages=tuple(packages),
            problems=tuple(self.problems),
            complete=not any(problem.lost for problem in self.problems),
            digest=digest,
            layers=layers,
            architecture=architecture,
            files=self.files,
        )


def shown(path: str) -> str:
    """A path as text that can be written anywhere: bytes that are no UTF-8 become replacement characters."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
