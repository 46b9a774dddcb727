"""What a lab is, and the registry of all of them.

A lab is one file under `catalogue/`: what it says, what it prepares, and for each step how one sees that it is done. A
step never looks at what somebody typed: it asks the account how things are, asks the decision engine what would be
decided, or tries it as the principal it is about. So every right solution passes, whichever way it went.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from garrison.labs.bench import Bench

Act = Callable[["Bench"], None]
_FACT = re.compile(r"\{([a-z_]+)\}")


class Unmet(Exception):
    """A step is not done. The text says what is missing, and why it matters."""


class Term(msgspec.Struct, frozen=True):
    """The words AWS uses for it, and where AWS explains them."""

    name: str
    url: str


class Step(msgspec.Struct, frozen=True):
    """One thing that must be so."""

    id: str
    title: str
    """What is so when it is done: a sentence without its full stop."""
    task: str
    """What is to be reached, in words; `{fact}` stands for what was prepared."""
    hints: tuple[str, ...]
    """Ever more of the way; the last one has the commands."""
    term: Term
    verify: Act
    """Returns if it is done. Raises `Unmet`."""


class Lab:
    """One lab."""

    def __init__(
        self,
        number: int,
        id: str,
        title: str,
        *,
        goal: str,
        teaches: tuple[str, ...],
        minutes: int,
        needs: tuple[str, ...] = (),
        version: int = 1,
    ) -> None:
        self.number = number
        self.id = id
        """`words-with-dashes`"""
        self.title = title
        self.goal = goal
        """The situation, and what is to be so in the end."""
        self.teaches = teaches
        """AWS's terms for what one can do afterwards."""
        self.minutes = minutes
        """How long it takes somebody who knows the console and not this."""
        self.needs = needs
        """Extras of Garrison it does not work without."""
        self.version = version
        """Moves when the same state of things may be judged otherwise."""
        self.steps: list[Step] = []
        self._prepare: Act | None = None
        self._clean: Act | None = None
        LABS[number] = self

    @property
    def name(self) -> str:
        """`03-break-the-escalation-path`"""
        return f"{self.number:02}-{self.id}"

    def step(
        self, id: str, title: str, *, task: str, hints: tuple[str, ...], term: tuple[str, str]
    ) -> Callable[[Act], Act]:
        """Register `function(bench)` as what verifies the next step."""

        def register(function: Act) -> Act:
            self.steps.append(Step(id, title, task, hints, Term(*term), function))
            return function

        return register

    def prepare(self, function: Act) -> Act:
        """Register `function(bench)` as what makes the accounts and what is in them."""
        self._prepare = function
        return function

    def clean(self, function: Act) -> Act:
        """Register `function(bench)` as what is done before the accounts are closed."""
        self._clean = function
        return function

    def prepared(self, bench: Bench) -> None:
        """Make the accounts and what is in them."""
        assert self._prepare is not None, self.name
        self._prepare(bench)

    def cleaned(self, bench: Bench) -> None:
        """Take away what would go on running in a closed account."""
        if self._clean is not None:
            self._clean(bench)

    def the_step(self, id: str) -> Step:
        """The step with that id. Raises `KeyError`."""
        return next((step for step in self.steps if step.id == id), None) or _no(id)


def _no(id: str) -> Step:
    raise KeyError(id)


LABS: dict[int, Lab] = {}
"""Every lab by its number, once `garrison.labs.labs` was called."""


def unfilled(text: str) -> str:
    """A text of a lab that nobody has started: what would be prepared has no name yet."""
    return _FACT.sub("…", text)


def filled(text: str, facts: Mapping[str, str]) -> str:
    """A text with what was prepared in the places of `{fact}`; other braces stay."""
    return _FACT.sub(lambda match: facts.get(match[1], match[0]), text)
