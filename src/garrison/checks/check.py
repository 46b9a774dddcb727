"""What a check is, what it says, and the registry of all of them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

if TYPE_CHECKING:
    from garrison.checks.probe import Probe
    from garrison.checks.snapshot import Snapshot

Severity = Literal["critical", "high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")
Scope = Literal["account", "organization"]
T = TypeVar("T")


class Status(StrEnum):
    """What came of a check, for one subject. Only `PASS` is a pass."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    EXCEPTED = "EXCEPTED"
    """It failed, and somebody answers for it, until a date."""
    NOT_AVAILABLE = "NOT_AVAILABLE"
    """What it needs could not be read: nobody knows."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    """There is nothing it could look at."""


class Fix(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a failure is put right."""

    commands: tuple[str, ...] = ()
    """Shell commands in their order, with the names of the resources at hand filled in."""
    account: str = ""
    """In which account they are to be run."""
    note: str = ""
    """What no command does, or what to consider before running them."""


class Outcome(msgspec.Struct, frozen=True):
    """What a check says of one subject."""

    status: Status
    subject: str
    """An ARN, as far as there is one."""
    reason: str
    """One sentence."""
    observed: dict[str, Any] = {}
    """The least of what was seen that shows it. No secrets, no fractions."""
    fix: Fix | None = None
    examined: int = 1
    """How many subjects this speaks for: a pass speaks for all of an account's that did not fail."""


class Result(msgspec.Struct, frozen=True):
    """An outcome, with whose it is."""

    check: str
    version: int
    title: str
    severity: Severity
    cells: tuple[str, ...]
    behavioural: bool
    account: str
    outcome: Outcome
    exception: str = ""
    """Id of the exception, of an `EXCEPTED` one."""

    @property
    def status(self) -> Status:
        return self.outcome.status


Evaluate = Callable[["Snapshot"], Iterable[Outcome]]
Try = Callable[["Snapshot", "Probe"], Iterable[Outcome]]


class Check(msgspec.Struct, frozen=True):
    """One check."""

    id: str
    """`SERVICE.name-in-words`."""
    title: str
    """What is so when it passes: a sentence without its full stop."""
    severity: Severity
    cells: tuple[str, ...]
    """Parts of the responsibility matrix it speaks for: `iam/identity/customer`."""
    needs: tuple[str, ...]
    """Names of facts."""
    why: str
    """What can happen to whoever fails it."""
    scope: Scope
    """`organization`: asked once of the management account; `account`: of every account."""
    version: int
    """Moves when the same state of things may give another answer."""
    evaluate: Evaluate | None = None
    attempt: Try | None = None
    """Of a behavioural check."""
    on_request: bool = False
    """Asked only by name, or for a framework that asks for it: most accounts need not be so."""

    @property
    def behavioural(self) -> bool:
        return self.attempt is not None

    @property
    def service(self) -> str:
        return self.id.partition(".")[0]


CHECKS: dict[str, Check] = {}
"""Every check by its id, once `garrison.checks.load` was called."""


def check(
    id: str,
    title: str,
    *,
    severity: Severity,
    cells: tuple[str, ...],
    needs: tuple[str, ...],
    why: str,
    scope: Scope = "account",
    version: int = 1,
    on_request: bool = False,
) -> Callable[[Evaluate], Evaluate]:
    """Register `function(snapshot) -> outcomes` as a check."""

    def register(function: Evaluate) -> Evaluate:
        CHECKS[id] = Check(
            id, title, severity, cells, needs, why, scope, version, evaluate=function, on_request=on_request
        )
        return function

    return register


def behaviour(
    id: str,
    title: str,
    *,
    severity: Severity,
    cells: tuple[str, ...],
    why: str,
    needs: tuple[str, ...] = (),
    version: int = 1,
) -> Callable[[Try], Try]:
    """Register `function(snapshot, probe) -> outcomes`: a check that tries what must be refused."""

    def register(function: Try) -> Try:
        CHECKS[id] = Check(id, title, severity, cells, needs, why, "account", version, attempt=function)
        return function

    return register


def passed(subject: str, reason: str, observed: Mapping[str, Any] | None = None, *, examined: int = 1) -> Outcome:
    """It is as it should be."""
    return Outcome(Status.PASS, subject, reason, dict(observed or {}), None, examined)


def failed(subject: str, reason: str, observed: Mapping[str, Any] | None = None, *, fix: Fix | None = None) -> Outcome:
    """It is not as it should be."""
    return Outcome(Status.FAIL, subject, reason, dict(observed or {}), fix)


def not_applicable(subject: str, reason: str) -> Outcome:
    """There is nothing to look at."""
    return Outcome(Status.NOT_APPLICABLE, subject, reason)


def each(
    account: Snapshot, things: Iterable[T], test: Callable[[T], Outcome | Iterable[Outcome] | None], what: str
) -> Iterator[Outcome]:
    """`test` of every thing, which gives its failures; and one pass that speaks for all the others.

    `what` names them in the plural (`users with a password`).
    """
    examined = 0
    bad = 0
    for thing in things:
        examined += 1
        found = test(thing)
        outcomes = () if found is None else (found,) if isinstance(found, Outcome) else tuple(found)
        bad += bool(outcomes)
        yield from outcomes
    if not examined:
        yield not_applicable(account.root, f"there are no {what}")
    elif bad < examined:
        yield passed(
            account.root, f"{examined - bad} of {examined} {what}", {"examined": examined}, examined=examined - bad
        )


def aws(service: str, operation: str, **options: Any) -> str:
    """An aws command: `aws("iam", "delete-login-profile", user_name="ana")`, quoted for a shell.

    An option that is True is a flag, False its `--no-` form.
    """
    words = ["aws", service, operation]
    for name, value in options.items():
        dashed = name.rstrip("_").replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{'' if value else 'no-'}{dashed}")
        elif isinstance(value, list | tuple):
            words += [f"--{dashed}", *map(str, value)]
        elif isinstance(value, dict):
            words += [f"--{dashed}", msgspec.json.encode(value).decode()]
        else:
            words += [f"--{dashed}", str(value)]
    return shlex.join(words)
