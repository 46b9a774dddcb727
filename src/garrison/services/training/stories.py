"""`garrison:ListStories`: what was wrong, how it was put right, and what came of it here."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.store import Reader
from garrison.stories import Story, stories
from garrison.stories.recorded import Recorded, recorded


@operation("garrison", "ListStories", access="read")
def list_stories(call: Call, reader: Reader) -> None:
    evidence = call.runtime.evidence

    def read() -> dict[str, Any]:
        there = {} if evidence is None else recorded(evidence.parent)
        return {"stories": [_story(one, there.get(one.id)) for one in stories().values()]}

    call.later = read


def _story(one: Story, last: Recorded | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "storyId": one.id,
        "title": one.title,
        "who": one.who,
        "challenge": one.challenge,
        "lesson": one.lesson,
        "checks": list(one.checks),
        "needs": list(one.needs),
    }
    return shown if last is None else shown | {"told": _told(last)}


def _told(last: Recorded) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(last.told)
    kept = ("held", "problem", "seconds", "before", "after", "steps", "changes")
    return {"toldAt": last.when} | {name: told[name] for name in kept if told[name] is not None}
