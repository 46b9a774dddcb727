"""A host that asks for many names a program made up, most of which do not exist: `Trojan:EC2/DGADomainRequest.B`.

One name tells nothing; ten different ones of one host in an hour do, by their mean likeness to names people make
(`baseline.words`). The threshold lies where of 10,000 sets of ten ordinary names one is. Generators that put words of a
dictionary together are not found.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from garrison.detect.baseline.words import likeness, registrable
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.network import resource
from garrison.detect.registry import on_window
from garrison.detect.tables import Tables
from garrison.detect.windows import bucketed, threshold

_HOUR = 3600
_NAMES = 10
_LIKENESS = 0.2
_MISSING = 0.5
"""Share of the names like these that do not exist."""
_SHORTEST = 6
_MOST = 20_000
"""Names of one hour that are looked at."""


@on_window("Trojan:EC2/DGADomainRequest.B", reads=("dns",), window=2 * _HOUR)
def generated_names(tables: Tables, context: Context) -> Iterator[Detection]:
    """`dga.names` (10) different registrable names that do not exist, with a mean likeness below `dga.likeness`."""
    least = threshold(context, "dga.names", _NAMES)
    t = bucketed(tables, "dns", _HOUR)
    host = ("account", "region", "instance", "slot")
    missing = t.filter(t.rcode == "NXDOMAIN")
    hosts = missing.group_by(*host).agg(n=missing.name.nunique())
    hosts = hosts.filter(hosts.n >= least)
    asked = t.group_by(*host, "name").agg(missing=(t.rcode == "NXDOMAIN").any(), first=t.time.min(), last=t.time.max())
    rows = tables.rows(asked.semi_join(hosts, list(host)).order_by("first", "name", *host).limit(_MOST))
    by_host: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for row in rows:
        by_host.setdefault(tuple(row[name] for name in host), []).append(row)
    for key, own in by_host.items():
        found = _judge(own, least, threshold(context, "dga.likeness", _LIKENESS))
        if not found:
            continue
        (account, region, instance, slot), (names, score) = map(str, key), found
        times = [float(str(row[t])) for row in own for t in ("first", "last")]
        yield Detection(
            type="Trojan:EC2/DGADomainRequest.B", account=account, region=region, key=(instance,),
            occurrence=f"{instance}/{slot}", first=min(times), last=max(times), severity=8.0,
            title=f"EC2 instance {instance} is querying algorithmically generated domain names.",
            description=f"EC2 instance {instance} asked for {len(names)} names that look generated and do not exist. "
            "Malware finds its command and control servers so.",
            resource=resource(context, instance), role="ACTOR",
            action={
                "actionType": "DNS_REQUEST",
                "dnsRequestAction": {"domain": names[-1], "protocol": "UDP", "blocked": False},
            },
            additional={"domain": names[-1], "names": names[:20], "likeness": round(score, 2), "count": len(names)},
        )  # fmt: skip


def _judge(rows: list[dict[str, object]], least: float, highest: float) -> tuple[list[str], float] | None:
    """The names that do not exist and their mean likeness, if that is one of generated names."""
    scores: dict[str, float] = {}
    exist = 0
    for row in rows:
        domain, label = registrable(str(row["name"]))
        if len(label) < _SHORTEST or label.startswith("xn--"):
            continue
        if row["missing"]:
            scores[domain] = likeness(label)
        elif likeness(label) < highest:
            exist += 1
    if len(scores) < least or exist > _MISSING * (len(scores) + exist):
        return None
    # Of a host that also mistypes: the names least like people's count, if there are enough of them.
    low = sorted((score, name) for name, score in scores.items())
    score = statistics.fmean(score for score, _ in low)
    return ([name for _, name in low], score) if score < highest else None
