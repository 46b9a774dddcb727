"""`garrison simulate`: what would be decided, and why, without anybody calling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli.instance import instance
from garrison.cli.output import SCHEMA, print_rows
from garrison.cli.source import export_option, spoken, world_from

if TYPE_CHECKING:
    from garrison.replay.world import World

_SCP = "Service control policy, as if attached to a root, unit or account; with --policy: one level each, root first."
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--principal", help="ARN of a user, role, role session or root user.")
@export_option
@click.option("--policy", "policies", type=_FILE, multiple=True, help="Identity policy FILE of a made-up user.")
@click.option("--boundary", type=_FILE, help="Permissions boundary FILE, with --policy.")
@click.option("--resource-policy", type=_FILE, help="Policy FILE of the resource.")
@click.option("--scp", "scps", multiple=True, metavar="FILE[@TARGET]", help=_SCP)
@click.option("--rcp", "rcps", multiple=True, metavar="FILE@TARGET", help="The same for resource control policies.")
@click.option("--change", "changes", multiple=True, metavar="CHANGE", help="As garrison replay takes it; repeatable.")
@click.option("--action", "actions", multiple=True, required=True, help="service:Action; repeatable.")
@click.option("--resource", "resources", multiple=True, default=("*",), help="ARN; repeatable.")
@click.option("--context", "context", multiple=True, metavar="KEY=VALUE", help="Condition key; repeat for more values.")
@click.option("--explain", "everything", is_flag=True, help="Show the whole tree, also of what is allowed.")
@click.option("-o", "--output", type=click.Choice(["text", "table", "json"]), default="text", show_default=True)
def simulate(
    principal: str | None,
    exports: tuple[Path, ...],
    policies: tuple[Path, ...],
    boundary: Path | None,
    resource_policy: Path | None,
    scps: tuple[str, ...],
    rcps: tuple[str, ...],
    changes: tuple[str, ...],
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    context: tuple[str, ...],
    everything: bool,
    output: str,
) -> None:
    """Decide actions on resources, as things are or as if policies were changed.

    For a principal of the running Garrison, of exported accounts (--export), or for policies in files (--policy).
    Exit code 1 when anything is denied.
    """
    if (principal is None) == (not policies):
        raise click.UsageError("Give --principal (of the running Garrison or --export), or --policy FILE.")
    if principal is not None and boundary:
        raise click.UsageError("--boundary goes with --policy; for others: --change boundary:POLICY@ARN.")
    for action in actions:
        if action.count(":") != 1:
            raise click.UsageError(f"{action!r} is not an action: it takes service:Action.")
    values = _context(context)
    supposed = [*(f"scp:{s}" for s in scps if principal), *(f"rcp:{r}" for r in rcps), *changes]
    if principal is not None and not (exports or supposed or resource_policy):
        answers = [_live(principal, action, resource, values) for action in actions for resource in resources]
    else:
        with spoken():
            if principal is None:
                from garrison.replay.scenarios import USER

                principal, world = USER, _made_up(policies, boundary, scps)
            else:
                world = world_from(exports)
            answers = _offline(world, principal, supposed, actions, resources, values, resource_policy)
    _print(answers, everything, output)
    if not all(a["explanation"]["allowed"] for a in answers):
        raise SystemExit(1)


def _print(answers: list[dict[str, Any]], everything: bool, output: str) -> None:
    if output == "json":
        decisions = [a["explanation"] for a in answers]
        click.echo(json.dumps({"schema": SCHEMA, "decisions": decisions}, indent=2))
        return
    if output == "table":
        rows = [_row(a["explanation"]) for a in answers]
        print_rows(rows, ("decision", "action", "resource", "code", "policy", "line"), "table", name="decisions")
        return
    for answer in answers:
        explanation = answer["explanation"]
        if everything or not explanation["allowed"]:
            click.echo(answer["text"])
        else:
            click.echo(f"ALLOWED  {explanation['action']} on {explanation['resource']} ({explanation['code']})")


def _row(explanation: dict[str, Any]) -> dict[str, Any]:
    decided = explanation["decided_by"] or {}
    return {
        "decision": "allowed" if explanation["allowed"] else "denied",
        "action": explanation["action"],
        "resource": explanation["resource"],
        "code": explanation["code"],
        "policy": decided.get("policy"),
        "line": decided.get("line"),
    }


def _context(given: tuple[str, ...]) -> dict[str, str | list[str]]:
    values: dict[str, str | list[str]] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise click.UsageError(f"--context takes KEY=VALUE, not {pair!r}.")
        key = key.lower()
        before = values.get(key)
        if before is None:
            values[key] = value
        else:
            values[key] = [*(before if isinstance(before, list) else [before]), value]
    return values


def _live(principal: str, action: str, resource: str, values: dict[str, str | list[str]]) -> dict[str, Any]:
    question = {"principal": principal, "action": action, "resource": resource, "context": values}
    answer: dict[str, Any] = instance().ask("POST", "/_garrison/simulate", question)
    return answer


def _made_up(policies: tuple[Path, ...], boundary: Path | None, scps: tuple[str, ...]) -> World:
    from garrison.replay.scenarios import world_of_policies

    return world_of_policies(
        {str(path): _read(path) for path in policies},
        _read(boundary) if boundary else None,
        [(given, _read(Path(given))) for given in scps],
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise click.UsageError(f"{path} cannot be read: {e}") from e


def _offline(
    world: World,
    principal: str,
    supposed: list[str],
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    values: dict[str, str | list[str]],
    resource_policy: Path | None,
) -> list[dict[str, Any]]:
    import msgspec

    from garrison.policy.render import render
    from garrison.replay.changes import apply, read_change
    from garrison.replay.decide import Asked, decide

    world = apply(world, [read_change(given) for given in supposed])
    of_resource = _read(resource_policy) if resource_policy else None
    answers = []
    for action in actions:
        for resource in resources:
            explanation = decide(world, Asked(principal, action, resource, values, resource_policy=of_resource))
            answers.append({"explanation": msgspec.to_builtins(explanation), "text": render(explanation)})
    return answers
