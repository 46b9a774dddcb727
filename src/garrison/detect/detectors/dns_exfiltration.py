"""Data carried out in the names a host asks for: `Trojan:EC2/DNSDataExfiltration`.

AWS publishes no thresholds; these are ours: `dnsexfiltration.names`, `.length`, `.entropy` (bits a character) and
`.octets`, of one registrable domain in ten minutes.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from garrison.detect.baseline.words import entropy, registrable
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.network import resource
from garrison.detect.registry import on_window
from garrison.detect.tables import Tables
from garrison.detect.windows import bucketed, threshold

_WINDOW = 600
_NAMES, _LENGTH, _ENTROPY, _OCTETS = 50, 30, 3.5, 4096
_MOST = 20_000


@on_window("Trojan:EC2/DNSDataExfiltration", reads=("dns",), window=2 * _WINDOW)
def dns_exfiltration(tables: Tables, context: Context) -> Iterator[Detection]:
    """At least 50 different names below one domain, of 30 characters and 3.5 bits each in the mean, 4 kB in all."""
    least, length = (
        threshold(context, "dnsexfiltration.names", _NAMES),
        threshold(context, "dnsexfiltration.length", _LENGTH),
    )
    t = bucketed(tables, "dns", _WINDOW)
    t = t.filter(~t.name.endswith(".arpa"))
    t = t.mutate(tail=t.name.re_extract(r"[^.]+\.[^.]+$", 0))
    group = ("account", "region", "instance", "slot", "tail")
    found = t.group_by(*group).agg(n=t.name.nunique(), length=t.name.length().mean())
    found = found.filter((found.n >= least) & (found.length >= length))
    names = t.group_by(*group, "name").agg(first=t.time.min(), last=t.time.max())
    rows = tables.rows(names.semi_join(found, list(group)).order_by("first", "name", *group).limit(_MOST))
    by_domain: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for row in rows:
        domain, _ = registrable(str(row["name"]))
        if domain:
            key = (str(row["account"]), str(row["region"]), str(row["instance"]), str(row["slot"]), domain)
            by_domain.setdefault(key, []).append(row)
    for (account, region, instance, slot, domain), own in by_domain.items():
        payloads = [str(row["name"])[: -len(domain) - 1].replace(".", "") for row in own]
        payloads = [p for p in payloads if p]
        if len(payloads) < least or statistics.fmean(map(len, payloads)) < length:
            continue
        bits = statistics.fmean(map(entropy, payloads))
        octets = sum(map(len, payloads))
        if bits < threshold(context, "dnsexfiltration.entropy", _ENTROPY):
            continue
        if octets < threshold(context, "dnsexfiltration.octets", _OCTETS):
            continue
        last = str(own[-1]["name"])
        yield Detection(
            type="Trojan:EC2/DNSDataExfiltration", account=account, region=region, key=(instance, domain),
            occurrence=f"{instance}/{domain}/{slot}", first=min(float(str(r["first"])) for r in own),
            last=max(float(str(r["last"])) for r in own), severity=8.0,
            title=f"Data exfiltration through DNS queries from EC2 instance {instance}.",
            description=f"EC2 instance {instance} asked for {len(payloads)} different names below {domain} that "
            "resemble exfiltrated data.",
            resource=resource(context, instance), role="ACTOR",
            action={
                "actionType": "DNS_REQUEST",
                "dnsRequestAction": {"domain": last, "protocol": "UDP", "blocked": False, "domainWithSuffix": domain},
            },
            additional={"domain": domain, "names": len(payloads), "octets": octets, "entropy": round(bits, 2)},
        )  # fmt: skip
