"""Stored packages matched with the database as it is now."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from garrison.access.runtime import Runtime
from garrison.access.vulnerabilities import database
from garrison.scan.inventory.package import Package
from garrison.scan.match import Matches, match
from garrison.scan.vulndb import DatabaseError, Status


class Matched(NamedTuple):
    """What was found, and with which database; None: there is no usable one, and nothing can be said."""

    matches: Matches | None
    database: Status | None


def edition(database: Status) -> str:
    """What tells a database from every other: when it was built, to the second, and of what."""
    made_of = "".join(f"{one.name}{one.sha256}" for one in database.sources)
    return f"{database.built}/{database.advisories}/{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"


def matched(runtime: Runtime, packages: Sequence[Package]) -> Matched:
    """Findings of the packages. Slow: on a pool thread."""
    try:
        found = match(packages, database(runtime))
    except DatabaseError:
        return Matched(None, None)
    return Matched(found, found.database)
