"""NVD's records of CVEs: JSON 2.0 feeds and answers of its API. They say how bad a vulnerability is; which package has
it they say by CPE, which is not used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from garrison.scan.vulndb.record import Advisory, Cvss, NotUnderstood

NAME = "nvd"


class _Text(msgspec.Struct):
    lang: str
    value: str


class _Data(msgspec.Struct):
    vectorString: str = ""  # noqa: N815


class _Metric(msgspec.Struct):
    source: str = ""
    type: str = ""
    cvssData: _Data = msgspec.field(default_factory=_Data)  # noqa: N815


class _Weakness(msgspec.Struct):
    description: list[_Text] = []


class _Reference(msgspec.Struct):
    url: str = ""


class _Cve(msgspec.Struct):
    id: str
    published: str = ""
    lastModified: str = ""  # noqa: N815
    vulnStatus: str = ""  # noqa: N815
    descriptions: list[_Text] = []
    metrics: dict[str, list[_Metric]] = {}
    weaknesses: list[_Weakness] = []
    references: list[_Reference] = []


class _Item(msgspec.Struct):
    cve: _Cve


class _Feed(msgspec.Struct):
    vulnerabilities: list[_Item]


def recognises(name: str, head: bytes) -> bool:
    """JSON that calls itself `NVD_CVE`."""
    return b'"NVD_CVE"' in head


def read(name: str, data: bytes) -> Iterator[Advisory]:
    """One record per CVE, about no package."""
    try:
        feed = msgspec.json.decode(data, type=_Feed)
    except msgspec.MsgspecError as e:
        raise NotUnderstood(f"no feed of the NVD: {e}") from e
    for item in feed.vulnerabilities:
        cve = item.cve
        metrics = [m for listed in cve.metrics.values() for m in listed if m.cvssData.vectorString]
        # The NVD's own assessment before those it passes on.
        metrics.sort(key=lambda m: m.source != "nvd@nist.gov")
        words: list[Any] = [d.value for w in cve.weaknesses for d in w.description]
        yield Advisory(
            id=cve.id,
            url=f"https://nvd.nist.gov/vuln/detail/{cve.id}",
            published=_time(cve.published),
            modified=_time(cve.lastModified),
            withdrawn=_time(cve.lastModified) if cve.vulnStatus == "Rejected" else "",
            description=next((d.value for d in cve.descriptions if d.lang == "en"), ""),
            cvss=tuple(
                Cvss(m.cvssData.vectorString, "NVD" if m.source == "nvd@nist.gov" else m.source) for m in metrics
            ),
            cwes=tuple(dict.fromkeys(int(w[4:]) for w in words if w.startswith("CWE-") and w[4:].isdigit())),
            references=tuple(dict.fromkeys(r.url for r in cve.references if r.url)),
        )


def _time(text: str) -> str:
    return text if not text or text.endswith("Z") else text + "Z"
