"""From where a firewall lets a new connection in, by its rules."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import Any

import pytest

from garrison.scan.reachability import intervals
from garrison.scan.reachability.firewall import Packet, admitted, iptables, nftables
from garrison.scan.reachability.firewall.rules import Ruleset

EVERYBODY = intervals.EVERY_ADDRESS[4]


def sources(
    rulesets: tuple[Ruleset, ...], port: int, protocol: str = "tcp", to: str | None = None, family: int = 4
) -> Any:
    destination = None if to is None else int(ip_address(to))
    return admitted(rulesets, Packet(family, protocol, port, destination)).sources


def of(*networks: str) -> Any:
    return intervals.of(pair for n in networks for pair in intervals.network(n)[1])


def saved(*rules: str, policy: str = "DROP", chains: str = "") -> tuple[Ruleset, ...]:
    return iptables.parse("\n".join(["*filter", f":INPUT {policy} [0:0]", chains, *rules, "COMMIT"]), 4).rulesets


TEN_BUT_ONE = intervals.without(of("10.0.0.0/8"), of("10.1.0.0/16"))
NOT_THESE = intervals.without(EVERYBODY, of("10.0.0.0/8", "192.0.2.1"))
TO_SSH = {"jump": {"target": "ssh"}}


@pytest.mark.parametrize(
    ("rules", "port", "expected"),
    [
        (("-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",), 22, EVERYBODY),
        (("-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",), 23, ()),
        (("-A INPUT -p udp -m udp --dport 22 -j ACCEPT",), 22, ()),
        (("-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT",), 22, of("10.0.0.0/8")),
        (("-A INPUT ! -s 10.0.0.0/8 -p tcp -j ACCEPT",), 22, intervals.without(EVERYBODY, of("10.0.0.0/8"))),
        (("-A INPUT -i lo -j ACCEPT",), 22, ()),
        (("-A INPUT ! -i lo -j ACCEPT",), 22, EVERYBODY),
        (("-A INPUT -i eth0 -j ACCEPT",), 22, EVERYBODY),
        (("-A INPUT -i eth1 -j DROP", "-A INPUT -j ACCEPT"), 22, EVERYBODY),
        (("-A INPUT ! -i eth1 -j DROP", "-A INPUT -j ACCEPT"), 22, EVERYBODY),
        (("-A INPUT ! -i eth1 -j ACCEPT",), 22, EVERYBODY),
        (("-A INPUT ! -i lo -j DROP", "-A INPUT -j ACCEPT"), 22, ()),
        (("-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",), 22, ()),
        (("-A INPUT -m state --state NEW -m tcp -p tcp --dport 22 -j ACCEPT",), 22, EVERYBODY),
        (("-A INPUT -m conntrack ! --ctstate NEW -j ACCEPT",), 22, ()),
        (("-A INPUT -p tcp -m multiport --dports 20:21,80 -j ACCEPT",), 21, EVERYBODY),
        (("-A INPUT -p tcp -m multiport --dports 20:21,80 -j ACCEPT",), 22, ()),
        (("-A INPUT -p tcp -m multiport ! --dports 20:21,80 -j ACCEPT",), 22, EVERYBODY),
        (
            ("-A INPUT -s 10.1.0.0/16 -j DROP", "-A INPUT -s 10.0.0.0/8 -j ACCEPT"),
            22,
            intervals.without(of("10.0.0.0/8"), of("10.1.0.0/16")),
        ),
        # What is not understood may let in, and does not keep out.
        (("-A INPUT -m recent --rcheck --seconds 60 -j ACCEPT",), 22, EVERYBODY),
        (("-A INPUT -m set --match-set banned src -j DROP", "-A INPUT -j ACCEPT"), 22, EVERYBODY),
        (("-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 3/min -j ACCEPT",), 22, EVERYBODY),
        (("-A INPUT -d 192.0.2.1/32 -j ACCEPT",), 22, EVERYBODY),
        (('-A INPUT -p tcp -m comment --comment "-j DROP it" -j ACCEPT',), 22, EVERYBODY),
        (('-A INPUT -j LOG --log-prefix "new: "', "-A INPUT -j REJECT --reject-with icmp-port-unreachable"), 22, ()),
        (("[12:345] -A INPUT -p tcp -j ACCEPT",), 22, EVERYBODY),
    ],
)
def test_rules_of_iptables(rules: tuple[str, ...], port: int, expected: Any) -> None:
    assert sources(saved(*rules), port) == expected


def test_chains_of_iptables_are_jumped_to_and_returned_from() -> None:
    rules = (
        "-A INPUT -j ufw",
        "-A INPUT -p tcp -m tcp --dport 9 -j ACCEPT",
        "-A ufw -s 10.0.0.0/8 -j RETURN",
        "-A ufw -p tcp -m tcp --dport 9 -j DROP",
        "-A ufw -p tcp -m tcp --dport 8 -j ACCEPT",
    )
    told = saved(*rules, chains=":ufw - [0:0]")
    assert sources(told, 9) == of("10.0.0.0/8")
    assert sources(told, 8) == intervals.without(EVERYBODY, of("10.0.0.0/8"))
    gone = saved("-A INPUT -g away", "-A INPUT -j ACCEPT", chains=":away - [0:0]")
    assert sources(gone, 9) == ()  # what a goto comes back from is the chain's end


def test_an_empty_table_lets_everybody_in_and_every_table_must() -> None:
    assert saved(policy="ACCEPT") == ()
    assert sources((), 22) == EVERYBODY
    raw = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 22 -j DROP\nCOMMIT\n"
    assert sources(iptables.parse(raw, 4).rulesets + saved(policy="ACCEPT"), 22) == ()


def nft(
    *rules: list[Any], policy: str = "drop", more: tuple[Any, ...] = (), family: str = "inet"
) -> tuple[Ruleset, ...]:
    base = {
        "family": family,
        "table": "filter",
        "name": "input",
        "handle": 1,
        "type": "filter",
        "hook": "input",
        "prio": 0,
        "policy": policy,
    }
    listed: list[Any] = [{"metainfo": {}}, {"table": {"family": family, "name": "filter"}}, {"chain": base}, *more]
    listed += [{"rule": {"family": family, "table": "filter", "chain": "input", "expr": r}} for r in rules]
    return nftables.parse(json.dumps({"nftables": listed})).rulesets


def match(left: Any, right: Any, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": left, "right": right}}


DPORT = {"payload": {"protocol": "tcp", "field": "dport"}}
SADDR = {"payload": {"protocol": "ip", "field": "saddr"}}
STATE = {"ct": {"key": "state"}}
IIF = {"meta": {"key": "iifname"}}
ACCEPT: dict[str, Any] = {"accept": None}
TEN = {"prefix": {"addr": "10.0.0.0", "len": 8}}


@pytest.mark.parametrize(
    ("rule", "port", "expected"),
    [
        ([match(DPORT, 22), ACCEPT], 22, EVERYBODY),
        ([match(DPORT, 22), ACCEPT], 23, ()),
        ([match(DPORT, {"set": [22, {"range": [80, 90]}]}), ACCEPT], 85, EVERYBODY),
        ([match(DPORT, {"range": [80, 90]}, "!="), ACCEPT], 85, ()),
        ([match(SADDR, TEN), match(DPORT, 22), {"counter": {"packets": 0, "bytes": 0}}, ACCEPT], 22, of("10.0.0.0/8")),
        (
            [match(SADDR, {"set": [TEN, "192.0.2.1"]}, "!="), ACCEPT],
            22,
            intervals.without(EVERYBODY, of("10.0.0.0/8", "192.0.2.1")),
        ),
        ([match(IIF, "lo"), ACCEPT], 22, ()),
        ([match(IIF, "lo", "!="), ACCEPT], 22, EVERYBODY),
        ([match(IIF, "eth1"), ACCEPT], 22, EVERYBODY),
        ([match(STATE, ["established", "related"], "in"), ACCEPT], 22, ()),
        ([match(STATE, "new", "in"), ACCEPT], 22, EVERYBODY),
        ([match({"meta": {"key": "l4proto"}}, "udp"), ACCEPT], 22, ()),
        ([match({"meta": {"key": "nfproto"}}, "ipv6"), ACCEPT], 22, ()),
        ([match(DPORT, "@open"), ACCEPT], 2222, EVERYBODY),
        ([match(DPORT, "@unknown"), ACCEPT], 2222, EVERYBODY),
        ([{"limit": {"rate": 1}}, match(DPORT, 22), ACCEPT], 22, EVERYBODY),
        ([{"jump": {"target": "ssh"}}], 22, of("10.0.0.0/8")),
        ([{"vmap": {"key": STATE, "data": {"set": [["established", ACCEPT], ["invalid", {"drop": None}]]}}}], 22, ()),
        (
            [{"vmap": {"key": DPORT, "data": {"set": [[22, ACCEPT], [23, {"jump": {"target": "ssh"}}]]}}}],
            23,
            of("10.0.0.0/8"),
        ),
    ],
)
def test_rules_of_nftables(rule: list[Any], port: int, expected: Any) -> None:
    more = (
        {
            "set": {
                "family": "inet",
                "table": "filter",
                "name": "open",
                "type": "inet_service",
                "elem": [2222, {"elem": {"val": 2223, "expires": 9}}],
            }
        },
        {"chain": {"family": "inet", "table": "filter", "name": "ssh", "handle": 2}},
        {"rule": {"family": "inet", "table": "filter", "chain": "ssh", "expr": [match(SADDR, TEN), ACCEPT]}},
    )
    assert sources(nft(rule, more=more), port) == expected


def test_a_table_of_one_family_says_nothing_of_the_other() -> None:
    closed = nft(family="ip")
    assert sources(closed, 22) == ()
    assert sources(closed, 22, family=6) == intervals.EVERY_ADDRESS[6]


@pytest.mark.parametrize("text", ["", "[]", '{"nftables": 1}', '{"x": []}'])
def test_what_nft_does_not_print_is_said(text: str) -> None:
    with pytest.raises(nftables.Malformed):
        nftables.parse(text)
