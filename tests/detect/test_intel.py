"""Lists of threats: every form GuardDuty takes, and what being on one means."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from garrison.detect.context import Match
from garrison.detect.intel import IndicatorList, ListError, Lists, from_files, indicators, read
from garrison.detect.intel.formats import FORMATS, form
from garrison.detect.intel.lists import MOST_TRUSTED
from garrison.detect.intel.ranges import AddressRanges

COLUMNS = (
    "reportId, title, threatScape, audience, intelligenceType, publishDate, reportLink, webLink, emailIdentifier, "
    "senderAddress, senderName, sourceDomain, sourceIp, subject, recipient, emailLanguage, fileName, fileSize, "
    "fuzzyHash, fileIdentifier, md5, sha1, sha256, description, fileType, packer, userAgent, registry, "
    "fileCompilationDateTime, filePath, asn, cidr, domain, domainTimeOfLookup, networkIdentifier, ip, port, protocol"
)


def fire_eye(**cells: str) -> str:
    return ", ".join(cells.get(column, "") for column in COLUMNS.split(", "))


FILES: dict[str, str] = {
    "TXT": "# ours\r\n192.0.2.0/24\n198.51.100.1\n\nBad.Example.com.\n*.example.org\nnonsense here\n",
    "STIX": """<?xml version="1.0" encoding="UTF-8"?>
<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1" xmlns:cybox="http://cybox.mitre.org/cybox-2"
  xmlns:A="http://cybox.mitre.org/objects#AddressObject-2" xmlns:D="http://cybox.mitre.org/objects#DomainNameObject-1">
 <cybox:Properties><A:Address_Valuecondition="InclusiveBetween">192.0.2.0##comma##192.0.2.255</A:Address_Value></cybox:Properties>
 <cybox:Properties><A:Address_Value>198.51.100.1, nonsense here</A:Address_Value></cybox:Properties>
 <cybox:Properties><D:Value condition="Equals">bad.example.com</D:Value>
 <D:Value>*.example.org</D:Value></cybox:Properties>
</stix:STIX_Package>""",
    "OTX_CSV": "Indicator type, Indicator, Description\nCIDR, 192.0.2.0/24, x\nIPv4, 198.51.100.1, 'x'\n"
    "Domain name, bad.example.com, x\nhostname,*.example.org,x\nFileHash-MD5,abc,x\n",
    "ALIEN_VAULT": "192.0.2.0/24#4#2#Malicious Host#KR##37.5,126.9#3\n198.51.100.1#4#2##CN#Guangzhou#23.1,113.2#3\n"
    "bad.example.com#4#2#x#CA#y#45,-73#3\n*.example.org#4#2#x#CA#y#45,-73#3\nnonsense\n",
    "PROOF_POINT": "domain, category, score, first_seen, last_seen, ports (|)\n"
    "192.0.2.0/24, 1, 100, 2000-01-01, 2000-01-01,\n"
    "198.51.100.1, 1, 100, 2000-01-01, 2000-01-01, 80|443\nbad.example.com,1,1,,,\n*.example.org,1,1,,,\nx,1,1,,,\n",
    "FIRE_EYE": "\n".join(
        [
            COLUMNS,
            "",
            fire_eye(reportId="1", cidr="192.0.2.0/24", domain="bad.example.com"),
            fire_eye(reportId="2", ip="198.51.100.1", domain="*.example.org"),
            fire_eye(reportId="3", md5="d41d8cd98f00b204e9800998ecf8427e"),
        ]
    ),
}
STIX2 = {
    "type": "bundle",
    "objects": [
        {"type": "indicator", "pattern": "[ipv4-addr:value = '192.0.2.0/24' OR ipv4-addr:value IN ('198.51.100.1')]"},
        {
            "type": "indicator",
            "pattern": "[domain-name:value = 'bad.example.com'] OR [domain-name:value='*.example.org']",
        },
        {"type": "ipv4-addr", "value": "nonsense"},
        {"type": "malware", "name": "x"},
    ],
}


def threat(*entries: str, category: str = "c2", trusted: bool = False, kind: str = "entity") -> IndicatorList:
    data = "\n".join(entries).encode()
    return indicators("mine", data, "TXT", category=category, trusted=trusted, kind=kind, time=1000.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_each_form_gives_the_same_addresses_and_names(format: str) -> None:
    data = FILES[format].encode()
    entries = read(data, format)
    assert set(entries.addresses) == {"192.0.2.0/24", "198.51.100.1/32"}
    assert set(entries.names) == {"bad.example.com", "*.example.org"}
    assert entries.skipped == 1
    assert form(data) == format


def test_stix_of_the_second_version_is_read_out_of_patterns() -> None:
    entries = read(json.dumps(STIX2).encode(), "STIX")
    assert set(entries.addresses) == {"192.0.2.0/24", "198.51.100.1/32"}
    assert set(entries.names) == {"bad.example.com", "*.example.org"}


@pytest.mark.parametrize(
    ("data", "format", "reason"),
    [
        (b"hello there\n", "TXT", "no address and no domain name"),
        (b"", "OTX_CSV", "empty"),
        (b"192.0.2.1\n", "OTX_CSV", "starts with"),
        (b"192.0.2.1\n", "FIRE_EYE", "header"),
        (b"<a", "STIX", "no STIX document"),
        (b"{", "STIX", "no STIX document"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "STIX", "no address"),
        (b"192.0.2.1\n", "CSV", "no form of lists"),
        (b"\xff\xfe\x00", "TXT", "no address"),
    ],
)
def test_a_file_of_another_form_is_refused_with_the_reason(data: bytes, format: str, reason: str) -> None:
    with pytest.raises(ListError, match=reason):
        read(data, format)


def test_lists_are_as_long_as_guardduty_takes_them() -> None:
    addresses = [str(ipaddress.IPv4Address(0xC6336400 + i)) for i in range(MOST_TRUSTED + 1)]
    assert len(threat(*addresses[:-1], trusted=True).addresses) == MOST_TRUSTED
    with pytest.raises(ListError, match="2001 entries, and may have 2000"):
        threat(*addresses, trusted=True)
    assert len(threat(*addresses).addresses) == MOST_TRUSTED + 1


def test_a_list_of_addresses_leaves_names_out() -> None:
    assert threat("198.51.100.1", "bad.example.com", kind="ip").names == ()
    with pytest.raises(ListError, match="no address"):
        threat("bad.example.com", kind="ip")


def test_a_trusted_list_wins_and_only_public_addresses_count() -> None:
    bad = threat("198.51.100.0/24", "10.0.0.0/8", "bad.example.com")
    lists = Lists([bad])
    assert lists.address("198.51.100.9") == [Match("mine", "c2", "198.51.100.0/24", bad.digest)]
    assert lists.address("::ffff:198.51.100.9") == lists.address("198.51.100.9")
    assert lists.address("10.1.2.3") == []
    assert lists.address("203.0.113.1") == []
    assert lists.address("iam.amazonaws.com") == []
    assert Lists([bad], everywhere=True).address("10.1.2.3") != []
    trusting = Lists([bad, threat("198.51.100.9", "ok.bad.example.com", trusted=True)])
    assert trusting.address("198.51.100.9") == []
    assert trusting.address("198.51.100.8") != []
    assert [m.entry for m in trusting.name("x.bad.example.com")] == ["bad.example.com"]
    assert trusting.name("a.ok.bad.example.com") == []
    assert lists.has("c2")
    assert not lists.has("tor")


def test_a_wildcard_covers_what_is_below_and_a_name_itself_too() -> None:
    lists = Lists([threat("*.example.org", "example.net")])
    assert lists.name("example.org") == []
    assert lists.name("a.b.example.org.") != []
    assert lists.name("EXAMPLE.net") != []
    assert lists.name("notexample.net") == []


def test_names_kept_for_trials_need_no_feed() -> None:
    assert [m.category for m in Lists().name("c2.guarddutyc2activityb.com")] == ["c2"]
    assert not Lists().has("c2")
    assert Lists(canaries=False).name("guarddutyc2activityb.com") == []


def test_lists_grow_stale() -> None:
    lists = Lists([threat("198.51.100.1")])
    assert lists.stale(1000 + 6 * 86400) == []
    assert lists.stale(1000 + 8 * 86400) == ["mine"]


def test_files_say_their_category_and_form_themselves(tmp_path: Path) -> None:
    (tmp_path / "tor.csv").write_text(FILES["OTX_CSV"])
    lists = from_files([f"tor={tmp_path / 'tor.csv'}"])
    assert [m.category for m in lists.address("198.51.100.1")] == ["tor"]
    with pytest.raises(ListError, match=r"gone\.txt: No such file"):
        from_files([str(tmp_path / "gone.txt")])


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(24, 32)), max_size=12), st.integers(0, 255))
def test_ranges_say_what_asking_each_network_says(spans: list[tuple[int, int]], last: int) -> None:
    networks = [str(ipaddress.ip_network(f"198.51.100.{n}/{bits}", strict=False)) for n, bits in spans]
    address = f"198.51.100.{last}"
    expected = sorted(i for i, n in enumerate(networks) if ipaddress.ip_address(address) in ipaddress.ip_network(n))
    assert sorted(AddressRanges((n, i) for i, n in enumerate(networks)).at(address)) == expected
