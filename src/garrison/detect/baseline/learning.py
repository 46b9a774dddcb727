"""How far learning has come: of a source of events in an account, and what is said meanwhile (nothing)."""

from __future__ import annotations

from garrison.detect.baseline.memory import DAY, LEARNING
from garrison.detect.context import Context, Memory

SOURCES = ("api", "flow", "dns", "kubernetes", "login", "s3")


def source_scope(account: str, source: str) -> str:
    """Whose age is how long events of a source were watched."""
    return f"{account}|source|{source}"


def watched(context: Context, account: str, source: str, time: float) -> bool:
    """Notes that a source was seen, and says whether it was watched for long enough. `baseline.days` sets how long."""
    scope = source_scope(account, source)
    context.memory.learn(scope, "watched", source, time)
    return context.memory.age(scope, time) >= context.settings.get("baseline.days", LEARNING / DAY) * DAY


def learning(memory: Memory, account: str, now: float, days: float = LEARNING / DAY) -> dict[str, float]:
    """By source: days learned, at most `days`; a source never seen is not in it. Shown as "learning 3/7"."""
    found = {}
    for source in SOURCES:
        scope = source_scope(account, source)
        if memory.count(scope, "watched"):
            found[source] = min(days, memory.age(scope, now) / DAY)
    return found
