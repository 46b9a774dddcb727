"""Rules in one form, and from which addresses they let a new connection in."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from garrison.scan.reachability import intervals
from garrison.scan.reachability.intervals import Intervals

_DEEPEST = 32


class Verdict(StrEnum):
    """What becomes of a packet that a rule fits."""

    ACCEPT = "accept"
    DROP = "drop"
    """Or reject."""
    JUMP = "jump"
    GOTO = "goto"
    RETURN = "return"
    CONTINUE = "continue"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule asks of the first packet of a connection from another host. None: it does not ask."""

    verdict: Verdict
    target: str = ""
    """Chain of a jump."""
    family: int | None = None
    protocols: frozenset[str] | None = None
    """`tcp`, `udp`, ..., lower-case."""
    ports: Intervals | None = None
    sources: dict[int, Intervals] | None = None
    """Addresses by family; a family that is not there fits nothing."""
    destinations: dict[int, Intervals] | None = None
    unsure: bool = False
    """It asks something else too."""
    text: str = ""


class Chain(msgspec.Struct, frozen=True):
    """Rules in their order."""

    rules: tuple[Rule, ...]
    policy: Verdict | None = None
    """Of a chain that packets come to by themselves; None: it is only jumped to."""


class Ruleset(msgspec.Struct, frozen=True):
    """One table: a packet passes each of its `entries`, in their order."""

    name: str
    families: tuple[int, ...]
    entries: tuple[str, ...]
    chains: dict[str, Chain]


class Packet(msgspec.Struct, frozen=True):
    """The first of a connection, wherever it comes from."""

    family: int
    protocol: str
    """tcp or udp."""
    port: int
    destination: int | None
    """The address it is for; None: any of the host's."""


class Admitted(msgspec.Struct, frozen=True):
    """From where a packet is let in, and by which rules."""

    sources: Intervals
    by: tuple[str, ...] = ()


def admitted(rulesets: tuple[Ruleset, ...], packet: Packet) -> Admitted:
    """What all tables together let in: each must."""
    sources = intervals.EVERY_ADDRESS[packet.family]
    by: list[str] = []
    for ruleset in rulesets:
        if packet.family not in ruleset.families:
            continue
        for entry in ruleset.entries:
            chain = ruleset.chains[entry]
            accepted, left, told = _walk(ruleset, chain, packet, sources, 0)
            if chain.policy is not Verdict.DROP and left:
                accepted = intervals.of((*accepted, *left))
                told.append("accept by default")
            sources = accepted
            by += [f"{ruleset.name} {entry}: {text}" for text in dict.fromkeys(told)]
    return Admitted(sources, tuple(by))


def forwarded(rules: tuple[Rule, ...], packet: Packet) -> Admitted:
    """From where a packet may be sent elsewhere before the host's own tables see it. Which of the rules come to be
    asked, and what the tables for forwarded packets say, is not looked at: it may be less."""
    sources: Intervals = ()
    by = []
    for rule in rules:
        fits, _ = _fitting(rule, packet, intervals.EVERY_ADDRESS[packet.family])
        if fits:
            sources = intervals.of((*sources, *fits))
            by.append(rule.text)
    return Admitted(sources, tuple(by))


def _walk(
    ruleset: Ruleset, chain: Chain, packet: Packet, sources: Intervals, depth: int
) -> tuple[Intervals, Intervals, list[str]]:
    """What is accepted in the chain, what falls out of its end (or returns), and the rules that accepted."""
    accepted: Intervals = ()
    returned: Intervals = ()
    told: list[str] = []
    for rule in chain.rules:
        fits, unsure = _fitting(rule, packet, sources)
        if not fits:
            continue
        if rule.verdict is Verdict.ACCEPT:
            accepted = intervals.of((*accepted, *fits))
            told.append(rule.text)
        elif rule.verdict in (Verdict.JUMP, Verdict.GOTO) and rule.target in ruleset.chains and depth < _DEEPEST:
            inner, left, said = _walk(ruleset, ruleset.chains[rule.target], packet, fits, depth + 1)
            accepted = intervals.of((*accepted, *inner))
            told += said
            if unsure:
                continue  # it may not have been jumped to: nothing is decided
            if rule.verdict is Verdict.GOTO:
                returned = intervals.of((*returned, *left))
                left = ()
            sources = intervals.of((*intervals.without(sources, fits), *left))
            continue
        elif rule.verdict is Verdict.RETURN:
            if unsure:
                continue
            returned = intervals.of((*returned, *fits))
        elif rule.verdict is not Verdict.DROP:
            continue
        if not unsure:
            sources = intervals.without(sources, fits)
    return accepted, intervals.of((*sources, *returned)), told


def _fitting(rule: Rule, packet: Packet, sources: Intervals) -> tuple[Intervals, bool]:
    """Which of `sources` the rule fits, and whether it may not fit them after all."""
    if rule.family is not None and rule.family != packet.family:
        return (), False
    if rule.protocols is not None and packet.protocol not in rule.protocols:
        return (), False
    if rule.ports is not None and not intervals.both(rule.ports, ((packet.port, packet.port),)):
        return (), False
    unsure = rule.unsure
    if rule.destinations is not None:
        wanted = rule.destinations.get(packet.family, ())
        if packet.destination is None:
            # One of several addresses: it fits all only if it fits every address.
            unsure = unsure or wanted != intervals.EVERY_ADDRESS[packet.family]
        elif not intervals.both(wanted, ((packet.destination, packet.destination),)):
            return (), False
    if rule.sources is not None:
        sources = intervals.both(sources, rule.sources.get(packet.family, ()))
    return sources, unsure
