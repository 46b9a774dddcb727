"""How a detector sees a value that came in a query string or a form: through every reading of it."""

from __future__ import annotations

import re
from functools import cache

from garrison.waf.detectors.views import readings
from garrison.waf.rule_group import Detector
from garrison.waf.scan import Scanner
from garrison.waf.screen import bounded, patterns_of


@cache
def _scanner(detector: Detector) -> Scanner:
    return Scanner([(0, bounded(pattern)) for pattern in patterns_of(detector)])


def sees(value: str | bytes, *detectors: Detector) -> bool:
    """Whether one of them finds something, its patterns asked first as the engine does."""
    data = value.encode() if isinstance(value, str) else value
    for _, reading in readings([data]):
        for detector in detectors:
            hit = _scanner(detector).find(b"\0" + reading + b"\0")
            if hit and (detector.find is None or detector.find(reading) is not None):
                return True
    return False


def lines(text: str) -> list[str]:
    """One example a line; `¦n`, `¦r` and `¦t` stand for line ends and tabs."""

    def written(found: re.Match[str]) -> str:
        return {"n": "\n", "r": "\r", "t": "\t"}[found[1]]

    return [re.sub(r"¦([nrt])", written, line.strip()) for line in text.strip().splitlines() if line.strip()]
