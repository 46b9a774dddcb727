"""Questions about names on lists of threats, and answers that are a threat themselves.

Source: GuardDuty user guide, "EC2 finding types" (those from DNS logs).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import DnsQuery
from garrison.detect.network import of_query
from garrison.detect.registry import on_event

_KINDS = {
    "c2": ("Backdoor:EC2/C&CActivity.B!DNS", 8.0, "a domain name associated with a known command and control server"),
    "mining": ("CryptoCurrency:EC2/BitcoinTool.B!DNS", 8.0, "a domain name associated with cryptocurrency"),
    "sinkhole": ("Trojan:EC2/BlackholeTraffic!DNS", 5.0, "a domain name that is redirected to a black hole"),
    "dga": ("Trojan:EC2/DGADomainRequest.C!DNS", 8.0, "an algorithmically generated domain name"),
    "driveby": ("Trojan:EC2/DriveBySourceTraffic!DNS", 8.0, "a known source of drive-by download attacks"),
    "droppoint": ("Trojan:EC2/DropPoint!DNS", 5.0, "a remote host known to hold stolen credentials and other data"),
    "phishing": ("Trojan:EC2/PhishingDomainRequest!DNS", 8.0, "a domain name involved in phishing attacks"),
    "malicious": ("Impact:EC2/MaliciousDomainRequest.Reputation", 8.0, "a known malicious domain name"),
    "custom": ("Impact:EC2/MaliciousDomainRequest.Custom", 5.0, "a domain name on a threat list of yours"),
}
_ABUSED = ("Impact:EC2/AbusedDomainRequest.Reputation", 5.0, "a name of a domain that is often abused")
_SPREAD = 3
"""Instances of an account that ask for an abused domain, from which on it is what the account uses."""


@on_event(DnsQuery, *(type for type, _, _ in _KINDS.values()), _ABUSED[0])
def query_of_listed_name(query: DnsQuery, context: Context) -> Iterator[Detection]:
    told = set()
    for match in context.intel.name(query.name):
        if match.category == "abused":
            domain = match.entry.removeprefix("*.")
            askers = f"{query.account}|abused|{domain}"
            context.memory.learn(askers, "instance", query.instance, query.time)
            if context.memory.count(askers, "instance") >= context.settings.get("abused.instances", _SPREAD):
                continue
            type, severity, what = _ABUSED
        elif match.category in _KINDS:
            type, severity, what = _KINDS[match.category]
        else:
            continue
        if type in told:
            continue
        told.add(type)
        yield of_query(
            type,
            query,
            context,
            key=(query.instance, match.list_name, match.entry),
            severity=severity,
            title=f"EC2 instance {query.instance} is querying {what}.",
            description=f"EC2 instance {query.instance} is querying {query.name}, {what}.",
            matches=[match],
            additional={"threatListName": match.list_name},
        )


_METADATA = frozenset({"169.254.169.254", "fd00:ec2::254"})
_INTERNAL = (".internal", ".local", ".localhost", ".lan", ".home.arpa", ".compute.amazonaws.com", ".corp")


@on_event(DnsQuery, "UnauthorizedAccess:EC2/MetadataDNSRebind", "Trojan:EC2/BlackholeTraffic!DNS")
def answer_that_leads_astray(query: DnsQuery, context: Context) -> Iterator[Detection]:
    """A public name with the address of the instance's own metadata service, or with one where nothing answers."""
    if not query.answers or query.type not in {"A", "AAAA"} or not _public_name(query.name):
        return
    addresses = [a for a in map(_canonical, query.answers) if a]
    metadata = next((a for a in addresses if a in _METADATA), "")
    if metadata:
        yield of_query(
            "UnauthorizedAccess:EC2/MetadataDNSRebind",
            query,
            context,
            key=(query.instance, query.name),
            severity=8.0,
            title=f"EC2 instance {query.instance} is querying a domain name that resolves to the metadata address.",
            description=f"EC2 instance {query.instance} is querying {query.name}, which resolves to {metadata}, "
            "the instance metadata service.",
            additional={"answer": metadata},
        )
    for address in addresses:
        sinkholes = [m for m in context.intel.address(address) if m.category == "sinkhole"]
        if sinkholes or address in {"0.0.0.0", "::"} or address.startswith("127."):  # noqa: S104
            yield of_query(
                "Trojan:EC2/BlackholeTraffic!DNS",
                query,
                context,
                key=(query.instance, query.name),
                severity=5.0,
                title=f"EC2 instance {query.instance} is querying a domain name that is redirected to a black hole.",
                description=f"EC2 instance {query.instance} is querying {query.name}, which resolves to {address}, "
                "a black hole.",
                matches=sinkholes,
                additional={"answer": address},
            )
            return


def _canonical(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _public_name(name: str) -> bool:
    """Not of an internal domain, and no question to a block list of mail servers (`2.0.0.127.zen.example.org`): those
    answer with loopback addresses on purpose."""
    labels = name.split(".")
    if len(labels) < 2 or "localhost" in labels or name.endswith(_INTERNAL):
        return False
    return not (len(labels) > 4 and all(label.isdigit() for label in labels[:4]))
