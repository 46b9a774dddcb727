"""The labs of the Garrison a command line means, and whose they are."""

from __future__ import annotations

import getpass
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from garrison.checks.api import NotRead, Refused
from garrison.checks.collect.live import Ask
from garrison.cli.instance import Instance, Unreachable, instance
from garrison.cli.source import Incomplete
from garrison.labs import BadLearner, LabError, Room, learner_name


def room(garrison: Instance | None = None) -> Room:
    """The labs of a running Garrison. Raises `Unreachable`."""
    garrison = garrison or instance()
    region = garrison.credentials().get("region", "us-east-1")
    garrison.trust()
    return Room(garrison.data, operator(garrison), garrison.url(), region)


def operator(garrison: Instance) -> Ask:
    """The operator's door: decoded answers, `Refused` for what is refused, `Unreachable` if nobody answers."""

    def ask(method: str, path: str, body: Any) -> Any:
        status, raw = garrison.request(method, path, body, timeout=300)
        try:
            answer = json.loads(raw) if raw else None
        except ValueError:
            answer = raw.decode(errors="replace")
        if status >= 400:
            told = answer if isinstance(answer, dict) else {"message": str(answer)}
            raise Refused(str(told.get("code", status)), str(told.get("message", "")))
        return answer

    return ask


def default_learner() -> str:
    """Whoever is at the keyboard: `GARRISON_LEARNER`, else the user's name as far as it is one for learners."""
    given = os.environ.get("GARRISON_LEARNER")
    if given:
        return given
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = ""
    return re.sub(r"[^a-z0-9._-]", "-", user.lower()).strip("-._")[:32] or "learner"


def checked_learner(context: click.Context, parameter: click.Parameter, given: str | None) -> str:
    """A click callback for `--learner`."""
    try:
        return learner_name(given or default_learner())
    except BadLearner as e:
        raise click.BadParameter(str(e)) from e


@contextmanager
def spoken() -> Iterator[None]:
    """Turns what is wrong with labs into messages for people."""
    try:
        yield
    except LabError as e:
        raise Incomplete(str(e)) from e
    except Refused as e:
        raise click.ClickException(f"Garrison refused: {e.message}") from e
    except NotRead as e:
        raise Unreachable(str(e)) from e
