"""The form of a collector: which files it wants, and what it makes of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from garrison.scan.inventory import purl
from garrison.scan.inventory.files import File, Scan
from garrison.scan.inventory.model import Problem, ProblemKind
from garrison.scan.inventory.package import Package, PackageManager

Found = Iterator[Package | Problem]
Collect = Callable[[File, Scan], Found]


def any_path(path: str) -> bool:
    """Accepts every path."""
    return True


@dataclass(frozen=True)
class Collector:
    """Turns one kind of file into packages.

    A file is wanted when its name is one of `names`, ends in one of `endings`, stands in one of `folders`, or is an
    executable where `executables`; and `accepts(path)`. `collect` may raise anything: what it yielded before stands,
    and the file becomes a problem of the inventory.
    """

    name: str
    collect: Collect
    names: frozenset[str] = frozenset()
    endings: frozenset[str] = frozenset()
    """Last extensions with their dot, lower-case."""
    folders: frozenset[str] = frozenset()
    """Names of the folder the file is in."""
    executables: bool = False
    accepts: Callable[[str], bool] = any_path


def language_package(
    file: File,
    ecosystem: str,
    name: str,
    version: str,
    manager: PackageManager,
    collector: str,
    *,
    dev: bool = False,
    path: str = "",
) -> Package:
    """A package of a language's ecosystem, with its package URL."""
    return Package(
        ecosystem=ecosystem,
        name=name,
        version=version,
        purl=purl.for_language(ecosystem, name, version),
        manager=manager,
        path=path or file.path,
        layer=file.layer,
        dev=dev,
        collector=collector,
    )


def unresolved(file: File, names: list[str]) -> Found:
    """One note that `names` have no version in `file`; none when there are no names."""
    if names:
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        yield Problem(
            kind=ProblemKind.UNRESOLVED, path=file.path, reason=f"no exact version is given for {shown}", lost=False
        )


def malformed_entry(file: File, reason: str) -> Problem:
    """One entry of a file that could not be read, while the rest could."""
    return Problem(kind=ProblemKind.MALFORMED, path=file.path, reason=reason)
