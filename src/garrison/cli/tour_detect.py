"""The tour's stop about GuardDuty: what one did oneself becomes a finding."""

from __future__ import annotations

import json
import time
from importlib.util import find_spec

import click

from garrison.cli.tour_guide import Guide

_PATIENCE = 120.0
WEAK = "Stealth:IAMUser/PasswordPolicyChange"


def detect(guide: Guide) -> None:
    """Stop 11, in the tour's account; the detector goes again."""
    guide.chapter(
        "11  Your own misbehaviour is found",
        "GuardDuty watches the account from here on. You are root, and you make passwords weaker: both are what "
        "attackers do, and both become findings within seconds.",
    )
    if not all(find_spec(name) for name in ("duckdb", "ibis", "pyarrow")):
        guide.console.print(
            "What detects is not installed here, so this stop is left out: pip install 'garrison\\[detect]'",
            soft_wrap=True,
        )
        return
    said = guide.run("aws guardduty create-detector --enable --query DetectorId --output text --profile root")
    detector = said.strip()
    for length in (14, 6):
        guide.run(f"aws iam update-account-password-policy --minimum-password-length {length} --profile root")
    criteria = json.dumps({"Criterion": {"type": {"Equals": [WEAK]}}}, separators=(",", ":"))
    listed = f"aws guardduty list-findings --detector-id {detector} --finding-criteria '{criteria}'"
    listed += " --query FindingIds[0] --output text --profile root"
    guide.console.print("[dim]asked until it is there:[/dim]")
    until = time.monotonic() + _PATIENCE
    while (found := guide.run(listed).strip()) in ("", "None"):
        if time.monotonic() > until:
            raise click.ClickException("No finding within two minutes; garrison logs and the server's log may say why.")
        time.sleep(2)
    guide.run(
        f"aws guardduty get-findings --detector-id {detector} --finding-ids {found}"
        " --query Findings[0].[Severity,Title,Description,Service.Action.AwsApiCallAction.Api] --profile root"
    )
    guide.run("garrison detect watch --once")
    guide.run(f"aws guardduty delete-detector --detector-id {detector} --profile root")
