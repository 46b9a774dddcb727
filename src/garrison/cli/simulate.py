"""`garrison simulate`: what would be decided, and why, without anybody calling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from garrison.cli.instance import instance
from garrison.cli.output import SCHEMA

if TYPE_CHECKING:
    from garrison.policy.request import AttachedPolicy, PolicyType

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ACCOUNT = "123456789012"
"""Account of the user that offline simulations are about."""


@click.command()
@click.option("--principal", help="ARN of a user, role, role session or root user of the running Garrison.")
@click.option("--policy", "policies", type=_FILE, multiple=True, help="Identity policy FILE; needs no server.")
@click.option("--boundary", type=_FILE, help="Permissions boundary FILE, with --policy.")
@click.option("--resource-policy", type=_FILE, help="Policy FILE of the resource, with --policy.")
@click.option("--scp", "scps", type=_FILE, multiple=True, help="SCP FILE, one level each, root first.")
@click.option("--action", "actions", multiple=True, required=True, help="service:Action; repeatable.")
@click.option("--resource", "resources", multiple=True, default=("*",), help="ARN; repeatable.")
@click.option("--context", "context", multiple=True, metavar="KEY=VALUE", help="Condition key; repeat for more values.")
@click.option("--explain", "everything", is_flag=True, help="Show the whole tree, also of what is allowed.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def simulate(
    principal: str | None,
    policies: tuple[Path, ...],
    boundary: Path | None,
    resource_policy: Path | None,
    scps: tuple[Path, ...],
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    context: tuple[str, ...],
    everything: bool,
    output: str,
) -> None:
    """Decide actions on resources for a principal of the running Garrison, or for policies in files.

    Exit code 1 when anything is denied.
    """
    if (principal is None) == (not policies):
        raise click.UsageError("Give --principal (asks the running Garrison) or --policy FILE (needs no server).")
    if principal is not None and (boundary or resource_policy or scps):
        raise click.UsageError("--boundary, --resource-policy and --scp go with --policy.")
    values = _context(context)
    answers: list[dict[str, Any]] = []
    for action in actions:
        if action.count(":") != 1:
            raise click.UsageError(f"{action!r} is not an action: it takes service:Action.")
        for resource in resources:
            if principal is not None:
                question = {"principal": principal, "action": action, "resource": resource, "context": values}
                answers.append(instance().ask("POST", "/_garrison/simulate", question))
            else:
                answers.append(_offline(policies, boundary, resource_policy, scps, action, resource, values))
    if output == "json":
        decisions = [a["explanation"] for a in answers]
        click.echo(json.dumps({"schema": SCHEMA, "decisions": decisions}, indent=2))
    else:
        for answer in answers:
            explanation = answer["explanation"]
            if everything or not explanation["allowed"]:
                click.echo(answer["text"])
            else:
                click.echo(f"ALLOWED  {explanation['action']} on {explanation['resource']} ({explanation['code']})")
    if not all(a["explanation"]["allowed"] for a in answers):
        raise SystemExit(1)


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


def _offline(
    policies: tuple[Path, ...],
    boundary: Path | None,
    resource_policy: Path | None,
    scps: tuple[Path, ...],
    action: str,
    resource: str,
    values: dict[str, str | list[str]],
) -> dict[str, Any]:
    import msgspec

    from garrison.aws.arn import Arn
    from garrison.policy.explain import explain
    from garrison.policy.principal import User
    from garrison.policy.render import render
    from garrison.policy.request import ContextValue, PolicyType, Request, Stack

    arn = Arn.parse(resource)
    user = User(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/simulated", "AIDASIMULATED00000000")
    supplied: dict[str, ContextValue] = {
        "aws:principalarn": user.arn,
        "aws:principalaccount": ACCOUNT,
        "aws:principaltype": "User",
        "aws:userid": user.id,
        "aws:username": user.name,
    }
    question = Request(
        principal=user,
        action=action,
        resource=resource,
        resource_account=arn.account or ACCOUNT if arn else None,
        context=supplied | {k: v if isinstance(v, str) else tuple(v) for k, v in values.items()},
    )
    stack = Stack(
        identity=[_read(path, PolicyType.IDENTITY) for path in policies],
        boundary=_read(boundary, PolicyType.BOUNDARY) if boundary else None,
        scps=[[_read(path, PolicyType.SCP)] for path in scps] or None,
        resource=_read(resource_policy, PolicyType.RESOURCE) if resource_policy else None,
    )
    explanation = explain(question, stack)
    return {"explanation": msgspec.to_builtins(explanation), "text": render(explanation)}


def _read(path: Path, kind: PolicyType) -> AttachedPolicy:
    from garrison.policy.document import Document
    from garrison.policy.reader import PolicyError
    from garrison.policy.request import AttachedPolicy

    try:
        return AttachedPolicy(Document.parse(path.read_text(), kind), kind, str(path))
    except (PolicyError, UnicodeDecodeError) as e:
        raise click.UsageError(f"{path}: {e}") from e
