"""How unlikely it is that somebody does something: what is new to them, and to everybody around them.

GuardDuty's findings say what is unusual "for the user identity" and "for the account": of the API, the network (ASN),
the program (user agent) and the user's name (user guide, "Finding details"). Its model estimates how likely a user is
to do something for the first time (AWS security blog on the model of 2021). Its numbers are not published; these are
ours, in nats (-ln of a probability):

- A feature that is new to its principal is as unlikely as new ones of its kind are with this principal: on how many of
  its days one came, by Laplace's rule. A runner that always comes from elsewhere says nothing by coming from elsewhere;
  a program that never did in a month says much.
- It is as unlikely as it is rare among the others of the group, by the same rule.
- Of a principal new to the group nothing is known: that one comes is as unlikely as new ones are in the group. It is
  taken to do what others do; only what nobody does counts.

So one week of an account tells little, and a month tells more: no finding rests on a few events.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from garrison.detect.baseline.learning import day_of
from garrison.detect.baseline.memory import DAY
from garrison.detect.context import Memory
from garrison.detect.detection import Detection

THRESHOLD = 10.0
"""Nats: one call in 20,000, were its features independent of each other."""
_NEWCOMER = 3
"""Days of work, in which a principal is new to its group."""
_LASTING = frozenset({"network", "country", "agent"})
"""Kinds of features that are known a day after they came: whoever works from elsewhere does several things there."""
_USER = "user"


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
    known: bool
    """All of it is known of the principal: there is nothing to learn."""

    def unusual(self, threshold: float, least: int = 2) -> bool:
        """Whether enough is new, and new enough."""
        return sum(f.kind != _USER for f in self.features) >= least and self.nats > threshold


def attend(memory: Memory, group: str, principal: str, time: float) -> bool:
    """Note the days on which a principal works: to be told of each call, before it is judged. Whether it is the first
    of its day."""
    day = day_of(time)
    short = (group, principal, day)
    if memory.usual.get(short):
        return False
    memory.usual.put(short, True)
    own = _own(group, principal)
    if not memory.times(own, "days", "") and memory.age(group, time) >= DAY:
        memory.learn(group, "new user", "", day)
    memory.learn(group, "days", "", day)
    memory.learn(own, "days", "", day)
    return True


def rarity(memory: Memory, group: str, principal: str, features: Mapping[str, str], time: float) -> Rarity:
    """Asked before anything is learned of it. `group` is whose peers are compared (an account, a cluster)."""
    own = _own(group, principal)
    newcomer = memory.times(own, "days", "") <= _NEWCOMER
    found, known = [], True
    for kind, value in features.items():
        if not value or not _fresh(memory, own, kind, value, time):
            continue
        known = False
        peers = _others(memory, f"{group}|with|{kind}", principal, time)
        peers_with = _others(memory, f"{group}|with|{kind}|{value}", principal, time)
        if newcomer and peers_with:
            continue
        nats = _nats(peers_with, peers) + (0.0 if newcomer else _first(memory, own, kind))
        found.append(Feature(kind, value, nats, not peers_with, peers, peers_with))
    places = sorted((f for f in found if f.kind in ("network", "country")), key=lambda f: f.nats)
    found = [f for f in found if len(places) < 2 or f is not places[0]]  # both say from where: the rarer counts
    if found and newcomer:
        found.append(Feature(_USER, principal, _first(memory, group, _USER), True, 0, 0))
    return Rarity(tuple(found), sum(f.nats for f in found), known)


def fresh(memory: Memory, group: str, principal: str, kind: str, value: str, time: float) -> bool:
    """Whether a feature is new to a principal."""
    return _fresh(memory, _own(group, principal), kind, value, time)


def _fresh(memory: Memory, own: str, kind: str, value: str, time: float) -> bool:
    return not memory.known(own, kind, value, time - DAY if kind in _LASTING else time)


def learn(memory: Memory, group: str, principal: str, features: Mapping[str, str], time: float) -> None:
    """Once it was judged, and found usual."""
    own = _own(group, principal)
    for kind, value in features.items():
        if not value:
            continue
        new = not memory.known(own, kind, value, time)
        memory.learn(own, kind, value, time)
        if new:
            _came(memory, own, kind, time)
            memory.learn(f"{group}|with|{kind}", "principal", principal, time)
            memory.learn(f"{group}|with|{kind}|{value}", "principal", principal, time)


def suspect(memory: Memory, group: str, principal: str, rare: Rarity, time: float) -> None:
    """What was new in a finding is not learned until it was not objected to for long."""
    for feature in rare.features:
        memory.quarantine(_own(group, principal), feature.kind, feature.value, time)


def _own(group: str, principal: str) -> str:
    return f"{group}|by|{principal}"


def _others(memory: Memory, scope: str, principal: str, time: float) -> int:
    """How many but the principal."""
    return memory.count(scope, "principal") - memory.known(scope, "principal", principal, time)


def _first(memory: Memory, scope: str, kind: str) -> float:
    """How unlikely it is that a day of a scope brings something new of a kind."""
    return _nats(memory.times(scope, f"new {kind}", ""), memory.times(scope, "days", ""))


def _came(memory: Memory, own: str, kind: str, time: float) -> None:
    """Something new of a kind, of which a scope's first day is full."""
    if memory.times(own, "days", "") > 1:
        memory.learn(own, f"new {kind}", "", day_of(time))


def _nats(few: int, of: int) -> float:
    """Of a share, as if half a case more had been seen."""
    return max(0.0, -math.log((few + 0.5) / (of + 1)))


_WORDS = {"api": "APIs", "network": "ASNs", "country": "countries", "agent": "userAgents", "bucket": "buckets"}


def explained(rare: Rarity, features: Mapping[str, str], name: str) -> dict[str, Any]:
    """`service.detection.anomaly`: of the principal and its group, what was usual and what was not.

    The model gives the maps' shape but not their keys; these are ours.
    """
    new = {f.kind: f for f in rare.features}
    user = new.get(_USER)
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
    if user is not None:
        group["userNames"] = [_profile("UNSEEN", user.value)]
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
