"""Passwords of databases guessed."""

from __future__ import annotations

from garrison.detect.events import DatabaseLogin
from tests.detect.case import Case
from tests.detect.making import NOW, login

GUESSED = "CredentialAccess:RDS/AnomalousBehavior.SuccessfulBruteForce"


def _failures(count: int, source: str = "198.51.100.23") -> tuple[DatabaseLogin, ...]:
    return tuple(login(succeeded=False, time=NOW + 10 * n, source=source) for n in range(count))


CASES = (
    Case(
        name="thirty wrong passwords, then a right one from a neighbouring address",
        events=(*_failures(30), login(succeeded=True, time=NOW + 400, source="198.51.100.77")),
        fires=(GUESSED,),
    ),
    Case(
        name="a few wrong passwords, many from elsewhere, and a right one first",
        events=(
            *_failures(5),
            *_failures(30, source="192.0.2.50"),
            login(succeeded=True, time=NOW + 400),
            login(succeeded=True, time=NOW - 5, source="192.0.2.50"),
        ),
        near=(GUESSED,),
    ),
)
