"""How far learning has come: of a source of events in an account, and what is said meanwhile (nothing).

Seven days must have passed since the first event, and five of them must have had events: a week with its weekend.
How much is known of a single principal is not asked here: what is known of it weighs as much as it is (`rarity`).
"""

from __future__ import annotations

import math

from garrison.detect.baseline.memory import DAY, LEARNING
from garrison.detect.context import Context, Memory

DAYS = 5
"""With events, of those of the first week."""
SOURCES = ("api", "flow", "dns", "kubernetes", "login", "s3")


def source_scope(account: str, source: str) -> str:
    """Whose age is how long events of a source were watched."""
    return f"{account}|source|{source}"


def watched(context: Context, account: str, source: str, time: float) -> bool:
    """Notes that a source was seen, and says whether it was watched for long enough. `baseline.days` sets how long."""
    scope, memory = source_scope(account, source), context.memory
    memory.learn(scope, "watched", source, time)
    memory.learn(scope, "days", "", day_of(time))
    days = context.settings.get("baseline.days", LEARNING / DAY)
    return memory.age(scope, time) >= days * DAY and memory.times(scope, "days", "") >= min(DAYS, days)


def day_of(time: float) -> float:
    """The begin of its day (UTC)."""
    return math.floor(time / DAY) * DAY


def learning(memory: Memory, account: str, now: float, days: float = LEARNING / DAY) -> dict[str, float]:
    """By source: days learned, at most `days`; a source never seen is not in it. Shown as "learning 3/7"."""
    found = {}
    for source in SOURCES:
        scope = source_scope(account, source)
        if memory.count(scope, "watched"):
            found[source] = min(days, memory.age(scope, now) / DAY)
    return found
