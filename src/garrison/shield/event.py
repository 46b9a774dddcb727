"""One attack as it is told: how much, against what, by whom. In the shape DescribeAttack has for it."""

from __future__ import annotations

from typing import Any

from garrison.shield.attributes import PLACE
from garrison.shield.sketches import Distinct, SpaceSaving
from garrison.shield.slices import Sample

REQUEST_FLOOD = "REQUEST_FLOOD"
"""The one vector that whoever sees only HTTP requests can observe."""
TOP = 5
"""Source: API reference, AttackProperty: at most five contributors."""
OFFENCES = 50
"""Refused requests of one attack that make its source a known one."""
_RESOURCES = 20
_PROPERTIES = {
    "uri": "DESTINATION_URL",
    "referrer": "REFERRER",
    "asn": "SOURCE_ASN",
    "country": "SOURCE_COUNTRY",
    "source": "SOURCE_IP_ADDRESS",
    "user_agent": "SOURCE_USER_AGENT",
}
_BITS = 8


class Volume:
    """A rate over an event's seconds."""

    def __init__(self) -> None:
        self.most = 0.0
        self.last = 0.0
        self.sum = 0.0
        self.seconds = 0

    def add(self, rate: float) -> None:
        """One second's."""
        self.most = max(self.most, rate)
        self.last = rate
        self.sum += rate
        self.seconds += 1

    def counter(self, name: str, unit: str) -> dict[str, Any]:
        """As `SummarizedCounter`."""
        average = self.sum / self.seconds if self.seconds else 0.0
        return {
            "Name": name, "Max": round(self.most, 3), "Average": round(average, 3), "Sum": round(self.sum, 3),
            "N": self.seconds, "Unit": unit,
        }  # fmt: skip


class Event:
    """An attack while it lasts, and afterwards."""

    def __init__(self, started: int, detected: int, expected: float, because: dict[str, float], learning: str) -> None:
        self.started = started
        self.detected = detected
        self.ended: int | None = None
        self.expected = expected
        """Requests per second that would have been normal."""
        self.because = because
        """What moved, and how far."""
        self.learning = learning
        self.requests = Volume()
        self.refused = Volume()
        self.bits = Volume()
        self.distinct = Distinct()
        self.mitigated: int | None = None
        """When the first rule began to act."""
        self._by: dict[str, SpaceSaving[str]] = {name: SpaceSaving(1000) for name in _PROPERTIES}
        self._refused: SpaceSaving[str] = SpaceSaving(1000)
        """Requests that were refused, by who connected."""
        self._paths: dict[str, Volume] = {}

    def add(self, requests: int, refused: int, size: int, weighted: list[tuple[Sample, float]]) -> None:
        """A second of it."""
        self.requests.add(requests)
        self.refused.add(refused)
        self.bits.add(size * _BITS)
        paths: dict[str, float] = {}
        for sample, weight in weighted:
            values = sample.values
            self.distinct.add(values[PLACE["forwarded"]] or values[PLACE["source"]])
            for name, counts in self._by.items():
                if value := values[PLACE[name]]:
                    counts.add(value, weight)
            if sample.refused and not values[PLACE["forwarded"]]:
                self._refused.add(values[PLACE["source"]], weight)
            path = values[PLACE["uri"]]
            paths[path] = paths.get(path, 0.0) + weight
        for path, count in paths.items():
            if path in self._paths or len(self._paths) < 4 * _RESOURCES:
                self._paths.setdefault(path, Volume()).add(count)

    @property
    def vectors(self) -> tuple[str, ...]:
        """What was observed."""
        return (REQUEST_FLOOD,)

    @property
    def volumes(self) -> dict[str, float]:
        """Of the last second, as AWS's metrics name them."""
        return {"RequestsPerSecond": self.requests.last, "BitsPerSecond": self.bits.last}

    @property
    def offenders(self) -> list[str]:
        """Addresses most of whose requests were refused. None of those is among them through which others come."""
        return [
            source for source, count in self._refused.sure(OFFENCES) if count > 0.5 * self._by["source"].get(source)
        ]

    def detail(self, mitigations: list[str]) -> dict[str, Any]:
        """`SubResources`, `AttackCounters`, `AttackProperties` and `Mitigations` as DescribeAttack answers them."""
        heaviest = sorted(self._paths.items(), key=lambda item: item[1].sum, reverse=True)[:_RESOURCES]
        counters = [self.requests.counter(REQUEST_FLOOD, "requests per second")]
        if self.bits.sum:
            counters.append(self.bits.counter(REQUEST_FLOOD, "bits per second"))
        properties = []
        for name, counts in self._by.items():
            top = [(value, round(count)) for value, count in counts.top(TOP) if count >= 1]
            if top:
                properties.append({
                    "AttackLayer": "APPLICATION",
                    "AttackPropertyIdentifier": _PROPERTIES[name],
                    "TopContributors": [{"Name": value, "Value": count} for value, count in top],
                    "Unit": "REQUESTS",
                    "Total": round(counts.total),
                })  # fmt: skip
        return {
            "SubResources": [
                {
                    "Type": "URL",
                    "Id": path,
                    "AttackVectors": [
                        {
                            "VectorType": REQUEST_FLOOD,
                            "VectorCounters": [volume.counter(REQUEST_FLOOD, "requests per second")],
                        }
                    ],
                    "Counters": [],
                }
                for path, volume in heaviest
            ],
            "AttackCounters": counters,
            "AttackProperties": properties,
            "Mitigations": [{"MitigationName": name} for name in mitigations],
        }

    def explained(self) -> dict[str, Any]:
        """What the API has no member for."""
        return {
            "detected": self.detected,
            "mitigated": self.mitigated,
            "expected": round(self.expected, 3),
            "moved": {name: round(far, 3) for name, far in self.because.items()},
            "learning": self.learning,
            "sources": self.distinct.count(),
            "offered": round(self.requests.sum),
            "refused": round(self.refused.sum),
            "peak": round(self.requests.most, 3),
        }
