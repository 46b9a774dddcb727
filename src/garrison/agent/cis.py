"""A CIS scan of the host, reported through Inspector's session API."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from garrison.agent.client import Inspector, Refused
from garrison.agent.machine import Machine
from garrison.agent.state import State
from garrison.scan.host_checks import HostCheck, Status
from garrison.scan.host_checks.run import HostReport, Result, run

_MOST_MESSAGES = 150
_MOST_BYTES = 1000
_WIRE = {Status.PASSED: "PASSED", Status.FAILED: "FAILED", Status.SKIPPED: "NOT_APPLICABLE", Status.ERROR: "ERROR"}
_VERSION = "1"
_SAY_EVERY = 60.0


def scan(
    inspector: Inspector, task: dict[str, Any], machine: Machine, state: State, save: Callable[[], None]
) -> HostReport:
    """Run one scan and report it. Killed on the way, the next start goes on in the same session; nothing is told twice,
    since a rule that is told again takes the place of what was told."""
    job = task["scanJobId"]
    token = state.sessions.get(job) or str(uuid.uuid4())
    state.sessions[job] = token
    save()
    session = {"scanJobId": job, "sessionToken": token}
    try:
        inspector.session("start_cis_session", scanJobId=job, message={"sessionToken": token})
        report = run(
            machine.root,
            level=1 if task.get("securityLevel") == "LEVEL_1" else 2,
            excepted=machine.excepted,
            each=_alive(inspector, session),
        )
        for at in range(0, len(report.results), _MOST_MESSAGES):
            messages = [_message(r) for r in report.results[at : at + _MOST_MESSAGES]]
            inspector.session("send_cis_session_telemetry", **session, messages=messages)
        inspector.session("stop_cis_session", **session, message=_stop(report, task.get("securityLevel", "LEVEL_2")))
    except Refused:
        # The job has ended, or another session has it: it is not ours to finish.
        state.sessions.pop(job, None)
        save()
        raise
    state.sessions.pop(job, None)
    save()
    return report


def _alive(inspector: Inspector, session: dict[str, str]) -> Callable[[HostCheck], None]:
    """Says that the session lives: at the first check, and once a minute from then on."""
    said = float("-inf")

    def say(_: HostCheck) -> None:
        nonlocal said
        if time.monotonic() - said >= _SAY_EVERY:
            inspector.session("send_cis_session_health", **session)
            said = time.monotonic()

    return say


def _message(result: Result) -> dict[str, Any]:
    seen = ", ".join(result.verdict.observed)
    reason = f"{result.verdict.reason} {seen}".strip()
    return {
        "ruleId": result.check.id,
        "status": _WIRE[result.status],
        "cisRuleDetails": _details(reason, result.check.security_level),
    }


def _details(reason: str, level: str) -> bytes:
    """JSON of at most a thousand bytes: the reason is cut until it fits."""
    while len(made := json.dumps({"reason": reason, "level": level}, ensure_ascii=False).encode()) > _MOST_BYTES:
        reason = reason[: len(reason) - max(1, (len(made) - _MOST_BYTES) // 4)]
    return made


def _stop(report: HostReport, level: str) -> dict[str, Any]:
    counts = report.counts
    message: dict[str, Any] = {
        "status": "SUCCESS",
        "progress": {
            "totalChecks": len(report.results),
            "successfulChecks": counts["passed"],
            "failedChecks": counts["failed"],
            "notApplicableChecks": counts["skipped"],
            "errorChecks": counts["error"],
        },
        "benchmarkVersion": _VERSION,
        "benchmarkProfile": f"Garrison host checks, {level}",
    }
    if report.os is not None:
        message["computePlatform"] = {
            "vendor": report.os.id.title()[:16],
            "product": "Linux",
            "version": report.os.version[:8],
        }
    return message
