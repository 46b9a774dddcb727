"""An assessment as evidence records, and results as they are read back from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from garrison import __version__
from garrison.assess.run import Assessment
from garrison.checks.check import Outcome, Result
from garrison.evidence.record import Record

VALID = 86400
"""Seconds for which a result is taken to tell the present."""


def records(assessment: Assessment) -> Iterator[Record]:
    """What is remembered of an assessment: how it was done, what was read, and every result."""
    yield {
        "type": "assessment",
        "source": msgspec.to_builtins(assessment.source),
        "accounts": list(assessment.accounts),
        "started": int(assessment.started),
        "finished": int(assessment.finished),
        "collector": f"garrison {__version__}",
        "checks": {check.id: check.version for check in assessment.checks},
        "not_tried": list(assessment.not_tried),
    }
    for fact in assessment.facts:
        yield {"type": "fact", **msgspec.to_builtins(fact)}
    when = int(assessment.finished)
    for result in assessment.results:
        outcome = result.outcome
        yield {
            "type": "result",
            "check": result.check,
            "version": result.version,
            "title": result.title,
            "severity": result.severity,
            "cells": list(result.cells),
            "behavioural": result.behavioural,
            "account": result.account,
            "subject": outcome.subject,
            "status": outcome.status.value,
            "reason": outcome.reason,
            "observed": outcome.observed,
            "examined": outcome.examined,
            "fix": None if outcome.fix is None else msgspec.to_builtins(outcome.fix),
            "exception": result.exception,
            "when": when,
            "valid_until": when + VALID,
        }


def about(found: Iterable[Record]) -> Record | None:
    """The record that says how an assessment was done; None if these are of none."""
    return next((record for record in found if record.get("type") == "assessment"), None)


def results(found: Iterable[Record]) -> Iterator[tuple[Record, Result]]:
    """The results of a run's records, each with its record (for its hash)."""
    for record in found:
        if record.get("type") == "result":
            yield record, _result(record)


def _result(record: Record) -> Result:
    outcome: dict[str, Any] = {
        k: record[k] for k in ("status", "subject", "reason", "observed", "examined", "fix")
    }  # fmt: skip
    kept = ("check", "version", "title", "severity", "cells", "behavioural", "account", "exception")
    return msgspec.convert(
        {**{k: record[k] for k in kept}, "outcome": msgspec.convert(outcome, Outcome)}, Result, from_attributes=True
    )
