"""What a story is, and the registry of all of them.

A story is one file under `catalogue/`. It says what is so before, what is tried (the same before and after, each time
with what must come of it), and how it is put right. It says nothing about what happens: that is seen.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from garrison.stories.told import Outcome

if TYPE_CHECKING:
    from garrison.stories.scene import Scene

Act = Callable[["Scene"], None]


class StoryError(Exception):
    """A story cannot be told here. The text says why, and what to do."""


class Try(msgspec.Struct, frozen=True):
    """Something that is tried before and after."""

    what: str
    """A sentence without its full stop."""
    who: str
    how: str
    """The command that does it."""
    act: Callable[[], tuple[Outcome, str]]
    """Does it; what came of it, and the answer in a few words."""
    before: Outcome
    after: Outcome


Tries = Callable[["Scene"], Iterable[Try]]
STORIES: dict[str, Story] = {}


class Story:
    """One story. Its parts are registered by the decorators."""

    def __init__(
        self, id: str, title: str, *, who: str, challenge: str, lesson: str, checks: tuple[str, ...],
        needs: tuple[str, ...] = (), upstream: bool = False,
    ) -> None:  # fmt: skip
        self.id = id
        self.title = title
        self.who = who
        """Whose story it is: somebody made up."""
        self.challenge = challenge
        """What is wrong, and what is at stake."""
        self.lesson = lesson
        """What put it right, in AWS's terms."""
        self.checks = checks
        """Checks that fail before, and pass after."""
        self.needs = needs
        """Extras of Garrison it does not work without."""
        self.upstream = upstream
        """Whether it needs a Garrison before an upstream, for a service Garrison itself has not."""
        self.set_up: Act = _nothing
        self.tries: Tries = _no_tries
        self.put_right: Act = _nothing
        STORIES[id] = self

    def before(self, function: Act) -> Act:
        """What is so at the beginning."""
        self.set_up = function
        return function

    def attempts(self, function: Tries) -> Tries:
        """What is tried, before and after."""
        self.tries = function
        return function

    def fix(self, function: Act) -> Act:
        """What puts it right, by `Scene.fix`."""
        self.put_right = function
        return function


def _nothing(scene: Scene) -> None:
    raise NotImplementedError("a story has a beginning and a way out")


def _no_tries(scene: Scene) -> Iterable[Try]:
    return ()


def stories() -> dict[str, Story]:
    """Every story by its id, in the order of their names."""
    from garrison.stories import catalogue

    for module in pkgutil.iter_modules(catalogue.__path__):
        importlib.import_module(f"{catalogue.__name__}.{module.name}")
    return dict(sorted(STORIES.items()))
