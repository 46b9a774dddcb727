"""`garrison waf logs`: what web ACLs with a logging configuration recorded of requests."""

from __future__ import annotations

import heapq
import json
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from garrison.cli.instance import instance

_EVERY = 0.3


@click.command()
@click.option("--follow", "-f", is_flag=True, help="Go on with the requests that come.")
@click.option("--last", type=click.IntRange(0), default=20, show_default=True, help="Records to begin with.")
@click.option("--web-acl", "-a", "web_acl", help="Only those of the web ACL of this name.")
@click.option("--action", type=click.Choice(["ALLOW", "BLOCK", "CAPTCHA", "CHALLENGE"]), help="Only those it ended so.")
@click.option("-o", "--output", type=click.Choice(["text", "jsonl"]), default="text", show_default=True)
def logs(follow: bool, last: int, web_acl: str | None, action: str | None, output: str) -> None:
    """Print the log records of web ACLs, oldest first, in AWS WAF's own format with -o jsonl.

    Recorded is what goes through web ACLs with a logging configuration (aws wafv2 put-logging-configuration).
    """
    from garrison.edge.delivery import FOLDER

    folder = instance().data / FOLDER
    at: dict[Path, int] = {}
    for record in _last(folder, at, last, web_acl, action):
        _print(record, output)
    if not at and not follow:
        click.echo("Nothing was recorded. Web ACLs are with aws wafv2 put-logging-configuration.", err=True)
    while follow:
        for path in _files(folder):
            for record in _lines(path, at):
                if _wanted(record, web_acl, action):
                    _print(record, output)
        time.sleep(_EVERY)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.jsonl"))


def _last(
    folder: Path, at: dict[Path, int], number: int, web_acl: str | None, action: str | None
) -> list[dict[str, Any]]:
    """The last records of all files, by time. `at`: where reading goes on."""
    kept: list[deque[dict[str, Any]]] = []
    for path in _files(folder):
        found: deque[dict[str, Any]] = deque(maxlen=number)
        found.extend(record for record in _lines(path, at) if _wanted(record, web_acl, action))
        kept.append(found)
    return list(heapq.merge(*kept, key=lambda record: record["timestamp"]))[-number:] if number else []


def _lines(path: Path, at: dict[Path, int]) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        file.seek(at.get(path, 0))
        for line in file:
            if not line.endswith(b"\n"):
                break  # the rest of it is still to come
            at[path] = at.get(path, 0) + len(line)
            yield json.loads(line)


def _wanted(record: dict[str, Any], web_acl: str | None, action: str | None) -> bool:
    if action is not None and record["action"] != action:
        return False
    return web_acl is None or record["webaclId"].split("/")[-2:-1] == [web_acl]


def _print(record: dict[str, Any], output: str) -> None:
    if output == "jsonl":
        click.echo(json.dumps(record))
        return
    asked = record["httpRequest"]
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record["timestamp"] / 1000))
    action = record["action"]
    shown = click.style(action, fg="red") if action != "ALLOW" else action
    target = asked["uri"] + (f"?{asked['args']}" if asked["args"] else "")
    inside = next(
        (group["terminatingRule"]["ruleId"] for group in record["ruleGroupList"] if group["terminatingRule"]), ""
    )
    rule = record["terminatingRuleId"] + (f" ({inside})" if inside else "")
    click.echo(f"{when}  {shown}  {rule}  {asked['clientIp']}  {asked['httpMethod']} {json.dumps(target)[1:-1]}")
