"""Labelled requests against the managed rule groups: how many attacks are blocked, and how many benign requests.

    python -m scripts.score_waf DIRECTORY                        through the library
    python -m scripts.score_waf DIRECTORY --url http://HOST:PORT through Envoy, or what listens there
    ... --show-missed FILE    write the wrongly judged requests there
    ... --without RULE        count that rule instead of acting on it; may be repeated
    ... --groups A,B          other groups than the seven of the accuracy figure

Each line of a *.jsonl file is one request: `label` (attack or benign), `method`, `target`, `headers` ([[name, value]]),
`body_b64`, and optionally `category`. Through the library the rules that blocked are counted too.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

GROUPS = (
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesLinuxRuleSet",
    "AWSManagedRulesUnixRuleSet",
    "AWSManagedRulesWindowsRuleSet",
    "AWSManagedRulesPHPRuleSet",
)

_BLOCKED = frozenset({403, 405, 202})
_FRAMING = frozenset({"connection", "content-length", "transfer-encoding", "expect"})

Row = dict[str, Any]


class Judged(NamedTuple):
    """What became of one request."""

    blocked: bool
    rule: str = ""


def web_acl(groups: tuple[str, ...], without: tuple[str, ...]) -> dict[str, Any]:
    """A web ACL that allows by default and refers to the groups, with some of their rules counted."""
    visibility = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False}
    rules = []
    for priority, name in enumerate(groups):
        statement: dict[str, Any] = {"VendorName": "AWS", "Name": name}
        if without:
            statement["RuleActionOverrides"] = [{"Name": rule, "ActionToUse": {"Count": {}}} for rule in without]
        rules.append(
            {
                "Name": name,
                "Priority": priority,
                "Statement": {"ManagedRuleGroupStatement": statement},
                "OverrideAction": {"None": {}},
                "VisibilityConfig": {**visibility, "MetricName": name},
            }
        )
    return {
        "Name": "score",
        "Id": "00000000-0000-4000-8000-000000000000",
        "ARN": "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/score/00000000-0000-4000-8000-000000000000",
        "DefaultAction": {"Allow": {}},
        "Rules": rules,
        "VisibilityConfig": {**visibility, "MetricName": "score"},
    }


def through_library(groups: tuple[str, ...], without: tuple[str, ...]) -> Callable[[list[Row]], list[Judged]]:
    """A judge that inspects in this process."""
    from garrison.waf import Request, State, compile_web_acl

    acl, state = compile_web_acl(web_acl(groups, without)), State()

    def request(row: Row) -> Request:
        return Request(
            method=row["method"],
            target=row["target"].encode("latin-1", "replace"),
            headers=tuple(
                (k.encode("latin-1", "replace"), v.encode("utf-8", "surrogateescape")) for k, v in row["headers"]
            ),
            body=base64.b64decode(row["body_b64"]),
        )

    def judge(rows: list[Row]) -> list[Judged]:
        judged = []
        for row in rows:
            verdict = acl.inspect(request(row), state, 0.0)
            by = verdict.decided_by
            judged.append(Judged(verdict.blocked, by.rule if by else verdict.rule if verdict.blocked else ""))
        return judged

    judge([{"method": "GET", "target": "/", "headers": [], "body_b64": ""}])
    return judge


def through_url(url: str) -> Callable[[list[Row]], list[Judged]]:
    """A judge that sends each request, byte for byte, to an HTTP server: 403, 405 and 202 mean blocked."""
    address = urllib.parse.urlsplit(url)
    host, port = address.hostname or "127.0.0.1", address.port or 80

    def judge(rows: list[Row]) -> list[Judged]:
        statuses = asyncio.run(_send_all(host, port, rows))
        broken = sum(status < 0 or status >= 500 for status in statuses)
        if broken:
            print(f"  {broken} requests without an answer, or answered 5xx")
        return [Judged(status in _BLOCKED) for status in statuses]

    return judge


async def _send_all(host: str, port: int, rows: list[Row]) -> list[int]:
    statuses = [-1] * len(rows)
    queue = list(enumerate(rows))

    async def worker() -> None:
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while queue:
            index, row = queue.pop()
            for _ in range(2):  # once more on a fresh connection
                try:
                    if connection is None:
                        connection = await asyncio.open_connection(host, port, limit=2**20)
                    connection[1].write(_encoded(row))
                    await connection[1].drain()
                    statuses[index], keep = await _status(connection[0], row["method"] == "HEAD")
                    if not keep:
                        connection[1].close()
                        connection = None
                    break
                except (OSError, ValueError, IndexError, EOFError, TimeoutError):
                    if connection is not None:
                        connection[1].close()
                    connection = None
        if connection is not None:
            connection[1].close()

    await asyncio.gather(*(worker() for _ in range(8)))
    return statuses


def _encoded(row: Row) -> bytes:
    body = base64.b64decode(row["body_b64"])
    headers = [(k, v) for k, v in row["headers"] if k.lower() not in _FRAMING]
    if not any(k.lower() == "host" for k, _ in headers):
        headers.insert(0, ("Host", "localhost"))
    if body or row["method"] in {"POST", "PUT", "PATCH"}:
        headers.append(("Content-Length", str(len(body))))
    lines = [f"{row['method']} {row['target']} HTTP/1.1".encode("latin-1", "replace")]
    lines += [k.encode("latin-1", "replace") + b": " + v.encode("utf-8", "surrogateescape") for k, v in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def _status(reader: asyncio.StreamReader, head: bool) -> tuple[int, bool]:
    status = int((await asyncio.wait_for(reader.readline(), 10)).split()[1])
    length, chunked, keep = 0, False, True
    while (line := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").lower().partition(":")
        if name == "content-length":
            length = int(value)
        elif name == "transfer-encoding":
            chunked = "chunked" in value
        elif name == "connection":
            keep = "close" not in value
    if head or status in (204, 304):
        return status, keep
    if chunked:
        while size := int((await reader.readline()).strip() or b"0", 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    elif length:
        await reader.readexactly(length)
    return status, keep


def files(directory: Path) -> Iterator[tuple[str, list[Row]]]:
    """Name and requests of each *.jsonl file."""
    for path in sorted(directory.glob("*.jsonl")):
        with path.open() as lines:
            yield path.stem, [json.loads(line) for line in lines]


def main() -> None:
    """Judge, and print the rates per file, per rule and in all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--url")
    parser.add_argument("--show-missed", type=Path)
    parser.add_argument("--without", action="append", default=[], metavar="RULE")
    parser.add_argument("--groups", default=",".join(GROUPS))
    parser.add_argument("--categories", action="store_true", help="per category of each file too")
    args = parser.parse_args()
    if args.url:
        judge = through_url(args.url)
    else:
        judge = through_library(tuple(args.groups.split(",")), tuple(args.without))
    totals = {"attack": [0, 0], "benign": [0, 0]}
    rules: dict[str, Counter[str]] = {"attack": Counter(), "benign": Counter()}
    missed: list[Row] = []
    seconds, requests = 0.0, 0
    for name, rows in files(args.directory):
        started = time.perf_counter()
        judged = judge(rows)
        took = time.perf_counter() - started
        seconds, requests = seconds + took, requests + len(rows)
        blocked = sum(verdict.blocked for verdict in judged)
        by_category: dict[str, list[int]] = {}
        for row, verdict in zip(rows, judged, strict=True):
            label = row["label"]
            totals[label][0] += verdict.blocked
            totals[label][1] += 1
            counted = by_category.setdefault(row.get("category", "-"), [0, 0])
            counted[0] += verdict.blocked
            counted[1] += 1
            if verdict.rule:
                rules[label][verdict.rule] += 1
            if verdict.blocked != (label == "attack"):
                missed.append(row)
        print(
            f"{name:24} n={len(rows):6}  blocked {blocked:6} = {100 * blocked / max(1, len(rows)):6.2f} %"
            f"  {1e6 * took / max(1, len(rows)):8.0f} us/request"
        )
        if args.categories:
            print("".join(f"    {category}: {hit}/{n}\n" for category, (hit, n) in sorted(by_category.items())), end="")
    for label, (hit, n) in totals.items():
        if n:
            print(f"{label}: {hit} of {n} blocked = {100 * hit / n:.2f} %")
        for rule, count in rules[label].most_common():
            print(f"    {rule:44} {count:6}")
    if requests:
        print(f"mean {1e6 * seconds / requests:.0f} us/request")
    if args.show_missed:
        args.show_missed.write_text("".join(json.dumps(row) + "\n" for row in missed))


if __name__ == "__main__":
    main()
