"""Telling stories in a running Garrison: before, put right, after; and nothing left behind."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from garrison.assess.diff import Difference, difference
from garrison.assess.ledger import Ledger, LedgerError
from garrison.assess.records import records, results
from garrison.assess.run import assess
from garrison.checks import load
from garrison.checks.api import NotRead, Refused
from garrison.checks.check import Result
from garrison.checks.collect.aws import Clients
from garrison.checks.collect.collector import CollectError
from garrison.checks.collect.live import Ask, LiveCollector
from garrison.evidence.signing import Signer
from garrison.labs.bench import NotPrepared
from garrison.labs.lab import Unmet
from garrison.labs.room import missing
from garrison.stories import upstream
from garrison.stories.recorded import record as remember
from garrison.stories.scene import Scene
from garrison.stories.story import Story, StoryError, Try
from garrison.stories.told import CheckSeen, Seen, Side, Told

log = logging.getLogger("garrison.stories")
PATIENCE = 60.0
"""Seconds until what must come of a try has come: a listener opens, a rule is in force."""
LEFT_OVER = 3600.0
"""Seconds after which a story's account is one of a story that was stopped in the middle."""
_EMAIL = re.compile(r"story\+[^@]*\.([0-9a-f]+)@example\.com")
Tell = Callable[[str], None]


class Stage:
    """A running Garrison in which stories are told."""

    def __init__(
        self, data: Path, ask: Ask, url: str, region: str, signer: Callable[[], Signer],
        *, patience: float = PATIENCE, evidence: Path | None = None,
    ) -> None:  # fmt: skip
        """`ask(method, path, body)` is the operator's door, which raises `Refused`; `signer` gives what seals
        `evidence`, a ledger of its own (default: `stories/evidence` of the data directory); `patience` is for how many
        seconds what must come of a try may take."""
        self._data = data
        self._ask = ask
        self._url = url
        self._region = region
        self._signer = signer
        self._patience = patience
        self._evidence = evidence or data / "stories" / "evidence"
        self._clients: Clients = {}

    def tell(self, story: Story, tell: Tell = lambda line: None) -> Told:
        """Tell it. `tell` hears what happens, line by line. Raises `StoryError` where something it needs is
        missing."""
        lacking = missing(story.needs)
        if lacking:
            raise StoryError(
                f"{story.id} needs what is not installed here: pip install 'garrison[{','.join(lacking)}]'"
            )
        told = self._told(story, tell) if not story.upstream else self._before_an_upstream(story, tell)
        remember(self._data, time.time(), told)
        return told

    def _before_an_upstream(self, story: Story, tell: Tell) -> Told:
        with upstream.opened() as (data, ask, url):
            there = Stage(data, ask, url, self._region, self._signer, patience=self._patience, evidence=self._evidence)
            return there._told(story, tell)

    def _told(self, story: Story, tell: Tell) -> Told:
        self._sweep()
        started = time.monotonic()
        scene = Scene(story.id, self._data, self._evidence, self._ask, self._url, self._region, self._clients)
        before: Side | None = None
        after: Side | None = None
        changes: list[Difference] = []
        problem = ""
        try:
            story.set_up(scene)
            tell("before")
            first, before = self._side(story, scene, tell, after=False)
            problem = _unlike(before, story, after=False)
            if not problem:
                tell("put right")
                story.put_right(scene)
                for step in scene.steps:
                    tell(f"  {step.what}: {step.how}")
                tell("after")
                second, after = self._side(story, scene, tell, after=True)
                problem = _unlike(after, story, after=True)
                changes = difference(first, second)
        except (NotPrepared, NotRead, Refused, Unmet, CollectError, LedgerError) as e:
            problem = scene.named(str(e))
        finally:
            self._end(scene)
        return Told(
            story.id, story.title, story.who, story.challenge, story.lesson, not problem, problem,
            round(time.monotonic() - started), before, tuple(scene.steps), after,
            tuple(_named(scene, changes)),
        )  # fmt: skip

    def _side(self, story: Story, scene: Scene, tell: Tell, *, after: bool) -> tuple[list[Result], Side]:
        """Ask the checks, then try everything."""
        catalogue = load()
        keys = next(iter(scene.attempt.keys.values()))
        accounts = list(scene.attempt.accounts.values())
        now = float(self._ask("GET", "/_garrison/clock", None)["now"])
        collector = LiveCollector(self._ask, self._url, self._region, now, keys, accounts)
        asked = [catalogue[id] for id in story.checks]
        found = assess(collector, asked, act=True, clock=lambda: now)
        ledger = Ledger(scene.evidence)
        run = ledger.append(records(found), self._signer())
        checks = []
        for record, result in results(ledger.run(run.id).records()):
            outcome = result.outcome
            seen = CheckSeen(
                result.check, result.title, result.severity, outcome.status.value, scene.named(outcome.subject),
                scene.named(outcome.reason), str(record["hash"])[:12],
            )  # fmt: skip
            if seen.status != "NOT_APPLICABLE":  # of accounts that have nothing it could be about
                checks.append(seen)
                tell(f"  {seen.status:9} {seen.check}: {seen.reason}")
        tries = []
        for one in story.tries(scene):
            tries.append(self._tried(one, scene, after=after))
            tell(f"  {tries[-1].outcome:9} {one.what} ({one.who})")
            if tries[-1].answer:
                tell(f"            {tries[-1].answer}")
        return list(found.results), Side(run.id, tuple(tries), tuple(checks))

    def _tried(self, one: Try, scene: Scene, *, after: bool) -> Seen:
        """What came of a try, as soon as it is what must come of it, or when patience ends."""
        expected = one.after if after else one.before
        deadline = time.monotonic() + self._patience
        while True:
            outcome, answer = one.act()
            if outcome == expected or time.monotonic() > deadline:
                return Seen(one.what, one.who, one.how, outcome, expected, scene.named(answer))
            time.sleep(0.2)

    def _sweep(self) -> None:
        """Close what a story left behind that was stopped in the middle."""
        for one in self._ask("GET", "/_garrison/accounts", None)["accounts"]:
            began = _EMAIL.fullmatch(one["email"])
            if began and one["status"] == "ACTIVE" and time.time() - int(began[1], 16) / 1000 > LEFT_OVER:
                self._close(one["id"])

    def _close(self, account: str) -> None:
        with contextlib.suppress(Refused):  # it was closed with its organization's management account
            self._ask("POST", "/_garrison/accounts/close", {"account": account})

    def _end(self, scene: Scene) -> None:
        """Take everything away again; what is in the way is logged."""
        try:
            scene.after_all.close()
        except (NotPrepared, NotRead, Refused, OSError) as e:
            log.warning("what story %s left running could not be taken away: %s", scene.story, e)
        for account in reversed(scene.attempt.accounts.values()):
            self._close(account)


def _unlike(side: Side, story: Story, *, after: bool) -> str:
    """What is not as it has to be; "" if all is."""
    when = "after" if after else "before"
    for one in side.tries:
        if not one.held:
            return f"{when}: {one.what}: {one.outcome} rather than {one.expected} ({one.answer})"
    for id in story.checks:
        statuses = {one.status for one in side.checks if one.check == id}
        if after and statuses != {"PASS"}:
            return f"after: {id} does not pass: {', '.join(sorted(statuses)) or 'nothing was said'}"
        if not after and "FAIL" not in statuses:
            return f"before: {id} does not fail: {', '.join(sorted(statuses)) or 'nothing was said'}"
    return ""


def _named(scene: Scene, changes: Iterable[Difference]) -> Iterable[Difference]:
    import msgspec

    for one in changes:
        told = {name: scene.named(getattr(one, name)) for name in ("account", "subject", "reason")}
        yield msgspec.structs.replace(one, **told)
