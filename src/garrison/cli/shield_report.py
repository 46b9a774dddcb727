"""An attack as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def markdown(attack: Mapping[str, Any]) -> str:
    """`attack` is what `GET /_garrison/shield/attacks` has of one."""
    explained, detail = attack["explained"], attack["detail"]
    started, ended = attack["started"], attack["ended"]
    fast = explained.get("learning") == "fast"
    lines = [
        f"# Attack {attack['id']}",
        "",
        f"- Resource: `{attack['resource']}`",
        f"- Vectors: {', '.join(attack['vectors'])}",
        f"- Started: {_time(started)}, detected {explained['detected'] - started:.0f} s later",
        f"- Ended: {'it goes on' if ended is None else _time(ended)}",
        f"- Volume: up to {explained['peak']:g} requests/s where {explained['expected']:g}/s were normal;"
        f" {explained['offered']} requests in all, from about {explained['sources']} addresses",
        f"- Refused: {explained['refused']} of them",
    ]
    if explained.get("mitigated") is not None:
        lines.append(f"- First rule acted {explained['mitigated'] - started:.0f} s after the start")
    if fast:
        lines.append("- Learning was `fast`: the baseline is of seconds, for trials only")
    lines += ["", "## How it was noticed", ""]
    lines += ["The rate was far beyond what is normal, and", ""]
    lines += [f"- {name}: {_moved(name, far)}" for name, far in explained["moved"].items()]
    if "aggregation" in explained:
        members = [f"- `{_cell(arn)}`" for arn in explained["members"]]
        lines += ["", f"## The group ({explained['aggregation']} of its members' traffic)", "", *members]
    lines += ["", "## Who and what", ""]
    for one in detail.get("AttackProperties", ()):
        lines += [f"### {one['AttackPropertyIdentifier']}", "", "| | requests | share |", "|---|---|---|"]
        lines += [
            f"| {_cell(top['Name'])} | {top['Value']} | {top['Value'] / max(1, one['Total']):.1%} |"
            for top in one["TopContributors"]
        ]
        lines.append("")
    lines += ["## What was done", ""]
    history = explained.get("history", ())
    lines += [f"- {_time(one['time'])} `{one['rule']}` {one['became']}: {_cell(one['why'])}" for one in history]
    if "aggregation" in explained:
        lines.append("Attacks on a group are told of. What is done about them is done for the members, each by itself.")
    elif not history:
        lines.append("Nothing was found that separates the attack from normal traffic.")
    elif not detail.get("Mitigations"):
        lines += ["", "No rule acted in a web ACL: automatic response was not enabled, or it was over too soon."]
    told = explained.get("engagement", ())
    if told:
        lines += ["", "## Who was told", ""]
        lines += [f"- {_cell(one['to'])}: {one.get('state', '')} {one['outcome']}".rstrip() for one in told]
    return "\n".join(lines)


def _moved(name: str, far: float) -> str:
    """How the application did is told as it is; everything else as a distance."""
    if name == "time the application takes":
        return f"{far:.2f} s"
    return f"{far:.0%}" if name in ("errors of the application", "unhealthy targets") else f"{far:.2f} from normal"


def _cell(text: str) -> str:
    """What an attacker sent, harmless in Markdown."""
    kept = "".join([character if character.isprintable() else "?" for character in text])
    for character in "\\`*_[]<>|#":
        kept = kept.replace(character, "\\" + character)
    return kept


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
