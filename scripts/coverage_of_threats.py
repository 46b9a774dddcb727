"""The part of docs/coverage.md about threat detection: which finding types are found, and why others are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

from garrison.detect import detectors
from garrison.detect.catalogue import TYPES, FindingType, Status, raised, status
from garrison.services.guardduty import malware_run, malware_watch

_STATES = {
    "active": "found in what Garrison reads, without anything else",
    "needs feed": "found once a list of that category is given (users' own lists, or files)",
    "learning": "found once it is known what is usual: after seven days, five of them with events",
    "needs rules": "found by scanning files, once rules of malware (YARA) or a clamd are given",
    "needs sensor": "read from a host's processes or files, which nothing here watches yet",
    "not reproducible": "rests on what AWS alone knows",
    "not built": "no detector yet; only samples of it can be made",
}
_FOUND = ("active", "needs feed", "learning", "needs rules")
_SCANNED = frozenset({malware_watch.TYPE, *malware_run.FOUND_IN.values()})
_RULES = Status("needs rules", "rules of malware, or a clamd, must be given")


@cache
def _statuses() -> dict[str, Status]:
    detectors.load()
    found = raised()
    return {name: _RULES if name in _SCANNED else status(name, None, found) for name in TYPES}


def known() -> int:
    """Finding types in the catalogue."""
    return len(TYPES)


def detected() -> int:
    """How many of them are found."""
    return len(found())


def found() -> frozenset[str]:
    """Those some detector or scanner raises. `tests/detect/test_cases.py` asks for examples of each."""
    return frozenset(name for name, one in _statuses().items() if one.state in _FOUND)


def lines() -> Iterator[str]:
    """The section's lines."""
    statuses = _statuses()
    counts = Counter(one.state for one in statuses.values())
    yield "## Threat detection"
    yield ""
    yield "A finding type is raised where a detector really found what it stands for, and otherwise only as a sample."
    yield ""
    yield "| state | types | what it means |"
    yield "|---|--:|---|"
    for state, meaning in _STATES.items():
        yield f"| {state} | {counts[state]} | {meaning} |"
    yield ""
    yield "| feature | types | " + " | ".join(_STATES) + " |"
    yield "|---|--:|" + "--:|" * len(_STATES)
    for feature in dict.fromkeys(one.feature for one in TYPES.values()):
        names = [name for name, one in TYPES.items() if one.feature == feature]
        of = Counter(statuses[name].state for name in names)
        yield f"| {feature} | {len(names)} | " + " | ".join(str(of[state] or "") for state in _STATES) + " |"
    yield ""
    yield "<details><summary><b>All finding types</b></summary>"
    yield ""
    yield "| type | severity | way | state | |"
    yield "|---|---|---|---|---|"
    for name, one in TYPES.items():
        yield _row(name, one, statuses[name])
    yield ""
    yield "Ways: D a rule, T a threshold, I an indicator on a list, B a learned baseline, E a host sensor or file"
    yield "scanner, C a correlation of findings, X known to AWS alone."
    yield ""
    yield "</details>"
    yield ""


def _row(name: str, one: FindingType, of: Status) -> str:
    severity = f"{one.severity:g}" + ("*" if one.varies else "")
    said = " ".join(dict.fromkeys(text for text in (of.reason, one.limit) if text))
    return f"| `{name}` | {severity} | {one.kind} | {of.state} | {said} |"
