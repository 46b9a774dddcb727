"""Lists of addresses and domain names, out of every form GuardDuty takes.

Source of the forms: GuardDuty user guide, "Customizing threat detection with entity lists and IP address lists".
AWS takes IPv4 alone; IPv6 is taken here too. What of a file is neither an address nor a name is counted as skipped;
a file that holds none at all is refused.
"""

from __future__ import annotations

import csv
import io
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from lxml import etree

_NAME = re.compile(r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
_STIX2 = re.compile(r"(ipv4-addr|ipv6-addr|domain-name):value\s*(?:=|IN|ISSUBSET)\s*(\([^)]*\)|'[^']*')", re.IGNORECASE)
_MOST_NETWORKS = 64
"""Of one range given by its ends: 2 per bit is the most a range of IPv4 needs."""


class ListError(ValueError):
    """A file that is no list of its form, or one that is too long. Its message says why."""


class Entries(msgspec.Struct, frozen=True):
    """What a file holds."""

    addresses: tuple[str, ...]
    """Networks in CIDR notation, in the file's order, each once; a single address ends in /32 or /128."""
    names: tuple[str, ...]
    """Domain names in lower case, without a last dot; those of a wildcard start with `*.`."""
    skipped: int
    """Entries that are neither."""


def network(text: str) -> str | None:
    """An address or network, canonical (`192.0.2.0/24`); None: it is none."""
    try:
        found = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Network) and found.prefixlen >= 96:
        mapped = found.network_address.ipv4_mapped
        if mapped is not None:
            return f"{mapped}/{found.prefixlen - 96}"
    return str(found)


def domain(text: str) -> str | None:
    """A domain name, canonical; None: it is none (a single label, an address, a URL)."""
    name = text.strip().lower().rstrip(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            return None
    return name if len(name) <= 253 and _NAME.fullmatch(name) else None


def read(data: bytes, format: str) -> Entries:
    """A list in one of `FORMATS`. Raises `ListError` where the file is none of that form or holds nothing."""
    reader = _READERS.get(format)
    if reader is None:
        raise ListError(f"{format} is no form of lists; there are {', '.join(sorted(_READERS))}")
    addresses: dict[str, None] = {}
    names: dict[str, None] = {}
    skipped = 0
    for text in reader(data):
        if (address := network(text)) is not None:
            addresses[address] = None
        elif (name := domain(text)) is not None:
            names[name] = None
        else:
            skipped += 1
    if not addresses and not names:
        raise ListError(f"The file holds no address and no domain name in the form {format}")
    return Entries(tuple(addresses), tuple(names), skipped)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _lines(data: bytes) -> Iterator[str]:
    for line in _text(data).splitlines():
        line = line.strip()
        if line and not line.startswith(("#", "//")):
            yield line


def _plain(data: bytes) -> Iterator[str]:
    yield from _lines(data)


def _alien_vault(data: bytes) -> Iterator[str]:
    """`192.0.2.1#4#2#Malicious Host#KR##37.5,126.9#3`: address or name, reliability, risk, kind, place, ..."""
    for line in _lines(data):
        first, mark, _ = line.partition("#")
        yield first if mark else ""


def _rows(data: bytes) -> tuple[list[str], Iterator[list[str]]]:
    """The header in lower case, and the rows below it."""
    rows = csv.reader(io.StringIO(_text(data)), skipinitialspace=True)
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                return [cell.strip().lower() for cell in row], _cells(rows)
    except csv.Error as e:
        raise ListError(f"The file is no table of comma-separated values: {e}") from None
    raise ListError("The file is empty")


def _cells(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield cells
    except csv.Error as e:
        raise ListError(f"The file is no table of comma-separated values: {e}") from None


_OTX_KINDS = frozenset({"ipv4", "ipv6", "cidr", "domain", "domain name", "hostname"})


def _otx(data: bytes) -> Iterator[str]:
    header, rows = _rows(data)
    if "indicator type" not in header or "indicator" not in header:
        raise ListError("A list of the form OTX_CSV starts with: Indicator type,Indicator,Description")
    kind, indicator = header.index("indicator type"), header.index("indicator")
    for row in rows:
        if len(row) <= max(kind, indicator) or row[kind].lower() not in _OTX_KINDS:
            yield ""
        else:
            yield row[indicator]


def _proof_point(data: bytes) -> Iterator[str]:
    header, rows = _rows(data)
    if not header or header[0] not in {"ip", "domain"}:
        raise ListError(
            "A list of the form PROOF_POINT starts with: ip, category, score, first_seen, last_seen, ports (|)"
        )
    for row in rows:
        yield row[0]


def _fire_eye(data: bytes) -> Iterator[str]:
    """A line may have a network, an address and a name: each is taken."""
    header, rows = _rows(data)
    wanted = [header.index(c) for c in ("cidr", "ip", "domain", "fqdn") if c in header]
    if not wanted or "reportid" not in header:
        raise ListError("A list of the form FIRE_EYE has a header with the columns reportId, cidr, domain and ip")
    for row in rows:
        found = [row[i] for i in wanted if i < len(row) and row[i]]
        yield from found or [""]


def _stix(data: bytes) -> Iterator[str]:
    """STIX 1.x (XML: addresses and names of CybOX objects) and 2.x (JSON: patterns of indicators)."""
    if data.lstrip()[:1] in (b"{", b"["):
        yield from _stix2(data)
        return
    # The guide's own example has `Address_Valuecondition="..."`, without the blank.
    data = data.replace(b"Address_Valuecondition=", b"Address_Value condition=")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as e:
        raise ListError(f"The file is no STIX document: {e}") from None
    for node in root.iter(tag=etree.Element):
        tag = etree.QName(node)
        if not (
            tag.localname == "Address_Value" or (tag.localname == "Value" and "DomainName" in (tag.namespace or ""))
        ):
            continue
        values = [v.strip() for v in re.split(r"##comma##|,", node.text or "") if v.strip()]
        if node.get("condition") == "InclusiveBetween" and len(values) == 2:
            yield from _between(*values)
        else:
            yield from values


def _between(first: str, last: str) -> list[str]:
    try:
        networks = ipaddress.summarize_address_range(
            ipaddress.ip_address(first),
            ipaddress.ip_address(last),
        )
        return [str(n) for n, _ in zip(networks, range(_MOST_NETWORKS * 4), strict=False)]
    except (ValueError, TypeError):
        return [""]


def _stix2(data: bytes) -> Iterator[str]:
    try:
        document: Any = json.loads(data)
    except (ValueError, RecursionError) as e:
        raise ListError(f"The file is no STIX document: {e}") from None
    objects = document.get("objects", [document]) if isinstance(document, dict) else document
    for each in objects if isinstance(objects, list) else ():
        if not isinstance(each, dict):
            continue
        if each.get("type") == "indicator" and isinstance(each.get("pattern"), str):
            for found in _STIX2.finditer(each["pattern"]):
                yield from re.findall(r"'([^']*)'", found[2])
        elif each.get("type") in {"ipv4-addr", "ipv6-addr", "domain-name"}:
            yield str(each.get("value", ""))


_READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "TXT": _plain,
    "STIX": _stix,
    "OTX_CSV": _otx,
    "ALIEN_VAULT": _alien_vault,
    "PROOF_POINT": _proof_point,
    "FIRE_EYE": _fire_eye,
}

FORMATS = frozenset(_READERS)


def form(data: bytes) -> str:
    """Which of `FORMATS` a file most likely has, by how it begins."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    line = start.split(b"\n", 1)[0].lower().replace(b" ", b"")
    if start[:1] in (b"<", b"{", b"["):
        return "STIX"
    if line.startswith(b"indicatortype,"):
        return "OTX_CSV"
    if line.startswith(b"reportid,"):
        return "FIRE_EYE"
    if line.startswith((b"ip,category", b"domain,category")):
        return "PROOF_POINT"
    return "ALIEN_VAULT" if line.count(b"#") >= 6 and not line.startswith(b"#") else "TXT"
