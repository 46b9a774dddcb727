"""`garrison lab`: the learning path, in throw-away accounts, verified against what really is."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from garrison.cli.assess_history import spoken as spoken_evidence
from garrison.cli.assess_report import evidence_option, ledger_of, signer
from garrison.cli.instance import instance
from garrison.cli.lab_room import checked_learner, room, spoken
from garrison.cli.lab_show import environment_lines, hand_over, paste_lines, show_brief, show_check
from garrison.cli.output import SCHEMA, output_option, print_rows
from garrison.labs import Lab, filled, labs, progress
from garrison.labs import lab as the_lab

if TYPE_CHECKING:
    from garrison.labs import Progress, Step

_learner = click.option(
    "--learner", callback=checked_learner, metavar="NAME",
    help="Whose lab it is; GARRISON_LEARNER, or your user name, if not given.",
)  # fmt: skip
_text_or_json = click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)


_RANDOM = re.compile(r"[0-9a-f]{6,}|[0-9]+")
"""What differs between two checks that say the same: names that are drawn at random."""


class _Which(click.ParamType[Lab]):
    name = "LAB"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Lab:
        with spoken():
            return value if isinstance(value, Lab) else the_lab(value)


_which = click.argument("lab", type=_Which())


@click.group()
def lab() -> None:
    """Learn on throw-away accounts: twelve labs, and each step is tried, not believed.

    garrison lab start 2, then eval "$(garrison lab env 2)", and garrison lab watch 2 in another shell.
    """


@lab.command("list")
@_learner
@output_option()
def list_(learner: str, output: str) -> None:
    """The labs, and how far you are."""
    reached = {p.number: p for p in progress(instance().data, labs(), learner)}
    rows = []
    for one in labs():
        at = reached.get(one.number)
        rows.append(
            {
                "lab": one.number,
                "name": one.name,
                "title": one.title,
                "minutes": one.minutes,
                "state": "" if at is None else at.state,
                "steps": f"{0 if at is None else at.done}/{len(one.steps)}",
                "teaches": list(one.teaches),
                "needs": list(one.needs),
            }
        )
    print_rows(rows, ("lab", "title", "minutes", "state", "steps"), output, name="labs")


@lab.command()
@_which
@_learner
@_text_or_json
def show(lab: Lab, learner: str, output: str) -> None:
    """What a lab is about, and its steps."""
    from garrison.labs.attempt import Attempts

    kept = Attempts(instance().data).get(learner, lab.name)
    facts = {} if kept is None or not kept.running else kept.facts
    if output == "json":
        _json(lab=lab.number, name=lab.name, title=lab.title, goal=filled(lab.goal, facts), teaches=list(lab.teaches),
              minutes=lab.minutes, needs=list(lab.needs), steps=[_told(step, facts) for step in lab.steps])  # fmt: skip
    else:
        show_brief(lab, facts)


@lab.command()
@_which
@_learner
@_text_or_json
def start(lab: Lab, learner: str, output: str) -> None:
    """Make a throw-away account with what the lab needs, and say how to get in.

    A lab that runs already is left as it is.
    """
    with spoken():
        attempt, new = room().start(lab, learner)
    if output == "json":
        _json(**hand_over(instance(), lab, attempt))
        return
    click.echo(f"Lab {lab.number} runs {'now' if new else 'already'}.\n")
    show_brief(lab, attempt.facts)
    click.echo(f'\nTo get in: eval "$(garrison lab env {lab.number})", or paste this into the shell you work in:\n')
    for line in paste_lines(instance(), attempt):
        click.echo(f"  {line}")
    click.echo(f"\nThen: garrison lab check {lab.number}, or garrison lab watch {lab.number} in another shell.")


@lab.command()
@_which
@_learner
@click.option("--shell", type=click.Choice(["bash", "fish"]), default="bash", show_default=True)
@click.option("-o", "--output", type=click.Choice(["shell", "json"]), default="shell", show_default=True)
def env(lab: Lab, learner: str, shell: str, output: str) -> None:
    """The variables that point AWS clients into the lab: eval "$(garrison lab env 2)"."""
    with spoken():
        attempt = room().running(lab, learner)
    if output == "json":
        _json(**hand_over(instance(), lab, attempt))
        return
    for line in environment_lines(instance(), attempt, shell):
        click.echo(line)


@lab.command()
@_which
@_learner
@_text_or_json
def check(lab: Lab, learner: str, output: str) -> None:
    """Try every step. Exit code 0 when all are done, 1 when some are not, 3 when it could not be seen."""
    with spoken():
        checked = room().check(lab, learner)
    if output == "json":
        _json(done=checked.done, **msgspec.to_builtins(checked))
    else:
        show_check(lab, checked)
    if not checked.done:
        raise SystemExit(1)


@lab.command()
@_which
@_learner
@click.option("--every", default=3.0, show_default=True, type=click.FloatRange(min=0.2), help="Seconds.")
@_text_or_json
def watch(lab: Lab, learner: str, every: float, output: str) -> None:
    """Check again and again, say what changed, and end when all is done. With -o json: a line for each change."""
    before: tuple[tuple[str, bool, str], ...] = ()
    while True:
        with spoken():
            checked = room().check(lab, learner)
        now = tuple((v.step, v.done, _RANDOM.sub("", v.message)) for v in checked.verdicts)
        if now != before:
            if output == "json":
                click.echo(json.dumps({"schema": SCHEMA, "done": checked.done, **msgspec.to_builtins(checked)}))
            else:
                click.echo(time.strftime("\n%H:%M:%S"))
                show_check(lab, checked, next_alone=True)
            before = now
        if checked.done:
            return
        time.sleep(every)


@lab.command()
@_which
@click.argument("step", required=False)
@_learner
def hint(lab: Lab, step: str | None, learner: str) -> None:
    """A hint for a step, else for the first that is not done; asked again, it tells more."""
    with spoken():
        here = room()
        attempt = here.running(lab, learner)
        if step is None:
            done = {said.step for said in attempt.said if said.done}
            still = next((one for one in lab.steps if one.id not in done), None)
            if still is None:
                click.echo(f"Lab {lab.number} is done: no step is open. A hint for one: garrison lab hint LAB STEP")
                return
            meant = still
        else:
            meant = _step(lab, step)
        text, left = here.hint(lab, learner, meant)
    click.echo(f"{meant.id}: {filled(text, attempt.facts)}")
    click.echo(f"{meant.term.name}: {meant.term.url}", err=True)
    if left:
        click.echo(f"There {'is one more' if left == 1 else f'are {left} more'}: ask again.", err=True)


@lab.command()
@_which
@_learner
def reset(lab: Lab, learner: str) -> None:
    """Throw the lab's accounts away and make new ones."""
    with spoken():
        room().reset(lab, learner)
    click.echo(f'Lab {lab.number} is as it was at the beginning: eval "$(garrison lab env {lab.number})"', err=True)


@lab.command()
@_which
@_learner
def stop(lab: Lab, learner: str) -> None:
    """Throw the lab's accounts away. What was reached is kept."""
    with spoken():
        room().stop(lab, learner)
    click.echo(f"Lab {lab.number} is stopped; its accounts are closed.", err=True)


@lab.command("progress")
@click.option("--learner", metavar="NAME", help="One learner alone; else everybody.")
@output_option()
def progress_(learner: str | None, output: str) -> None:
    """How far everybody is, as the last checks saw it."""
    rows = [_progress_row(one) for one in progress(instance().data, labs(), learner)]
    columns = ("learner", "lab", "state", "steps", "checks", "hints", "started", "finished", "next")
    print_rows(rows, columns, output, name="progress")


@lab.command()
@click.option("--learner", metavar="NAME", help="One learner alone; else everybody.")
@evidence_option
@output_option()
def record(learner: str | None, evidence: Path | None, output: str) -> None:
    """Sign what was finished, and keep it with the evidence: a training record that garrison evidence verify verifies.

    What is recorded already is not recorded again.
    """
    from garrison.labs.record import TRAINING, training

    with spoken_evidence():
        ledger = ledger_of(evidence)
        keys = ("learner", "lab", "finished")
        known = {tuple(r[k] for k in keys) for r in ledger.history() if r.get("type") == TRAINING}
        finished = training(progress(instance().data, labs(), learner), time.time())
        new = [one for one in finished if tuple(one[k] for k in keys) not in known]
        run = ledger.append(new, signer()).id if new else ""
    rows = [{**one, "run": run, "finished": _when(one["finished"]), "started": _when(one["started"])} for one in new]
    print_rows(rows, ("learner", "lab", "finished", "checks", "hints", "run"), output, name="recorded")


def _progress_row(one: Progress) -> dict[str, Any]:
    following = next((step for step in one.steps if not step.done), None)
    return {
        "learner": one.learner,
        "lab": one.number,
        "name": one.lab,
        "state": one.state,
        "running": one.running,
        "steps": f"{one.done}/{len(one.steps)}",
        "checks": one.checks,
        "hints": sum(step.hints for step in one.steps),
        "started": _when(one.started),
        "finished": _when(one.finished),
        "next": "" if following is None or not one.running else following.step,
        "accounts": sorted(one.accounts.values()),
    }


def _when(seconds: float | None) -> str:
    return "" if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _step(lab: Lab, id: str) -> Step:
    try:
        return lab.the_step(id)
    except KeyError:
        raise click.UsageError(f"Lab {lab.number} has no step {id}: {', '.join(s.id for s in lab.steps)}.") from None


def _told(step: Step, facts: dict[str, str]) -> dict[str, Any]:
    return {
        "step": step.id,
        "title": step.title,
        "task": filled(step.task, facts),
        "hints": len(step.hints),
        "term": step.term.name,
        "url": step.term.url,
    }


def _json(**fields: Any) -> None:
    click.echo(json.dumps({"schema": SCHEMA, **fields}, indent=2))
