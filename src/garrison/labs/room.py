"""Starting, checking and stopping labs of one Garrison, and what came of them."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from garrison.checks.api import NotRead, Refused
from garrison.checks.collect.aws import Clients
from garrison.checks.collect.live import Ask
from garrison.labs.attempt import Attempt, Attempts, Said
from garrison.labs.bench import Bench, NotPrepared
from garrison.labs.lab import Lab, Step, Unmet

log = logging.getLogger("garrison.labs")

EXTRAS = {
    "waf": ("hyperscan",),
    "edge": ("maxminddb",),
    "detect": ("duckdb", "ibis", "pyarrow"),
}
"""Extras of Garrison -> the modules they bring."""


class LabError(Exception):
    """Something that cannot be done, said for people."""


class Verdict(msgspec.Struct, frozen=True):
    """What a check says of one step."""

    step: str
    title: str
    done: bool
    message: str
    """What is missing, and why; empty when done."""
    term: str
    """What AWS calls it."""
    url: str
    """Where AWS explains it."""


class Checked(msgspec.Struct, frozen=True):
    """What a check says of a lab."""

    lab: str
    learner: str
    at: float
    verdicts: tuple[Verdict, ...]

    @property
    def done(self) -> bool:
        return all(verdict.done for verdict in self.verdicts)


class Room:
    """The labs of one running Garrison."""

    def __init__(self, data: Path, ask: Ask, url: str, region: str) -> None:
        """`ask(method, path, body)` is the operator's door; it raises `Refused` for what it refuses."""
        self.attempts = Attempts(data)
        self._data = data
        self._ask = ask
        self._url = url
        self._region = region
        self._clients: Clients = {}

    def bench(self, attempt: Attempt) -> Bench:
        """The accounts of an attempt."""
        return Bench(attempt, self._data, self._ask, self._url, self._region, self._clients)

    def start(self, lab: Lab, learner: str) -> tuple[Attempt, bool]:
        """The learner's accounts for a lab, and whether they were made just now. Raises `LabError`."""
        with self.attempts.held(learner, lab.name):
            kept = self.attempts.get(learner, lab.name)
            if kept is not None and kept.running:
                return kept, False
            return self._start(lab, learner, kept), True

    def reset(self, lab: Lab, learner: str) -> Attempt:
        """Throw the accounts away and make new ones. Raises `LabError`."""
        with self.attempts.held(learner, lab.name):
            kept = self.attempts.get(learner, lab.name)
            if kept is not None and kept.running:
                self._stop(lab, kept)
            return self._start(lab, learner, kept)

    def stop(self, lab: Lab, learner: str) -> Attempt:
        """Throw the accounts away; what was reached is kept. Raises `LabError` if it was never started."""
        with self.attempts.held(learner, lab.name):
            attempt = self._kept(lab, learner)
            if attempt.stopped is None:
                self._stop(lab, attempt)
            return attempt

    def check(self, lab: Lab, learner: str) -> Checked:
        """See which steps are done, and keep it. Raises `LabError` if it does not run, `NotRead` if nobody answers."""
        with self.attempts.held(learner, lab.name):
            attempt = self.running(lab, learner)
            if attempt.version != lab.version:
                again = f"garrison lab reset {lab.number}"
                raise LabError(f"Lab {lab.number} is another one since it was started. Make it anew: {again}")
            bench = self.bench(attempt)
            self._still_there(lab, attempt)
            verdicts = tuple(_verdict(step, bench) for step in lab.steps)
            now = time.time()
            checked = Checked(lab.name, learner, now, verdicts)
            attempt.said = [Said(v.step, v.done, v.message) for v in verdicts]
            attempt.checks += 1
            attempt.checked = now
            for verdict in verdicts:
                if verdict.done:
                    attempt.passed.setdefault(verdict.step, now)
            if checked.done and attempt.finished is None:
                attempt.finished = now
                took = now - attempt.started
                attempt.best = took if attempt.best is None else min(took, attempt.best)
            self.attempts.put(attempt)
            return checked

    def hint(self, lab: Lab, learner: str, step: Step) -> tuple[str, int]:
        """The next hint for a step (the last one again, when there are no more), and how many there are after it."""
        with self.attempts.held(learner, lab.name):
            attempt = self.running(lab, learner)
            number = min(attempt.hints.get(step.id, 0), len(step.hints) - 1)
            attempt.hints[step.id] = number + 1
            self.attempts.put(attempt)
            return step.hints[number], len(step.hints) - number - 1

    def running(self, lab: Lab, learner: str) -> Attempt:
        """The attempt that has its accounts. Raises `LabError`."""
        attempt = self._kept(lab, learner)
        if not attempt.prepared:
            raise LabError(f"Lab {lab.number} was not made to its end: garrison lab start {lab.number}")
        if not attempt.running:
            raise LabError(f"Lab {lab.number} is stopped. Start it anew: garrison lab start {lab.number}")
        return attempt

    def _kept(self, lab: Lab, learner: str) -> Attempt:
        attempt = self.attempts.get(learner, lab.name)
        if attempt is None:
            raise LabError(f"{learner} has not started lab {lab.number}: garrison lab start {lab.number}")
        return attempt

    def _start(self, lab: Lab, learner: str, before: Attempt | None) -> Attempt:
        lacking = missing(lab.needs)
        if lacking:
            extras = ",".join(lacking)
            raise LabError(f"Lab {lab.number} needs what is not installed here: pip install 'garrison[{extras}]'")
        if before is not None and not before.prepared:
            self._close(before)  # what was made before somebody was stopped in the middle
        shutil.rmtree(self.attempts.evidence(learner, lab.name), ignore_errors=True)
        attempt = Attempt(lab.name, lab.version, learner, time.time())
        if before is not None:
            attempt.best = before.best
        bench = self.bench(attempt)
        bench.keep = lambda: self.attempts.put(attempt)
        try:
            lab.prepared(bench)
        except (NotPrepared, Refused, NotRead) as e:
            self._close(attempt)
            self.attempts.forget(attempt)
            raise LabError(f"Lab {lab.number} could not be prepared: {e}") from e
        attempt.prepared = True
        self.attempts.put(attempt)
        return attempt

    def _stop(self, lab: Lab, attempt: Attempt) -> None:
        try:
            lab.cleaned(self.bench(attempt))
        except (NotPrepared, Refused, Unmet, KeyError) as e:
            log.warning("what lab %s left running could not be taken away: %s", lab.name, e)
        self._close(attempt)
        attempt.keys.clear()
        attempt.handed.clear()
        attempt.stopped = time.time()
        self.attempts.put(attempt)

    def _close(self, attempt: Attempt) -> None:
        for account in reversed(attempt.accounts.values()):
            with contextlib.suppress(Refused):  # it is closed already, or was forgotten by `garrison reset`
                self._ask("POST", "/_garrison/accounts/close", {"account": account})

    def _still_there(self, lab: Lab, attempt: Attempt) -> None:
        there = {a["id"] for a in self._ask("GET", "/_garrison/accounts", None)["accounts"] if a["status"] == "ACTIVE"}
        gone = [account for account in attempt.accounts.values() if account not in there]
        if gone:
            raise LabError(
                f"Account {gone[0]} of lab {lab.number} is not there any more. Make it anew: "
                f"garrison lab reset {lab.number}"
            )


def missing(extras: Sequence[str]) -> list[str]:
    """Which of these extras are not installed."""
    return [e for e in extras if not all(importlib.util.find_spec(module) for module in EXTRAS[e])]


def _verdict(step: Step, bench: Bench) -> Verdict:
    message = ""
    try:
        step.verify(bench)
    except Unmet as e:
        message = str(e)
    except Refused as e:
        message = f"It could not be seen whether it is done: {e}"
    except (KeyError, IndexError, TypeError, ValueError) as e:
        # Something the lab prepared was taken away, or is in a form it did not foresee: not done, at any rate.
        log.exception("step %s of lab %s", step.id, bench.attempt.lab)
        message = f"It could not be seen whether it is done: {type(e).__name__}: {e}"
    return Verdict(step.id, step.title, not message, message, step.term.name, step.term.url)
