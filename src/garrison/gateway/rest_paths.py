"""Finding the REST operation that a method, a path and a query string name.

Templates of one service and method form a tree of path segments. All templates that fit are gathered and the most
specific wins: literal segments before labels before greedy labels, from the left; then more query literals; then the
operation whose required query parameters and headers are all there; then the one that requires more of them. The last
two tell `UploadPart` from `PutObject`, which share a path. (Smithy HTTP bindings, "Specificity routing"; the last two
rules are ours.)
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from garrison.aws.service_index import Rest, index
from garrison.gateway.form import decode_fields

_IGNORED_LITERAL = "x-id="
"""JavaScript clients' name of the operation; others do not send it."""


class _Binding(NamedTuple):
    rest: Rest
    labels: tuple[str | None, ...]
    """Label name of each segment, None for literals; of the greedy one without its `+`."""
    suffix: tuple[str, ...]
    """Segments after a greedy label."""
    literals: tuple[tuple[str, str], ...]
    specificity: tuple[int, ...]


class _Node:
    __slots__ = ("children", "ends", "greedy", "label")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.label: _Node | None = None
        self.greedy: list[_Binding] = []
        self.ends: list[_Binding] = []


class Match(NamedTuple):
    """A binding that fits a request."""

    score: tuple[tuple[int, ...], int, bool, int]
    operation: str
    labels: dict[str, str]


def match(service: str, method: str, path: str, query: str, headers: tuple[tuple[str, str], ...]) -> Match | None:
    """The operation of `service` that fits best, or None."""
    root = _router(service).get(method)
    if root is None:
        return None
    segments = path[1:].split("/")
    found: list[tuple[_Binding, list[str]]] = []
    _walk(root, segments, 0, [], found)
    if not found:
        return None
    fields = decode_fields(query) if query else {}
    names = {name for name, _ in headers}
    best: Match | None = None
    for binding, values in found:
        if not all(fields.get(name) == value for name, value in binding.literals):
            continue
        rest = binding.rest
        complete = all(q in fields for q in rest.query) and names.issuperset(rest.headers)
        score = (binding.specificity, len(binding.literals), complete, len(rest.query) + len(rest.headers))
        if best is None or score > best.score:
            best = Match(score, rest.operation, _labels(binding, values))
    return best


def _labels(binding: _Binding, values: list[str]) -> dict[str, str]:
    return {n: unquote(v) for n, v in zip(binding.labels, values, strict=True) if n is not None}


def _walk(
    node: _Node, segments: list[str], at: int, values: list[str], found: list[tuple[_Binding, list[str]]]
) -> None:
    rest = len(segments) - at
    if rest == 0 or (rest == 1 and segments[at] == ""):
        # A trailing slash changes nothing; an empty greedy label does not exist.
        found.extend((binding, values) for binding in node.ends)
        return
    for binding in node.greedy:
        tail = len(binding.suffix)
        if rest > tail and _fits(binding.suffix, segments[len(segments) - tail :]):
            key = "/".join(segments[at : len(segments) - tail])
            found.append((binding, [*values, key, *segments[len(segments) - tail :]]))
    segment = segments[at]
    child = node.children.get(segment)
    if child is None and "%" in segment:
        child = node.children.get(unquote(segment))
    if child is not None:
        _walk(child, segments, at + 1, [*values, segment], found)
    if node.label is not None and segment:
        _walk(node.label, segments, at + 1, [*values, segment], found)


def _fits(suffix: tuple[str, ...], segments: list[str]) -> bool:
    return all(t == s or (t[0] == "{" and s) for t, s in zip(suffix, segments, strict=True))


@lru_cache(maxsize=512)
def _router(service: str) -> dict[str, _Node]:
    roots: dict[str, _Node] = {}
    for rest in index().services[service].bindings():
        _add(roots.setdefault(rest.method, _Node()), rest)
    return roots


def _add(node: _Node, rest: Rest) -> None:
    path, _, query = rest.uri.partition("?")
    segments = path[1:].split("/")
    if segments[-1] == "":
        segments.pop()
    literals = tuple(
        (name, value)
        for name, _, value in (p.partition("=") for p in query.split("&") if not p.startswith(_IGNORED_LITERAL))
        if name
    )
    labels = tuple(s[1:-1].rstrip("+") if s[0] == "{" else None for s in segments if s)
    specificity = tuple(2 if s[0] != "{" else 0 if s.endswith("+}") else 1 for s in segments if s)
    for i, segment in enumerate(segments):
        if segment.endswith("+}"):
            node.greedy.append(_Binding(rest, labels, tuple(segments[i + 1 :]), literals, specificity))
            return
        if segment.startswith("{"):
            node.label = node.label or _Node()
            node = node.label
        else:
            node = node.children.setdefault(segment, _Node())
    node.ends.append(_Binding(rest, labels, (), literals, specificity))
