"""Facts as a file, to be assessed elsewhere (`garrison assess collect`)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from garrison.checks.api import NotRead
from garrison.checks.collect.collector import Collector
from garrison.checks.collect.files import SCHEMA
from garrison.evidence.redact import redacted


def collected(collector: Collector, names: Iterable[str]) -> dict[str, Any]:
    """Every fact of every account, in the form `FilesCollector` reads. Secrets are taken out; trust and key policies,
    which are what is judged, stay."""
    wanted = list(names)
    facts: dict[str, dict[str, Any]] = {}
    unread: dict[str, dict[str, str]] = {}
    for account in collector.accounts():
        snapshot = collector.snapshot(account)
        for name in wanted:
            try:
                facts.setdefault(account, {})[name] = redacted(snapshot.fact(name))
            except NotRead as e:
                unread.setdefault(account, {})[name] = str(e)
    return {"schema": SCHEMA, "Collected": str(int(time.time())), "Facts": facts, "Unread": unread}
