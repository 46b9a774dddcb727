"""`garrison waf`: web ACLs tried on requests, without a server; and what the running ones recorded."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import click

from garrison.cli.output import SCHEMA, print_rows
from garrison.cli.waf_logs import logs
from garrison.cli.waf_token import token

if TYPE_CHECKING:
    from garrison.waf import CompiledWebAcl, Resource
    from garrison.waf.explain import Matched
    from garrison.waf.trial.case import Case
    from garrison.waf.trial.run import Result

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_REQUESTS = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_RESOURCES = ("ALB", "CLOUDFRONT", "API_GATEWAY", "APPSYNC", "COGNITO_USER_POOL", "APP_RUNNER_SERVICE")
_LONGEST = 120


@click.group()
def waf() -> None:
    """Web application firewall: try web ACLs and rules on requests, and see what came."""


waf.add_command(logs)
waf.add_command(token)


@waf.command()
@click.argument("requests", nargs=-1, type=_REQUESTS)
@click.option("--web-acl", "-a", "acl", type=_FILE, required=True, help="Web ACL, rules or one rule, as JSON.")
@click.option("--references", "-r", type=_FILE, multiple=True, help="IP sets, regex pattern sets, rule groups as JSON.")
@click.option("--curl", "-c", "commands", multiple=True, help="A request as a curl command line; repeatable.")
@click.option("--expect", help="What is expected of requests that do not say: ACTION, or ACTION by RULE.")
@click.option("--source-ip", help="Address requests come from, where they do not say.")
@click.option("--resource", type=click.Choice(_RESOURCES), default="ALB", show_default=True, help="What is protected.")
@click.option(
    "--search-strings",
    type=click.Choice(["auto", "base64", "text"]),
    default="auto",
    show_default=True,
    help="How SearchString is written: base64, as the API has it, if all of them are.",
)
@click.option("--min-blocked", type=click.FloatRange(0, 100), help="Percentage of attacks that have to be blocked.")
@click.option("--max-blocked", type=click.FloatRange(0, 100), help="Percentage of benign requests that may be blocked.")
@click.option("--failed", is_flag=True, help="Show only what is not as expected.")
@click.option(
    "-o", "--output", type=click.Choice(["table", "json", "jsonl", "junit"]), default="table", show_default=True
)
def test(
    requests: tuple[Path, ...],
    acl: Path,
    references: tuple[Path, ...],
    commands: tuple[str, ...],
    expect: str | None,
    source_ip: str | None,
    resource: str,
    search_strings: str,
    min_blocked: float | None,
    max_blocked: float | None,
    failed: bool,
    output: str,
) -> None:
    """Try requests on a web ACL: verdict, rule, matched bytes, labels, and the WCU of it all.

    REQUESTS are files of curl command lines, HAR files (.har) and JSON lines (.jsonl), or - for standard input. A line
    `# expect: block by RULE` before a curl command, `"expect"` in a JSON line, or `expect: ...` as the comment of a HAR
    entry says what is to become of a request. Requests labelled attack or benign are expected to be blocked and
    allowed, unless --min-blocked and --max-blocked ask for less.

    Exit code 1 when something is not as expected.
    """
    import time

    from garrison.aws.errors import AwsError
    from garrison.waf import Resource, State
    from garrison.waf.capacity import web_acl_capacity
    from garrison.waf.documents import NotAWebAcl
    from garrison.waf.errors import MissingExtra
    from garrison.waf.trial.case import NotUnderstood
    from garrison.waf.trial.run import run

    kind = "APPLICATION_LOAD_BALANCER" if resource == "ALB" else resource
    thresholds = min_blocked is not None or max_blocked is not None
    try:
        compiled, known = _compiled(acl, references, search_strings)
        cases = list(_cases(requests, commands, Resource(kind), source_ip, expect))
        wcu = web_acl_capacity(compiled.document, known.get)
        results = list(run(compiled, cases, State(), time.time()))
    except (NotAWebAcl, NotUnderstood) as e:
        raise click.UsageError(str(e)) from e
    except AwsError as e:
        raise click.UsageError(f"{acl}: {e.code}: {e.message}") from e
    except MissingExtra as e:
        raise click.ClickException(str(e)) from e
    if not results:
        raise click.UsageError("Give requests to try: files of them, or --curl.")
    rates = {label: _rate(results, label) for label in ("attack", "benign")} if thresholds else {}
    shown = [r for r in results if not (failed and r.passed)]
    _print(shown, results, wcu, rates, output)
    if thresholds:
        attacks, benign = rates["attack"], rates["benign"]
        low = min_blocked is not None and attacks is not None and attacks < min_blocked
        if low or (max_blocked is not None and benign is not None and benign > max_blocked):
            raise SystemExit(1)
    elif not all(result.passed for result in results):
        raise SystemExit(1)


def _compiled(
    acl: Path, references: tuple[Path, ...], search_strings: str
) -> tuple[CompiledWebAcl, dict[str, dict[str, Any]]]:
    """The web ACL of a file, and what it refers to by ARN."""
    import platformdirs

    from garrison.waf import compile_web_acl
    from garrison.waf.blobs import Directory
    from garrison.waf.documents import parse, read_web_acl
    from garrison.waf.trial.references import references as read_references

    known: dict[str, dict[str, Any]] = {}
    for file in references:
        known |= read_references(_text(file), str(file))
    document = read_web_acl(parse(_text(acl)), search_strings)  # type: ignore[arg-type]
    blobs = Directory(platformdirs.user_cache_path("garrison") / "waf")
    return compile_web_acl(document, known.get, blobs=blobs), known


def _cases(
    requests: tuple[Path, ...], commands: tuple[str, ...], resource: Resource, source_ip: str | None, expect: str | None
) -> Iterator[Case]:
    import msgspec

    from garrison.waf.trial.case import expectation

    default = expectation(expect) if expect else None
    for case in _read(requests, commands, resource):
        request = case.request
        if source_ip and request.source_ip == "127.0.0.1":
            request = msgspec.structs.replace(request, source_ip=source_ip)
        yield msgspec.structs.replace(case, request=request, expected=case.expected or default)


def _read(requests: tuple[Path, ...], commands: tuple[str, ...], resource: Resource) -> Iterator[Case]:
    from garrison.waf.trial import curl, har, jsonl
    from garrison.waf.trial.case import NotUnderstood

    def read(name: str) -> bytes:
        try:
            return Path(name).read_bytes()
        except OSError as e:
            raise NotUnderstood(f"{name} cannot be read: {e.strerror}") from e

    for file in requests:
        text, where = _text(file), "standard input" if str(file) == "-" else str(file)
        start = text.lstrip()[:1]
        if file.suffix == ".har" or (start == "{" and '"log"' in text[:2000] and '"entries"' in text):
            yield from har.cases(text, where, resource)
        elif file.suffix in (".jsonl", ".ndjson") or start == "{":
            yield from jsonl.cases(text, where, resource)
        else:
            yield from curl.cases(text, where, resource, read)
    for number, command in enumerate(commands, 1):
        yield from curl.cases(command, f"--curl {number}", resource, read)


def _text(file: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as e:
        raise click.UsageError(f"{file} cannot be read: {e.strerror}") from e
    return data.decode("utf-8", "surrogateescape")


def _rate(results: list[Result], label: str) -> float | None:
    """Percentage of blocked among those expected to be blocked (attack) or allowed (benign)."""
    wanted = "BLOCK" if label == "attack" else "ALLOW"
    own = [r for r in results if r.case.expected is not None and r.case.expected.action == wanted]
    return 100 * sum(r.verdict.blocked for r in own) / len(own) if own else None


def _print(shown: list[Result], results: list[Result], wcu: int, rates: dict[str, float | None], output: str) -> None:
    if output == "junit":
        click.echo(_junit(results))
        return
    if output == "json":
        document: dict[str, Any] = {"schema": SCHEMA, "wcu": wcu, **_counts(results)}
        document |= {f"{label}_blocked_percent": rate for label, rate in rates.items()}
        click.echo(json.dumps({**document, "results": [_row(r) for r in shown]}, indent=2))
        return
    if output == "jsonl":
        print_rows([_row(r) for r in shown], (), "jsonl", name="results")
        return
    rows = [_table_row(r) for r in shown]
    columns = ["request", "verdict", "rule", "matched", "labels"]
    if any(r.case.expected is not None for r in shown):
        columns.append("expected")
    if rows:
        print_rows(rows, columns, "table", name="results")
    counts = _counts(results)
    summary = f"{counts['passed']} as expected, {counts['failed']} not; " if counts["passed"] + counts["failed"] else ""
    blocked = sum(r.verdict.blocked for r in results)
    click.echo(f"{len(results)} requests, {blocked} blocked; {summary}{wcu} WCU", err=True)
    for label, rate in rates.items():
        if rate is not None:
            click.echo(f"{label}: {rate:.1f} % blocked", err=True)


def _counts(results: list[Result]) -> dict[str, int]:
    expected = [r for r in results if r.case.expected is not None]
    return {
        "requests": len(results),
        "passed": sum(r.passed for r in expected),
        "failed": sum(not r.passed for r in expected),
    }


def _row(result: Result) -> dict[str, Any]:
    import msgspec

    verdict, case = result.verdict, result.case
    return {
        "name": case.name,
        "method": case.request.method,
        "target": case.request.target.decode("utf-8", "backslashreplace"),
        "action": verdict.action,
        "rule": verdict.rule,
        "rule_in_group": verdict.decided_by.rule if verdict.decided_by else None,
        "status": verdict.response.status if verdict.response else None,
        "matched": [msgspec.to_builtins(m) for m in result.matched],
        "labels": list(verdict.labels),
        "oversize": list(verdict.oversize),
        "insert_headers": [list(header) for header in verdict.insert_headers],
        "expected": str(case.expected) if case.expected else None,
        "passed": result.passed if case.expected else None,
    }


def _table_row(result: Result) -> dict[str, Any]:
    from garrison.waf.explain import shown

    request = result.case.request
    mark = "" if result.passed else "  <- NOT MET"
    return {
        "request": _short(f"{request.method} {shown(request.target)}"),
        "verdict": result.verdict.action,
        "rule": result.decided_by,
        "matched": "\n".join(_places(m) for m in result.matched),
        "labels": "\n".join(result.verdict.labels),
        "expected": f"{result.case.expected}{mark}" if result.case.expected else "",
    }


def _places(matched: Matched) -> str:
    name = matched.inner or matched.rule
    counted = "" if matched.terminating else f"{name} ({matched.action.lower()}): "
    places = []
    for place in matched.places:
        where = f"{place.location} {place.name}".strip()
        places.append(f"{where}: {' '.join(place.data)}" if place.data else where)
    return _short(counted + ", ".join(places))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _junit(results: list[Result]) -> str:
    failures = sum(not r.passed for r in results)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites><testsuite name="garrison waf test" tests="{len(results)}" failures="{failures}" errors="0">',
    ]
    for result in results:
        row = _table_row(result)
        head = f"  <testcase classname={quoteattr(result.case.name)} name={quoteattr(row['request'])}"
        if result.passed:
            lines.append(head + "/>")
            continue
        message = f"expected {result.case.expected}, got {result.verdict.action} by {result.decided_by}"
        lines.append(f"{head}><failure message={quoteattr(message)}>{escape(row['matched'])}</failure></testcase>")
    return "\n".join([*lines, "</testsuite></testsuites>"])
