"""The WAF engine as a library: time to inspect a request, against the number of rules and the size of the body.

    python -m bench.waf [FILE.jsonl ...]

The peer on the same requests in the same run is each rule asked by itself with Python's `re`, which is how a list of
rules is usually run in Python. Times are CPU time of this process, the best of several rounds. Beside ModSecurity and
its Core Rule Set the engine is measured over HTTP, where the data plane is.

With FILEs of requests (JSON lines, as `garrison waf test` takes them) the web ACL with seven managed rule groups is
measured on those too.
"""

from __future__ import annotations

import json
import random
import re
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from garrison.waf import CompiledWebAcl, Request, Resource, State, compile_web_acl, scan
from garrison.waf.documents import completed, read_web_acl
from garrison.waf.managed import find
from garrison.waf.trial import jsonl

ROUNDS = 5
COUNTS = (10, 100, 1000)
BODIES = (0, 1024, 8192)
GROUPS = (
    "CommonRuleSet",
    "KnownBadInputsRuleSet",
    "SQLiRuleSet",
    "LinuxRuleSet",
    "UnixRuleSet",
    "WindowsRuleSet",
    "PHPRuleSet",
)
NONE = [{"Priority": 0, "Type": "NONE"}]
DECODED = [{"Priority": 0, "Type": "URL_DECODE"}, {"Priority": 1, "Type": "LOWERCASE"}]
WORDS = ("union", "passwd", "script", "select", "eval", "exec", "shell", "jndi", "onload", "dropper")


def rules(count: int) -> list[dict[str, Any]]:
    """Rules as people have them: texts in paths and arguments, expressions over headers and bodies, sizes."""
    made: list[dict[str, Any]] = []
    for index in range(count):
        word = f"{WORDS[index % len(WORDS)]}{index}"
        fields: tuple[dict[str, Any], ...] = (
            {"UriPath": {}},
            {"AllQueryArguments": {}},
            {"SingleHeader": {"Name": "user-agent"}},
            {"Body": {}},
        )
        field = fields[index % 4]
        if index % 3 == 0:
            statement = {"RegexMatchStatement": {"RegexString": rf"\b{word}\s*[(=]", **_on(field, DECODED)}}
        else:
            position = "STARTS_WITH" if "UriPath" in field else "CONTAINS"
            text = b"/" + word.encode() if "UriPath" in field else word.encode()
            match = {"SearchString": text, "PositionalConstraint": position}
            statement = {"ByteMatchStatement": {**match, **_on(field, DECODED if index % 2 else NONE)}}
        made.append({"Name": f"r{index}", "Priority": index, "Action": {"Block": {}}, "Statement": statement})
    return made


def _on(field: dict[str, Any], transformations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"FieldToMatch": field, "TextTransformations": transformations}


def requests(count: int, body: int) -> list[Request]:
    """Benign requests of a shop: no two alike."""
    source = random.Random(7)
    made = []
    for number in range(count):
        letters = "".join(source.choices("abcdefghijklmnopqrstuvwxyz      ", k=body))
        text = json.dumps({"comment": letters[: max(0, body - 16)]}) if body else ""
        made.append(
            Request(
                method="POST" if body else "GET",
                target=f"/shop/item/{source.randrange(10**6)}?page={number}&sort=price+asc&q=blue%20shirt".encode(),
                headers=(
                    (b"Host", b"shop.example.com"),
                    (b"User-Agent", b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"),
                    (b"Accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
                    (b"Accept-Language", b"en-GB,en;q=0.5"),
                    (b"Accept-Encoding", b"gzip, deflate, br"),
                    (b"Cookie", f"session={source.randrange(10**12):x}; theme=dark; cart={number}".encode()),
                    (b"Content-Type", b"application/json"),
                ),
                body=text.encode(),
                source_ip=f"198.51.{number % 100}.7",
            )
        )
    return made


def by_themselves(document: dict[str, Any]) -> Callable[[Request], bool]:
    """The same rules, each asked by itself with `re`."""
    tests: list[Callable[[Request], bool]] = []
    for rule in document["Rules"]:
        ((kind, params),) = rule["Statement"].items()
        if kind == "RegexMatchStatement":
            pattern = re.compile(params["RegexString"].encode())
        else:
            start = rb"\A" if params["PositionalConstraint"] == "STARTS_WITH" else b""
            pattern = re.compile(start + re.escape(bytes(params["SearchString"])))
        tests.append(_alone(next(iter(params["FieldToMatch"])), pattern, len(params["TextTransformations"]) > 1))
    return lambda request: any(test(request) for test in tests)


def _alone(field: str, pattern: re.Pattern[bytes], decoded: bool) -> Callable[[Request], bool]:
    from garrison.waf.transformations import url_decode

    def values(request: Request) -> Sequence[bytes]:
        path, _, query = request.target.partition(b"?")
        if field == "UriPath":
            return (path,)
        if field == "AllQueryArguments":
            return [part.partition(b"=")[2] for part in query.split(b"&")]
        if field == "SingleHeader":
            return (request.header(b"user-agent") or b"",)
        return (request.body,)

    def test(request: Request) -> bool:
        return any(
            pattern.search(url_decode.transform(value).lower() if decoded else value) for value in values(request)
        )

    return test


def microseconds(inspect: Callable[[Request], object], many: Sequence[Request]) -> list[float]:
    """CPU time for each request, the best of several rounds."""
    best = [float("inf")] * len(many)
    for _ in range(ROUNDS):
        for index, request in enumerate(many):
            started = time.process_time_ns()
            inspect(request)
            best[index] = min(best[index], (time.process_time_ns() - started) / 1000)
    return best


def inspector(acl: CompiledWebAcl) -> Callable[[Request], object]:
    """Inspection with counters of its own."""
    state = State()
    return lambda request: acl.inspect(request, state, 1e9)


def told(times: Sequence[float]) -> str:
    """Mean and percentiles."""
    ordered = sorted(times)
    return (
        f"mean {statistics.mean(times):7.1f} us  p50 {ordered[len(ordered) // 2]:7.1f}  "
        f"p99 {ordered[int(len(ordered) * 0.99)]:7.1f}"
    )


def compiled(document: dict[str, Any]) -> tuple[CompiledWebAcl, float]:
    """A web ACL, and the seconds it took to compile anew."""
    scan.forget()
    ready = read_web_acl(completed(document))
    started = time.process_time()
    return compile_web_acl(ready), time.process_time() - started


def custom_rules() -> None:
    """Time against the number of rules and the size of the body."""
    for count in COUNTS:
        document = read_web_acl(completed({"DefaultAction": {"Allow": {}}, "Rules": rules(count)}))
        before = _memory()
        acl, seconds = compiled(document)
        print(
            f"{count:5} rules: compiled in {seconds:.2f} s, {acl.scan_bytes / 1024:.0f} KiB of scan databases, "
            f"{_memory() - before:.1f} MiB more"
        )
        for body in BODIES:
            many = requests(100 if count < 1000 else 30, body)
            ours = microseconds(inspector(acl), many)
            theirs = microseconds(by_themselves(document), many[:20])
            ratio = statistics.mean(theirs) / statistics.mean(ours)
            print(f"      body {body:5} B: {told(ours)}   {ratio:6.1f} x as fast as each rule by itself with re")


def managed_groups(files: Sequence[str]) -> None:
    """Seven managed groups, on benign requests and on those of files."""
    names = [name for name in GROUPS if find("AWS", f"AWSManagedRules{name}") is not None]
    if len(names) < len(GROUPS):
        print(f"Managed groups: {', '.join(sorted(set(GROUPS) - set(names)))} are not there.")
        return
    group = [
        {
            "Name": name,
            "OverrideAction": {"None": {}},
            "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": f"AWSManagedRules{name}"}},
        }
        for name in names
    ]
    before = _memory()
    acl, seconds = compiled({"DefaultAction": {"Allow": {}}, "Rules": group})
    print(f"Seven managed groups: compiled in {seconds:.1f} s, {_memory() - before:.0f} MiB more")
    for body in BODIES:
        print(f"      body {body:5} B: {told(microseconds(inspector(acl), requests(200, body)))}")
    for file in files:
        text = Path(file).read_text(encoding="utf-8", errors="surrogateescape")
        many = [case.request for case in jsonl.cases(text, file, Resource())]
        print(f"      {Path(file).name:24} {told(microseconds(inspector(acl), many))}  ({len(many)} requests)")


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(files: Sequence[str] = ()) -> None:
    """Measure and print."""
    custom_rules()
    managed_groups(files)


if __name__ == "__main__":
    main(sys.argv[1:])
