"""How unlikely it is that somebody does something: what is new to them, and to everybody around them.

A feature is of a kind (`api`, `network`, `agent`, ...) and has a value. One that its principal is known for says
nothing. One that is new to it says -ln((peers that are known for it + 0.5) / (peers + 1)), and 2 nats more where the
whole group never had it; of a principal younger than a day only that counts. Two features at least must be new, and
together say more than a threshold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from garrison.detect.baseline.memory import DAY
from garrison.detect.context import Memory
from garrison.detect.detection import Detection

THRESHOLD = 6.0
"""Nats."""
_NEW_TO_ALL = 2.0


class Feature(NamedTuple):
    """One that is new to its principal."""

    kind: str
    value: str
    nats: float
    new_to_group: bool
    peers: int
    peers_with: int


class Rarity(NamedTuple):
    """What is new in what was done."""

    features: tuple[Feature, ...]
    nats: float

    def unusual(self, threshold: float, least: int = 2) -> bool:
        """Whether enough is new, and new enough."""
        return len(self.features) >= least and self.nats > threshold


def rarity(memory: Memory, group: str, principal: str, features: Mapping[str, str], time: float) -> Rarity:
    """Asked before anything is learned of it. `group` is whose peers are compared (an account, a cluster)."""
    found = []
    own = f"{group}|by|{principal}"
    young = memory.age(own, time) < DAY
    for kind, value in features.items():
        if not value or memory.known(own, kind, value, time):
            continue
        peers = memory.count(f"{group}|with|{kind}", "principal")
        peers_with = memory.count(f"{group}|with|{kind}|{value}", "principal")
        if young and peers_with:
            continue  # somebody new does what others do
        nats = -math.log((peers_with + 0.5) / (peers + 1))
        if not peers_with:
            nats += _NEW_TO_ALL
        found.append(Feature(kind, value, nats, not peers_with, peers, peers_with))
    return Rarity(tuple(found), sum(f.nats for f in found))


def learn(memory: Memory, group: str, principal: str, features: Mapping[str, str], time: float) -> None:
    """Once it was judged, and found usual."""
    own = f"{group}|by|{principal}"
    for kind, value in features.items():
        if not value:
            continue
        new = not memory.known(own, kind, value, time)
        memory.learn(own, kind, value, time)
        if new:
            memory.learn(f"{group}|with|{kind}", "principal", principal, time)
            memory.learn(f"{group}|with|{kind}|{value}", "principal", principal, time)


def suspect(memory: Memory, group: str, principal: str, rare: Rarity, time: float) -> None:
    """What was new in a finding is not learned until it was not objected to for long."""
    for feature in rare.features:
        memory.quarantine(f"{group}|by|{principal}", feature.kind, feature.value, time)


_WORDS = {"api": "APIs", "network": "ASNs", "country": "countries", "agent": "userAgents", "bucket": "buckets"}


def explained(rare: Rarity, features: Mapping[str, str], name: str) -> dict[str, Any]:
    """`service.detection.anomaly`: of the principal and its group, what was usual and what was not.

    The model gives the maps' shape but not their keys; these are ours.
    """
    new = {f.kind: f for f in rare.features}
    own: dict[str, Any] = {}
    group: dict[str, Any] = {}
    behavior: dict[str, Any] = {}
    for kind, value in features.items():
        if not value:
            continue
        word = _WORDS.get(kind, kind)
        feature = new.get(kind)
        own[word] = [_profile("UNSEEN" if feature else "FREQUENT", value)]
        if feature is not None:
            seen = "UNSEEN" if feature.new_to_group else "INFREQUENT"
            group[word] = [_profile(seen, f"{value}: {feature.peers_with} of {feature.peers} others")]
            behavior[word] = _profile("UNSEEN", value)
    profiles = {name: own} | ({"account": group} if group else {})
    return {"profiles": profiles, "unusual": {"behavior": {name: behavior}}}


def with_anomaly(one: Detection, rare: Rarity, features: Mapping[str, str], name: str) -> Detection:
    """The detection, explained by what was new."""
    return msgspec.structs.replace(
        one,
        anomaly=explained(rare, features, name),
        additional={**one.additional, "unusual": {f.kind: f.value for f in rare.features}, "nats": round(rare.nats, 1)},
    )


def _profile(subtype: str, text: str) -> dict[str, Any]:
    return {"profileType": "FREQUENCY", "profileSubtype": subtype, "observations": {"text": [text]}}


def far_above(name: str, word: str, amount: float, z: float) -> dict[str, Any]:
    """`service.detection.anomaly` of an amount that is far above what is usual."""
    one = {
        "profileType": "VOLUME",
        "profileSubtype": "COUNT",
        "observations": {"text": [f"{amount:.0f} in this hour, {z:.1f} deviations above what is usual"]},
    }
    return {"profiles": {name: {word: [one]}}, "unusual": {"behavior": {name: {word: one}}}}
