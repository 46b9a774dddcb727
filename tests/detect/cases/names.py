"""Questions about names on lists, answers that lead astray, names that programs make up, names that carry data."""

from __future__ import annotations

import base64
import random
from typing import Any

from garrison.detect.events import DnsQuery
from tests.detect.case import Case, fires, near
from tests.detect.network import dns

_LISTED = {
    "c2": "Backdoor:EC2/C&CActivity.B!DNS",
    "mining": "CryptoCurrency:EC2/BitcoinTool.B!DNS",
    "sinkhole": "Trojan:EC2/BlackholeTraffic!DNS",
    "dga": "Trojan:EC2/DGADomainRequest.C!DNS",
    "driveby": "Trojan:EC2/DriveBySourceTraffic!DNS",
    "droppoint": "Trojan:EC2/DropPoint!DNS",
    "phishing": "Trojan:EC2/PhishingDomainRequest!DNS",
    "malicious": "Impact:EC2/MaliciousDomainRequest.Reputation",
    "custom": "Impact:EC2/MaliciousDomainRequest.Custom",
    "abused": "Impact:EC2/AbusedDomainRequest.Reputation",
}
_REBIND = "UnauthorizedAccess:EC2/MetadataDNSRebind"
_BLACK_HOLE = "Trojan:EC2/BlackholeTraffic!DNS"
_MADE_UP = "Trojan:EC2/DGADomainRequest.B"
_CARRIED = "Trojan:EC2/DNSDataExfiltration"

CASES: tuple[Case, ...] = tuple(
    Case(
        name=f"a name below one of {category}", events=(dns("a.bad.example"),), fires=(type,),
        intel={"bad.example": (category,)},
    )
    for category, type in _LISTED.items()
)  # fmt: skip
CASES += tuple(
    Case(
        name=f"names beside one of {category}, above it, and a trusted one",
        events=(dns("notbad.example"), dns("example", 1), dns("bad.example.org", 2), dns("good.example", 3)),
        near=(type,),
        intel={"bad.example": (category,), "good.example": (category, "trusted")},
    )
    for category, type in _LISTED.items()
)
CASES += (
    fires("AWS's name for trials", _LISTED["c2"], dns("guarddutyc2activityb.com")),
    Case(
        name="a name that three instances ask for is what the account uses",
        events=tuple(dns("x.dyn.example", n * 60.0, instance=f"i-0cc0{n}") for n in range(5)),
        fires=(_LISTED["abused"],),
        times=2,
        intel={"*.dyn.example": ("abused",)},
    ),
    fires("a public name is the metadata service's", _REBIND, dns("r.example.com", 0, "169.254.169.254")),
    fires(
        "a public name is the metadata service's, IPv6",
        _REBIND,
        dns("r.example.com", 0, "fd00:ec2:0::254", type="AAAA"),
    ),
    near(
        "names inside, other addresses, and texts",
        (_REBIND, _BLACK_HOLE),
        dns("instance-data.ec2.internal", 0, "169.254.169.254"),
        dns("printer.local", 1, "127.0.0.1"),
        dns("printer", 1.5, "169.254.169.254"),
        dns("localhost.example.com", 2, "127.0.0.1"),
        dns("r.example.com", 3, "203.0.113.8"),
        dns("r.example.com", 4, "169.254.169.253"),
        dns("r.example.com", 5, "169.254.169.254", type="TXT"),
        dns("2.0.0.127.zen.example.org", 6, "127.0.0.2"),
        dns("r.example.com", 7),
    ),
    fires("a name leads nowhere", _BLACK_HOLE, dns("r.example.com", 0, "0.0.0.0")),
    fires("a name leads home", _BLACK_HOLE, dns("r.example.com", 0, "127.0.0.53")),
    Case(
        name="a name leads to a sinkhole",
        events=(dns("r.example.com", 0, "203.0.113.44"),),
        fires=(_BLACK_HOLE,),
        intel={"203.0.113.44": ("sinkhole",)},
    ),
)

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PEOPLE = (
    "wikipedia mozilla ubuntu stackoverflow postgresql weather openstreetmap newspaper library university gardening"
    " bookings theatre railways supermarket insurance"
)


def _made_up(n: int, seed: int = 1) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(_LETTERS, k=12)) + ".com" for _ in range(n)]


def _missing(names: list[str], **other: Any) -> tuple[DnsQuery, ...]:
    return tuple(dns(name, i * 30.0, rcode="NXDOMAIN", **other) for i, name in enumerate(names))


def _carried(n: int, domain: str = "evil.example.com", size: int = 45, **other: Any) -> tuple[DnsQuery, ...]:
    chance = random.Random(4)
    payloads = [base64.b32encode(chance.randbytes(40)).decode().lower()[:size] for _ in range(n)]
    return tuple(dns(f"{payload}.{domain}", i * 0.5, type="TXT", **other) for i, payload in enumerate(payloads))


CASES += (
    fires("twelve made up names that do not exist", _MADE_UP, *_missing(_made_up(12))),
    near("nine made up names", (_MADE_UP,), *_missing(_made_up(9))),
    near("names of people that do not exist", (_MADE_UP,), *_missing([f"{n}.com" for n in _PEOPLE.split()])),
    near(
        "a content network's made up names exist",
        (_MADE_UP,),
        *(dns(name, i * 30.0, "203.0.113.4") for i, name in enumerate(_made_up(40))),
        *_missing(_made_up(12, 3)),
    ),
    near(
        "made up names below one domain",
        (_MADE_UP,),
        *_missing([f"{name.removesuffix('.com')}.example.com" for name in _made_up(40)]),
    ),
    near("short made up names", (_MADE_UP,), *_missing([name[8:] for name in _made_up(40)])),
    near("made up names of many hosts", (_MADE_UP,), *(
        dns(name, i * 30.0, rcode="NXDOMAIN", instance=f"i-0dd{i // 8}") for i, name in enumerate(_made_up(40))
    )),
    fires("a hundred and twenty long names below one domain", _CARRIED, *_carried(120)),
    near("forty long names", (_CARRIED,), *_carried(40)),
    near("short names", (_CARRIED,), *_carried(300, size=12)),
    near("addresses looked up backwards", (_CARRIED,), *_carried(120, "8.b.d.0.1.0.0.2.ip6.arpa")),
    near("long names of few letters", (_CARRIED,), *(dns("a" * 40 + f"{i}.example.com", i * 1.0) for i in range(120))),
    near("one long name asked often", (_CARRIED,), *(dns("q7" * 22 + ".example.com", i * 1.0) for i in range(200))),
    near("long names below many domains", (_CARRIED,), *(
        each for n in range(6) for each in _carried(45, f"one{n}.co.uk")
    )),
    near("long names, a few an hour", (_CARRIED,), *(
        dns(each.name, i * 120.0) for i, each in enumerate(_carried(120))
    )),
)  # fmt: skip
