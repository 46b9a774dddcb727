"""What a PartiQL statement acts on, for the plain forms; anything else is not known, and so refused.

SELECT ... FROM "table"[."index"] [WHERE ...] [ORDER BY ...]
INSERT INTO "table" VALUE {...}
UPDATE "table" SET|REMOVE ... WHERE ...
DELETE FROM "table" WHERE ...

Source: DynamoDB developer guide, "PartiQL statements for DynamoDB", "IAM security policies with PartiQL for DynamoDB".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^']|'')*')
  | "(?P<quoted>(?:[^"]|"")*)"
  | (?P<word>[A-Za-z_][A-Za-z0-9_-]*)
  | (?P<comment>--|/\*)
  | (?P<number>[0-9][0-9.eE+-]*)
  | (?P<mark>[^\s])
)""",
    re.VERBOSE,
)
_FIRST = {"select", "insert", "update", "delete"}
_CLAUSES = {"where", "order"}


class _Token:
    __slots__ = ("kind", "lower", "text")

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text
        self.lower = text.lower() if kind == "word" else text if kind == "mark" else ""


def statements(params: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Each statement of a call: `Action`, `TableName`, `IndexName`, and what condition keys need of it.

    None (so that the call names nothing it could be authorized on) as soon as one is not understood.
    """
    texts = [params["Statement"]] if "Statement" in params else []
    for name in ("Statements", "TransactStatements"):
        texts += [one.get("Statement") for one in params.get(name) or ()]
    found = []
    for text in texts:
        one = statement(text) if isinstance(text, str) else None
        if one is None:
            return None
        found.append(one)
    return found


def statement(text: str) -> dict[str, Any] | None:
    """One statement, or None if it is not of a plain form."""
    tokens = list(_tokens(text))
    if not tokens or any(t.kind == "comment" or t.text == ";" for t in tokens):
        return None
    first = tokens[0].lower
    if first not in _FIRST or any(t.lower in _FIRST for t in tokens[1:]):
        return None  # nested statements and EXISTS(...)
    froms = [i for i, t in enumerate(tokens) if t.lower == "from"]
    if first == "select":
        return _select(tokens, froms[0]) if len(froms) == 1 else None
    if first == "insert":
        return _insert(tokens)
    if first == "delete":
        return _delete(tokens) if froms == [1] else None
    return _update(tokens)


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            return
        at = found.end()
        kind = found.lastgroup or "mark"
        yield _Token(kind, found[kind].replace('""', '"') if kind == "quoted" else found[kind])


def _name(tokens: list[_Token], at: int) -> str | None:
    return tokens[at].text if at < len(tokens) and tokens[at].kind in ("quoted", "word") else None


def _select(tokens: list[_Token], at: int) -> dict[str, Any] | None:
    table = _name(tokens, at + 1)
    if table is None:
        return None
    rest = at + 2
    index = None
    if rest < len(tokens) and tokens[rest].lower == ".":
        index = _name(tokens, rest + 1)
        rest += 2
        if index is None:
            return None
    if rest < len(tokens) and tokens[rest].lower not in _CLAUSES:
        return None  # another table, an alias, a path into the table
    listed = _listed(tokens[1:at])
    if listed is None:
        return None
    found: dict[str, Any] = {"Action": "PartiQLSelect", "TableName": table, "Statement": ""}
    if index is not None:
        found["IndexName"] = index
    found["PartiQLSelect"] = "SPECIFIC_ATTRIBUTES" if listed else "ALL_ATTRIBUTES"
    found["PartiQLAttributes"] = [*listed, *_compared(tokens[rest:])]
    # Only a condition on the partition key spares a scan of the table, and only the table knows which that is.
    found["FullTableScan"] = "true"
    return found


def _listed(tokens: list[_Token]) -> list[str] | None:
    """Names between SELECT and FROM; empty for `*`."""
    if len(tokens) == 1 and tokens[0].lower == "*":
        return []
    names = []
    for i, token in enumerate(tokens):
        if i % 2 == 0:
            if token.kind not in ("quoted", "word"):
                return None
            names.append(token.text)
        elif token.lower != ",":
            return None  # a path, a function, an alias
    return names if tokens else None


def _compared(tokens: list[_Token]) -> list[str]:
    """Attributes that the conditions of a statement name."""
    words = {"where", "and", "or", "not", "in", "between", "is", "missing", "order", "by", "asc", "desc", "null"}
    words |= {"true", "false", "set", "remove", "begins_with", "contains", "size", "attribute_type", "returning"}
    return [t.text for t in tokens if t.kind == "quoted" or (t.kind == "word" and t.lower not in words)]


def _insert(tokens: list[_Token]) -> dict[str, Any] | None:
    table = _name(tokens, 2) if len(tokens) > 3 and tokens[1].lower == "into" else None
    if table is None or tokens[3].lower != "value":
        return None
    return {"Action": "PartiQLInsert", "TableName": table, "Statement": ""}


def _delete(tokens: list[_Token]) -> dict[str, Any] | None:
    table = _name(tokens, 2)
    if table is None or len(tokens) < 4 or tokens[3].lower != "where":
        return None
    attributes = _compared(tokens[3:])
    return {"Action": "PartiQLDelete", "TableName": table, "Statement": "", "PartiQLAttributes": attributes}


def _update(tokens: list[_Token]) -> dict[str, Any] | None:
    table = _name(tokens, 1)
    if table is None or len(tokens) < 3 or tokens[2].lower not in ("set", "remove"):
        return None
    attributes = _compared(tokens[2:])
    return {"Action": "PartiQLUpdate", "TableName": table, "Statement": "", "PartiQLAttributes": attributes}
