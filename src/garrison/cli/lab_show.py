"""How labs look in a terminal, and how their credentials are handed over."""

from __future__ import annotations

import os
import shlex
import textwrap
from typing import Any

import click

from garrison.checks.probe import Keys
from garrison.cli.environment import unset, variables
from garrison.cli.instance import Instance
from garrison.labs import Attempt, Checked, Lab, filled, unfilled
from garrison.labs.attempt import FOLDER, Attempts
from garrison.store.files import write_private

_WIDE = 100


def show_brief(lab: Lab, facts: dict[str, str]) -> None:
    """What a lab is about, and its steps; without facts nobody has started it."""

    def told(text: str) -> str:
        return filled(text, facts) if facts else unfilled(text)

    click.secho(f"Lab {lab.number}  {lab.title}", bold=True)
    click.echo(_wrapped(told(lab.goal), ""))
    click.echo(f"\nAbout {lab.minutes} minutes. You learn: {', '.join(lab.teaches)}.\n")
    for number, step in enumerate(lab.steps, 1):
        click.echo(f"  {number}. {step.id}: {step.title}")
        click.echo(_wrapped(told(step.task), "     "))


def show_check(lab: Lab, checked: Checked, *, next_alone: bool = False) -> None:
    """Which steps are done, and what the others lack; `next_alone`: of the first that is not."""
    told = False
    for verdict in checked.verdicts:
        mark, colour = ("✓", "green") if verdict.done else ("✗", "red")
        click.echo(f"{click.style(mark, fg=colour)} {verdict.step}: {verdict.title}")
        if not verdict.done and not (next_alone and told):
            told = True
            click.echo(_wrapped(verdict.message, "    "))
            click.echo(f"    {verdict.term}: {verdict.url}")
    if checked.done:
        click.secho(f"Lab {lab.number} is done.", fg="green", bold=True)
        click.echo(f"Its accounts go with: garrison lab stop {lab.number}")
    else:
        click.echo(f"A hint: garrison lab hint {lab.number}")


def paste_lines(garrison: Instance, attempt: Attempt) -> list[str]:
    """What matters of it, to be pasted into a shell that has no AWS variables yet."""
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE")
    own = _variables(garrison, attempt)
    wanted = [*names, "AWS_SHARED_CREDENTIALS_FILE"] if len(attempt.handed) > 1 else names
    lines = [f"export {name}={shlex.quote(own[name])}" for name in wanted if name in own]
    return lines + _profile_remarks(attempt)


def _profile_remarks(attempt: Attempt) -> list[str]:
    return [f"# aws --profile {profile} ... acts as {profile}" for profile in list(attempt.handed)[1:]]


def environment_lines(garrison: Instance, attempt: Attempt, shell: str) -> list[str]:
    """Shell lines that point AWS clients into the lab."""
    lines = [f"set -e {name}" if shell == "fish" else f"unset {name}" for name in unset()]
    for name, value in _variables(garrison, attempt).items():
        quoted = shlex.quote(value)
        lines.append(f"set -gx {name} {quoted}" if shell == "fish" else f"export {name}={quoted}")
    return lines + _profile_remarks(attempt)


def hand_over(garrison: Instance, lab: Lab, attempt: Attempt) -> dict[str, Any]:
    """What somebody needs to work on a lab, as JSON has it."""
    return {
        "lab": lab.number,
        "name": lab.name,
        "learner": attempt.learner,
        "accounts": attempt.accounts,
        "facts": attempt.facts,
        "environment": _variables(garrison, attempt),
        "profiles": {profile: _shown(attempt.keys[key]) for profile, key in attempt.handed.items()},
    }


def _variables(garrison: Instance, attempt: Attempt) -> dict[str, str]:
    """The first profile in variables, all of them in a credentials file of the lab's own."""
    set_ = variables(garrison)
    own = attempt.keys[next(iter(attempt.handed.values()))]
    set_["AWS_ACCESS_KEY_ID"] = own.access_key_id
    set_["AWS_SECRET_ACCESS_KEY"] = own.secret_access_key
    path = garrison.data / FOLDER / attempt.learner / f"{attempt.lab}.credentials"
    text = ""
    for profile, key in attempt.handed.items():
        shown = _shown(attempt.keys[key])
        text += f"[{profile}]\n" + "".join(f"{name} = {value}\n" for name, value in shown.items())
    write_private(path, text.encode())
    set_["AWS_SHARED_CREDENTIALS_FILE"] = str(path)
    set_["AWS_CONFIG_FILE"] = os.devnull
    set_["AWS_PAGER"] = ""
    set_["GARRISON_DATA"] = str(garrison.data)
    set_["GARRISON_LEARNER"] = attempt.learner
    set_["GARRISON_EVIDENCE"] = str(Attempts(garrison.data).evidence(attempt.learner, attempt.lab))
    return set_


def _shown(keys: Keys) -> dict[str, str]:
    shown = {"aws_access_key_id": keys.access_key_id, "aws_secret_access_key": keys.secret_access_key}
    return shown if keys.session_token is None else shown | {"aws_session_token": keys.session_token}


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text, _WIDE, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
