"""What `nft -j list ruleset` prints (libnftables-json(5))."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from garrison.scan.reachability import intervals
from garrison.scan.reachability.firewall.rules import Chain, Rule, Ruleset, Verdict
from garrison.scan.reachability.intervals import Intervals

_FAMILIES = {"ip": (4,), "ip6": (6,), "inet": (4, 6)}
_VERDICTS = {"accept": Verdict.ACCEPT, "drop": Verdict.DROP, "reject": Verdict.DROP, "return": Verdict.RETURN}
_SILENT = {"counter", "log", "mangle", "notrack", "quota", "set", "meter", "flow", "comment"}
_DNAT = "dnat"
_HOOKS = ("prerouting", "input")
_PROTOCOLS = {6: "tcp", 17: "udp", "6": "tcp", "17": "udp"}


class Malformed(ValueError):
    """It is not what nft prints."""


class Listed(msgspec.Struct, frozen=True):
    """What nft says."""

    rulesets: tuple[Ruleset, ...]
    """Tables with chains of type filter at prerouting or input."""
    forwards: tuple[Rule, ...]
    """Rules that send packets elsewhere (dnat), whatever chain they are in."""


def parse(text: str) -> Listed:
    """The rules of all tables. Raises `Malformed`."""
    try:
        objects = [o for o in json.loads(text)["nftables"] if isinstance(o, dict)]
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"nft's answer is not a ruleset: {error}") from error
    sets = {_key(s): s.get("elem", []) for o in objects for s in (o.get("set"), o.get("map")) if s}
    rules: dict[tuple[str, str], dict[str, list[Rule]]] = {}
    for rule in (o["rule"] for o in objects if "rule" in o):
        table = (rule["family"], rule["table"])
        known = {name: elements for (f, t, name), elements in sets.items() if (f, t) == table}
        rules.setdefault(table, {}).setdefault(rule["chain"], []).extend(_rules(rule.get("expr", []), known))
    made: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for chain in (o["chain"] for o in objects if "chain" in o):
        made.setdefault((chain["family"], chain["table"]), []).append(chain)
    tables = {t: chains for t, chains in made.items() if t[0] in _FAMILIES}
    forwards = (r for t in tables for listed in rules.get(t, {}).values() for r in listed if r.target == _DNAT)
    return Listed(tuple(_ruleset(t, chains, rules.get(t, {})) for t, chains in tables.items()), tuple(forwards))


def _key(of: dict[str, Any]) -> tuple[str, str, str]:
    return of["family"], of["table"], of["name"]


def _ruleset(table: tuple[str, str], chains: list[dict[str, Any]], rules: dict[str, list[Rule]]) -> Ruleset:
    bases = [c for c in chains if c.get("hook") in _HOOKS and c.get("type") == "filter"]
    bases.sort(key=lambda c: (_HOOKS.index(c["hook"]), c.get("prio", 0)))
    made = {}
    for chain in chains:
        policy = _VERDICTS[chain.get("policy", "accept")] if chain in bases else None
        made[chain["name"]] = Chain(tuple(rules.get(chain["name"], ())), policy)
    return Ruleset(f"nftables {table[0]} {table[1]}", _FAMILIES[table[0]], tuple(c["name"] for c in bases), made)


class _Never(Exception):
    """The rule fits no first packet from another host."""


def _rules(expressions: list[Any], sets: dict[str, list[Any]]) -> Iterator[Rule]:
    """The rules that an nft rule is: several where it decides by a map."""
    rule = Rule(verdict=Verdict.CONTINUE, text=_text(expressions))
    try:
        for expression in expressions:
            ((kind, body),) = expression.items()
            if kind in _VERDICTS:
                yield msgspec.structs.replace(rule, verdict=_VERDICTS[kind])
                return
            if kind in ("jump", "goto"):
                yield msgspec.structs.replace(rule, verdict=Verdict(kind), target=body["target"])
                return
            if kind == _DNAT:
                yield msgspec.structs.replace(rule, verdict=Verdict.CONTINUE, target=_DNAT)
                return
            if kind == "vmap":
                yield from _mapped(rule, body, sets)
            elif kind == "match":
                rule = _narrowed(rule, body["op"], body["left"], body["right"], sets)
            elif kind not in _SILENT:
                rule = msgspec.structs.replace(rule, unsure=True)
    except _Never:
        return


def _mapped(rule: Rule, body: dict[str, Any], sets: dict[str, list[Any]]) -> Iterator[Rule]:
    data = body["data"]
    entries = sets.get(data[1:], []) if isinstance(data, str) else data.get("set", [])
    for value, verdict in (e for e in entries if isinstance(e, list) and len(e) == 2):
        ((kind, detail),) = verdict.items()
        try:
            one = _narrowed(rule, "==", body["key"], value, sets)
        except _Never:
            continue
        if kind in _VERDICTS:
            yield msgspec.structs.replace(one, verdict=_VERDICTS[kind])
        elif kind in ("jump", "goto"):
            yield msgspec.structs.replace(one, verdict=Verdict(kind), target=detail["target"])


def _narrowed(rule: Rule, op: str, left: Any, right: Any, sets: dict[str, list[Any]]) -> Rule:
    """The rule with one more condition. Raises `_Never`."""
    values = _values(right, sets)
    negated = op == "!="
    change = msgspec.structs.replace
    if op not in ("==", "in", "!=") or values is None or not isinstance(left, dict):
        return change(rule, unsure=True)
    payload, meta, tracked = left.get("payload"), left.get("meta"), left.get("ct")
    if payload and payload.get("field") in ("dport", "saddr", "daddr"):
        return _of_payload(rule, payload, values, negated)
    if (meta and meta.get("key") == "l4proto") or (payload and payload.get("field") in ("protocol", "nexthdr")):
        named = frozenset(_PROTOCOLS.get(v, str(v)) for v in values)
        found = frozenset({"tcp", "udp", "other"}) - named if negated else named
        return change(rule, protocols=found if rule.protocols is None else rule.protocols & found)
    if meta and meta.get("key") in ("iif", "iifname"):
        if set(values) == {"lo"}:
            if not negated:
                raise _Never  # from another host nothing comes in by lo
            return rule
        return change(rule, unsure=True)  # by which interface it comes is not known
    if meta and meta.get("key") == "nfproto":
        family = {"ipv4": 4, "ipv6": 6}.get(str(values[0])) if len(values) == 1 and not negated else None
        return change(rule, family=family) if family else rule
    if tracked and tracked.get("key") == "state":
        if ("new" in values) == negated:
            raise _Never
        return rule
    return change(rule, unsure=True)


def _of_payload(rule: Rule, payload: dict[str, Any], values: list[Any], negated: bool) -> Rule:
    change = msgspec.structs.replace
    protocol = str(payload.get("protocol"))
    if payload["field"] == "dport":
        pairs = [_pair(v) for v in values]
        if None in pairs:
            return change(rule, unsure=True)
        found = intervals.of(p for p in pairs if p is not None)
        found = intervals.without(intervals.PORTS, found) if negated else found
        protocols = rule.protocols if protocol == "th" else frozenset({protocol}) & (rule.protocols or {protocol})
        return change(
            rule, ports=found if rule.ports is None else intervals.both(rule.ports, found), protocols=protocols
        )
    family = 6 if protocol == "ip6" else 4
    try:
        addresses = intervals.of(pair for v in values for pair in _addresses(v))
    except (ValueError, KeyError, TypeError):
        return change(rule, unsure=True)
    every = intervals.EVERY_ADDRESS[family]
    wanted: dict[int, Intervals] = {family: intervals.without(every, addresses) if negated else addresses}
    name = "sources" if payload["field"] == "saddr" else "destinations"
    before: dict[int, Intervals] | None = getattr(rule, name)
    if before is not None:
        wanted = {family: intervals.both(before.get(family, ()), wanted[family])}
    return change(rule, **{name: wanted})


def _values(right: Any, sets: dict[str, list[Any]]) -> list[Any] | None:
    """What a condition compares with; None: it cannot be told."""
    if isinstance(right, str) and right.startswith("@"):
        elements = sets.get(right[1:])
        return None if elements is None else [_element(e) for e in elements]
    if isinstance(right, dict) and "set" in right:
        return [_element(e) for e in right["set"]]
    return right if isinstance(right, list) else [right]


def _element(element: Any) -> Any:
    return element["elem"]["val"] if isinstance(element, dict) and "elem" in element else element


def _pair(value: Any) -> tuple[int, int] | None:
    if isinstance(value, dict) and "range" in value:
        low, high = value["range"]
        return (low, high) if isinstance(low, int) and isinstance(high, int) else None
    return (value, value) if isinstance(value, int) else None


def _addresses(value: Any) -> Intervals:
    if isinstance(value, dict) and "prefix" in value:
        return intervals.network(f"{value['prefix']['addr']}/{value['prefix']['len']}")[1]
    if isinstance(value, dict) and "range" in value:
        low, high = (intervals.network(v)[1][0] for v in value["range"])
        return ((low[0], high[1]),)
    return intervals.network(value)[1]


def _text(expressions: list[Any]) -> str:
    """Short, for people: the conditions and the verdict as JSON has them."""
    told = [e for e in expressions if isinstance(e, dict) and not _SILENT & e.keys()]
    parts = []
    for expression in told:
        if match := expression.get("match"):
            left = match["left"]
            ((_, of),) = left.items() if isinstance(left, dict) and len(left) == 1 else (("", {}),)
            name = " ".join(str(v) for v in of.values()) if isinstance(of, dict) else str(of)
            parts.append(f"{name} {'!= ' if match['op'] == '!=' else ''}{_short(match['right'])}")
        else:
            ((kind, _),) = expression.items()
            parts.append(str(kind))
    return " ".join(parts)


def _short(right: Any) -> str:
    return right if isinstance(right, str) else json.dumps(right, separators=(",", ":"))
