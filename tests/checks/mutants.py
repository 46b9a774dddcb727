"""Checks whose implementation is gone, in the ways it can be: what is put in its place looks at nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from garrison.checks.check import Check, Outcome, failed, not_applicable, passed
from garrison.checks.probe import Probe
from garrison.checks.snapshot import Snapshot

Mode = Literal["passes", "fails", "raises", "says nothing", "does not apply"]
MODES: tuple[Mode, ...] = ("passes", "fails", "raises", "says nothing", "does not apply")


def mutated(check: Check, how: Mode) -> Check:
    """The check, with an implementation that always does that."""

    def outcomes(account: Snapshot) -> Iterator[Outcome]:
        if how == "raises":
            raise ValueError("there is nothing here")
        if how == "passes":
            yield passed(account.root, "so it is")
        elif how == "fails":
            yield failed(account.root, "not so")
        elif how == "does not apply":
            yield not_applicable(account.root, "nothing is there")

    def attempt(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
        return outcomes(account)

    if check.behavioural:
        return msgspec.structs.replace(check, attempt=attempt)
    return msgspec.structs.replace(check, evaluate=outcomes)
