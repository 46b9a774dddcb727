"""Throw-away accounts, those of tours and of running labs: an assessment of everything is not about them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from garrison.cli.instance import Instance
from garrison.cli.source import Incomplete

TOUR = "garrison-tour-"
"""What the name of a tour's directory begins with."""
_TOURS_EMAIL = re.compile(rf"(tour|member)\+{TOUR}[^@]+@example\.com")


def tour_email(name: str, directory: Path) -> str:
    """The address of the account a tour calls `name` (tour, member)."""
    return f"{name}+{directory.name}@example.com"


def left_out(garrison: Instance, accounts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Which of these active accounts (as `GET /_garrison/accounts` has them) are of running labs or of tours."""
    from garrison.labs.attempt import Attempts

    labs = {id for one in Attempts(garrison.data).all() if one.stopped is None for id in one.accounts.values()}
    return [
        one["id"]
        for one in accounts
        if one["status"] == "ACTIVE" and (one["id"] in labs or _TOURS_EMAIL.fullmatch(one["email"]))
    ]


def accounts_of_this_lab(garrison: Instance) -> list[str] | None:
    """The accounts of the lab whose environment this shell has; None outside a lab. Raises `Incomplete` if it ended."""
    evidence = Path(os.environ.get("GARRISON_EVIDENCE", ""))
    if evidence.suffix != ".evidence" or not in_labs_folder(garrison, str(evidence)):
        return None
    from garrison.labs.attempt import Attempts

    attempt = Attempts(garrison.data).get(evidence.parent.name, evidence.stem)
    if attempt is None or not attempt.running:
        raise Incomplete('The lab this shell is in does not run any more. To leave it: eval "$(garrison env)"')
    return list(attempt.accounts.values())


def left_by_lab(garrison: Instance) -> list[str]:
    """Variables of this shell that `garrison lab env` set, and that would still lead into a lab."""
    names = [
        name
        for name in ("GARRISON_EVIDENCE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")
        if in_labs_folder(garrison, os.environ.get(name, ""))
    ]
    if names:
        learners = {Path(os.environ[name]).parent.name for name in names}
        if os.environ.get("AWS_CONFIG_FILE") == os.devnull:
            names.append("AWS_CONFIG_FILE")
        if os.environ.get("GARRISON_LEARNER") in learners:
            names.append("GARRISON_LEARNER")
    return names


def in_labs_folder(garrison: Instance, path: str) -> bool:
    """Whether a path is inside the folder of the labs."""
    if not path:
        return False
    from garrison.labs.attempt import FOLDER

    return Path(path).resolve().is_relative_to((garrison.data / FOLDER).resolve())


def say_left_out(count: int) -> None:
    """One line about it, for people."""
    if count:
        which = "1 account" if count == 1 else f"{count} accounts"
        click.echo(f"Left out: {which} of running labs and tours; --account ID looks at them.", err=True)
