"""What iptables-save and ip6tables-save print, and what distributions keep in rules.v4 and rules.v6: the same form."""

from __future__ import annotations

import shlex

import msgspec

from garrison.scan.reachability import intervals
from garrison.scan.reachability.firewall.rules import Chain, Rule, Ruleset, Verdict
from garrison.scan.reachability.intervals import Intervals

_VERDICTS = {"ACCEPT": Verdict.ACCEPT, "DROP": Verdict.DROP, "REJECT": Verdict.DROP, "RETURN": Verdict.RETURN}
_GO_ON = {"LOG", "NFLOG", "MARK", "CONNMARK", "TRACE", "AUDIT", "SET", "CT", "NOTRACK", "TCPMSS", "CHECKSUM", "ULOG"}
_BUILT_IN = {"PREROUTING", "INPUT"}
_MODULES = {"tcp", "udp", "conntrack", "state", "multiport", "comment"}
_SILENT = {
    "--comment": 1,
    "--reject-with": 1,
    "--log-prefix": 1,
    "--log-level": 1,
    "--tcp-flags": 2,
    "--nflog-group": 1,
}
_PORTS = ("--dport", "--dports", "--destination-port", "--destination-ports")
_STATES = ("--ctstate", "--state")


class Saved(msgspec.Struct, frozen=True):
    """What a text says."""

    rulesets: tuple[Ruleset, ...]
    """Tables that can keep a packet out: raw, mangle and filter, those with rules or a policy of DROP on its way in."""
    forwards: tuple[Rule, ...]
    """Rules that send packets elsewhere (DNAT), whatever chain they are in."""


def parse(text: str, family: int) -> Saved:
    """The rules of one family."""
    tables: dict[str, tuple[dict[str, list[Rule]], dict[str, Verdict]]] = {}
    rules: dict[str, list[Rule]] = {}
    policies: dict[str, Verdict] = {}
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("*"):
            rules, policies = tables.setdefault(line[1:], ({}, {}))
        elif line.startswith(":"):
            name, policy, *_ = [*line[1:].split(), "-"]
            rules.setdefault(name, [])
            if policy in _VERDICTS:
                policies[name] = _VERDICTS[policy]
        elif line.startswith(("-A ", "[")):
            words = shlex.split(line[line.index("-A ") :]) if "-A " in line else []
            if words and (rule := _rule(words[2:], line, family)) is not None:
                rules.setdefault(words[1], []).append(rule)
    made = []
    for table in ("raw", "mangle", "filter"):
        chains_of, policies_of = tables.get(table, ({}, {}))
        chains = {name: Chain(tuple(listed), policies_of.get(name)) for name, listed in chains_of.items()}
        entries = tuple(n for n in ("PREROUTING", "INPUT") if n in chains and n in _BUILT_IN)
        if any(chains[n].rules or chains[n].policy is Verdict.DROP for n in entries):
            made.append(Ruleset(f"iptables {table}", (family,), entries, chains))
    nat = tables.get("nat", ({}, {}))[0].values()
    return Saved(tuple(made), tuple(r for listed in nat for r in listed if r.target == "DNAT"))


def _rule(words: list[str], line: str, family: int) -> Rule | None:
    """One rule; None: it fits no first packet from another host, or decides nothing."""
    verdict, target = Verdict.CONTINUE, ""
    protocols: frozenset[str] | None = None
    ports: Intervals | None = None
    addresses: dict[str, dict[int, Intervals]] = {}
    unsure = negated = False
    at = 0
    while at < len(words):
        word = words[at]
        value = words[at + 1] if at + 1 < len(words) else ""
        step = 2
        if word == "!":
            negated = True
            at += 1
            continue
        if word in ("-j", "-g"):
            if value in _VERDICTS:
                verdict = _VERDICTS[value]
            elif value not in _GO_ON:
                verdict, target = (Verdict.JUMP if word == "-j" else Verdict.GOTO), value
        elif word == "-p":
            if value not in ("all", "0"):
                protocols = frozenset({"tcp", "udp", "other"} - {value}) if negated else frozenset({value})
        elif word in _PORTS:
            ports = _ports(value)
            ports = intervals.without(intervals.PORTS, ports) if negated else ports
        elif word in ("-s", "-d"):
            addresses[word] = _addresses(value, family, negated)
        elif word == "-i":
            if value == "lo" and not negated:
                return None  # from another host nothing comes in by lo
            unsure = unsure or value != "lo"
        elif word in _STATES:
            if ("NEW" in value.split(",")) == negated:
                return None
        elif word == "-m":
            unsure = unsure or value not in _MODULES
        elif word in _SILENT:
            step = 1 + _SILENT[word]
        elif word.startswith("-"):
            unsure = True
            step = 1 + next((i for i, w in enumerate(words[at + 1 :]) if w.startswith("-") or w == "!"), len(words))
        else:
            step = 1
        negated = False
        at += step
    if verdict is Verdict.CONTINUE:
        return None
    return Rule(
        verdict=verdict,
        target=target,
        family=family,
        protocols=protocols,
        ports=ports,
        sources=addresses.get("-s"),
        destinations=addresses.get("-d"),
        unsure=unsure,
        text=line[line.index("-A ") :],
    )


def _ports(text: str) -> Intervals:
    pairs = []
    for part in text.split(","):
        low, colon, high = part.partition(":")
        if not (low or "0").isdigit() or not (high or "65535").isdigit():
            return intervals.PORTS  # a name: it may be any
        first = int(low or 0)
        pairs.append((first, int(high or 65535) if colon else first))
    return intervals.of(pairs)


def _addresses(text: str, family: int, negated: bool) -> dict[int, Intervals]:
    try:
        found = intervals.of(pair for part in text.split(",") for pair in intervals.network(part)[1])
    except ValueError:
        return dict(intervals.EVERY_ADDRESS)
    return {family: intervals.without(intervals.EVERY_ADDRESS[family], found) if negated else found}
