"""What an assessment's results say of a framework's controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from garrison.assess.frameworks.framework import Control, Framework
from garrison.checks.check import Result, Status


class ControlStatus(StrEnum):
    """Only `SATISFIED` says that a requirement is met."""

    GAP = "GAP"
    """A check failed."""
    NOT_AVAILABLE = "NOT_AVAILABLE"
    """No check failed, but one could not be answered: nobody knows."""
    PARTLY = "PARTLY"
    """Nothing failed unanswered; it asks for more than the checks look at, or somebody answers for a failure."""
    SATISFIED = "SATISFIED"
    """Every check passed, and they look at all of it."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    """There is nothing in the accounts it could be about."""
    MANUAL = "MANUAL"
    """People, paper or the provider's reports show it."""
    NOT_ASSESSED = "NOT_ASSESSED"
    """No check of ours looks at it, or none of them was asked."""


class ControlResult(msgspec.Struct, frozen=True):
    """One control, and why it stands so."""

    control: Control
    status: ControlStatus
    failing: tuple[Result, ...] = ()
    unknown: tuple[Result, ...] = ()
    excepted: tuple[Result, ...] = ()
    """Failures somebody answers for: they make no gap, and are always shown; satisfied it is not."""
    passed: int = 0
    """Results that passed."""
    not_asked: tuple[str, ...] = ()
    """Checks of it that were not asked."""


class Standing(msgspec.Struct, frozen=True):
    """A framework against one assessment."""

    framework: Framework
    controls: tuple[ControlResult, ...]

    @property
    def counts(self) -> dict[ControlStatus, int]:
        """How many controls there are of each status."""
        counted = Counter(one.status for one in self.controls)
        return {status: counted[status] for status in ControlStatus}

    @property
    def assessed(self) -> int:
        """Controls that some check spoke for: the coverage, of `len(controls)`."""
        return sum(one.status not in (ControlStatus.MANUAL, ControlStatus.NOT_ASSESSED) for one in self.controls)

    @property
    def judged(self) -> int:
        """Controls that were assessed and are about something there is: what is satisfied is told of these."""
        return self.assessed - self.counts[ControlStatus.NOT_APPLICABLE]

    @property
    def gaps(self) -> tuple[ControlResult, ...]:
        return tuple(one for one in self.controls if one.status is ControlStatus.GAP)


def standing(framework: Framework, results: Iterable[Result]) -> Standing:
    """Fold results into controls: the worst of its checks is a control's status."""
    by_check: dict[str, list[Result]] = {}
    for result in results:
        by_check.setdefault(result.check, []).append(result)
    return Standing(framework, tuple(_one(control, by_check) for control in framework.controls))


def _one(control: Control, by_check: Mapping[str, list[Result]]) -> ControlResult:
    found = [result for check in control.checks for result in by_check.get(check, ())]
    not_asked = tuple(check for check in control.checks if check not in by_check)
    of: dict[Status, list[Result]] = {}
    for result in found:
        of.setdefault(result.status, []).append(result)
    if of.get(Status.FAIL):
        status = ControlStatus.GAP
    elif of.get(Status.NOT_AVAILABLE):
        status = ControlStatus.NOT_AVAILABLE
    elif not found:
        status = ControlStatus.NOT_ASSESSED if control.kind == "technical" else ControlStatus.MANUAL
    elif set(of) == {Status.NOT_APPLICABLE} and not control.partly:
        status = ControlStatus.NOT_APPLICABLE
    else:
        status = (
            ControlStatus.PARTLY if control.partly or not_asked or of.get(Status.EXCEPTED) else ControlStatus.SATISFIED
        )
    return ControlResult(
        control=control,
        status=status,
        failing=tuple(of.get(Status.FAIL, ())),
        unknown=tuple(of.get(Status.NOT_AVAILABLE, ())),
        excepted=tuple(of.get(Status.EXCEPTED, ())),
        passed=len(of.get(Status.PASS, ())),
        not_asked=not_asked,
    )
