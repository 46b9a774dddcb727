"""A slow, obvious reading of the rule language. It shares the transformations with the engine and nothing else.

`decide(document, request, references, locate)` answers (action, rule, labels, rules that matched on the way). Rules are
evaluated one by one, statements by recursion, every statement anew; there is no compilation, sharing or laziness.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from garrison.waf import Location, Request
from garrison.waf.transformations import TRANSFORMATIONS

LIMIT = 8192

Document = Mapping[str, Any]


class NotApplied(Exception):
    """A forwarding header is missing: the rule says nothing."""


class Reference:
    """One request against one web ACL."""

    def __init__(
        self, document: Document, request: Request, references: Document, locate: Callable[[str], Location]
    ) -> None:
        self.document = document
        self.request = request
        self.references = references
        self.locate = locate
        self.labels: list[str] = []
        self.matched: list[str] = []
        self.prefix = ""

    def decide(self) -> tuple[str, str, list[str], list[str]]:
        account = self.document["ARN"].split(":")[4]
        for rule in sorted(self.document["Rules"], key=lambda r: r["Priority"]):
            self.prefix = f"awswaf:{account}:webacl:{self.document['Name']}:"
            if "RuleGroupReferenceStatement" in rule["Statement"]:
                ended = self.group(rule["Statement"]["RuleGroupReferenceStatement"])
                if ended is not None and "Count" in rule["OverrideAction"]:
                    self.matched.append(rule["Name"])
                    ended = None
            else:
                ended = self.rule(rule, rule["Action"])
            if ended is not None:
                return ended, rule["Name"], self.labels, self.matched
        (default,) = self.document["DefaultAction"]
        return default.upper(), "Default_Action", self.labels, self.matched

    def group(self, reference: Document) -> str | None:
        group = self.references[reference["ARN"]]
        account = group["ARN"].split(":")[4]
        self.prefix = f"awswaf:{account}:rulegroup:{group['Name']}:"
        overrides = {o["Name"]: o["ActionToUse"] for o in reference.get("RuleActionOverrides", ())}
        overrides |= {
            e["Name"]: {"Count": {}} for e in reference.get("ExcludedRules", ()) if e["Name"] not in overrides
        }
        for rule in sorted(group["Rules"], key=lambda r: r["Priority"]):
            ended = self.rule(rule, overrides.get(rule["Name"], rule["Action"]), in_group=True)
            if ended is not None:
                return ended
        return None

    def rule(self, rule: Document, action: Document, *, in_group: bool = False) -> str | None:
        new: list[str] = []
        try:
            for header in headers_needed(rule["Statement"]):
                if header.lower() not in [name.decode().lower() for name, _ in self.request.headers]:
                    raise NotApplied
            self.label_places(rule["Statement"], new)
            holds = self.holds(rule["Statement"])
        except NotApplied:
            return None
        if holds:
            new += [self.prefix + label["Name"] for label in rule.get("RuleLabels", ())]
        self.labels += [label for label in new if label not in self.labels]
        if not holds:
            return None
        (name,) = action
        if name in ("Allow", "Block"):
            return name.upper()
        if not in_group:
            self.matched.append(rule["Name"])
        return None

    def label_places(self, statement: Document, new: list[str]) -> None:
        for kind, params in statement.items():
            if kind == "GeoMatchStatement":
                location = self.locate(self.request.source_ip)
                country = location.country or "XX"
                region = location.region or f"{country}-XX"
                found = [f"awswaf:clientip:geo:country:{country}", f"awswaf:clientip:geo:region:{region}"]
                new += [label for label in found if label not in new]
            for child in params.get("Statements", ()):
                self.label_places(child, new)
            if "Statement" in params:
                self.label_places(params["Statement"], new)

    def holds(self, statement: Document) -> bool:
        ((kind, params),) = statement.items()
        if kind == "AndStatement":
            return all(self.holds(child) for child in params["Statements"])
        if kind == "OrStatement":
            return any(self.holds(child) for child in params["Statements"])
        if kind == "NotStatement":
            return not self.holds(params["Statement"])
        if kind == "LabelMatchStatement":
            return any(self.label_holds(label, params["Key"], params["Scope"]) for label in self.labels)
        if kind == "GeoMatchStatement":
            return (self.locate(self.request.source_ip).country or "XX") in params["CountryCodes"]
        if kind == "IPSetReferenceStatement":
            return self.address_holds(params)
        settled, values = self.field(params["FieldToMatch"])
        if settled is not None:
            return settled
        for value in values:
            for transformation in sorted(params["TextTransformations"], key=lambda t: t["Priority"]):
                value = TRANSFORMATIONS[transformation["Type"]](value)
            if self.value_holds(kind, params, value):
                return True
        return False

    def value_holds(self, kind: str, params: Document, value: bytes) -> bool:
        if kind == "SizeConstraintStatement":
            n, m = len(value), int(params["Size"])
            return {"EQ": n == m, "NE": n != m, "LE": n <= m, "LT": n < m, "GE": n >= m, "GT": n > m}[
                params["ComparisonOperator"]
            ]
        if kind == "RegexMatchStatement":
            return _found(params["RegexString"], value)
        if kind == "RegexPatternSetReferenceStatement":
            patterns = self.references[params["ARN"]]["RegularExpressionList"]
            return any(_found(p["RegexString"], value) for p in patterns)
        assert kind == "ByteMatchStatement", kind
        text: bytes = params["SearchString"]
        position = params["PositionalConstraint"]
        if position == "EXACTLY":
            return bool(value == text)
        if position == "STARTS_WITH":
            return value.startswith(text)
        if position == "ENDS_WITH":
            return bool(value.endswith(text))
        if position == "CONTAINS":
            return bool(text in value)
        return re.search(rb"(?<!\w)" + re.escape(text) + rb"(?!\w)", value) is not None

    def label_holds(self, label: str, key: str, scope: str) -> bool:
        if key.startswith("awswaf:"):
            return label == key if scope == "LABEL" else label.startswith(key)
        if not label.startswith(self.prefix):
            return False
        parts = label[len(self.prefix) :].split(":")
        wanted = key.rstrip(":").split(":")
        if scope == "LABEL":
            return parts[-len(wanted) :] == wanted
        return any(parts[at : at + len(wanted)] == wanted for at in range(len(parts) - len(wanted)))

    def address_holds(self, params: Document) -> bool:
        networks = [ipaddress.ip_network(n) for n in self.references[params["ARN"]]["Addresses"]]
        config = params.get("IPSetForwardedIPConfig")
        if config is None:
            texts = [self.request.source_ip]
        else:
            header = config["HeaderName"].lower()
            joined = ",".join(v.decode("latin-1") for n, v in self.request.headers if n.decode().lower() == header)
            texts = [text.strip() for text in joined.split(",")]
            texts = {"FIRST": texts[:1], "LAST": texts[-1:], "ANY": texts[-10:]}[config["Position"]]
        addresses = []
        for text in texts:
            try:
                addresses.append(ipaddress.ip_address(text))
            except ValueError:
                return config is not None and config["FallbackBehavior"] == "MATCH"
        return any(a in n for a in addresses for n in networks if a.version == n.version)

    def field(self, field: Document) -> tuple[bool | None, list[bytes]]:
        """(how it is settled, or None; values)."""
        ((kind, params),) = field.items()
        request = self.request
        rest, hash_mark, fragment = request.target.partition(b"#")
        path, mark, query = rest.partition(b"?")
        arguments = [part.partition(b"=") for part in query.split(b"&") if part]
        large_body = len(request.body) > LIMIT
        body = request.body[:LIMIT]
        handling = params.get("OversizeHandling", "CONTINUE")
        if kind == "Method":
            return None, [request.method.encode()]
        if kind == "UriPath":
            return None, [path]
        if kind == "QueryString":
            return _present([query] if mark else [])
        if kind == "UriFragment":
            return (None, [fragment]) if hash_mark else (params["FallbackBehavior"] == "MATCH", [])
        if kind == "SingleQueryArgument":
            return _present([v for n, _, v in arguments if n.lower() == params["Name"].lower().encode()])
        if kind == "AllQueryArguments":
            return _present([v for _, _, v in arguments])
        if kind == "SingleHeader":
            return _present([v for n, v in request.headers if n.lower() == params["Name"].lower().encode()])
        if kind in ("Body", "JsonBody") and large_body and handling != "CONTINUE":
            return handling == "MATCH", []
        if kind == "Body":
            return _present([body] if body else [])
        if kind == "JsonBody":
            return self.json(params, body)
        if kind == "Headers":
            pairs = list(request.headers)
            wanted = params["MatchPattern"]
            if "IncludedHeaders" in wanted:
                names = [n.lower().encode() for n in wanted["IncludedHeaders"]]
                pairs = [p for p in pairs if p[0].lower() in names]
            if "ExcludedHeaders" in wanted:
                names = [n.lower().encode() for n in wanted["ExcludedHeaders"]]
                pairs = [p for p in pairs if p[0].lower() not in names]
            return _present(_scoped(pairs, params["MatchScope"]))
        assert kind == "Cookies", kind
        pairs = []
        for name, value in request.headers:
            if name.lower() == b"cookie":
                for part in value.split(b";"):
                    n, _, v = part.partition(b"=")
                    if n.strip() or v:
                        pairs.append((n.strip(), v.strip()))
        if "IncludedCookies" in params["MatchPattern"]:
            pairs = [p for p in pairs if p[0].decode() in params["MatchPattern"]["IncludedCookies"]]
        return _present(_scoped(pairs, params["MatchScope"]))

    def json(self, params: Document, body: bytes) -> tuple[bool | None, list[bytes]]:
        """For bodies that are JSON or are nothing like it; half-parsed ones are not compared."""
        if not body:
            return False, []
        try:
            root = json.loads(body, parse_int=str, parse_float=str)
        except ValueError:
            fallback = params["InvalidFallbackBehavior"]
            return (None, [body]) if fallback == "EVALUATE_AS_STRING" else (fallback == "MATCH", [])
        roots = [root]
        if "IncludedPaths" in params["MatchPattern"]:
            roots = [_at(root, path) for path in params["MatchPattern"]["IncludedPaths"]]
        texts: list[bytes] = []
        for node in roots:
            for is_key, text in _leaves(node):
                if params["MatchScope"] in ("ALL", "KEY" if is_key else "VALUE"):
                    texts.append(text)
        return _present(texts)


def _found(pattern: str, value: bytes) -> bool:
    # What PCRE calls \\z is \\Z for Python.
    return re.search(pattern.replace("\\z", "\\Z").encode(), value) is not None


_MISSING = object()


def _at(root: Any, path: str) -> Any:
    node = root
    for token in path.split("/")[1:]:
        if isinstance(node, dict):
            node = node.get(token, _MISSING)
        elif isinstance(node, list) and token.isdigit() and int(token) < len(node):
            node = node[int(token)]
        else:
            return _MISSING
    return node


def _leaves(node: Any) -> Iterator[tuple[bool, bytes]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield True, key.encode()
            yield from _leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value)
    elif node is not _MISSING:
        yield False, {True: b"true", False: b"false", None: b"null"}.get(node) or node.encode()


def _present(values: list[bytes]) -> tuple[bool | None, list[bytes]]:
    return (None, values) if values else (False, [])


def _scoped(pairs: list[tuple[bytes, bytes]], scope: str) -> list[bytes]:
    return [text for n, v in pairs for text, kind in ((n, "KEY"), (v, "VALUE")) if scope in ("ALL", kind)]


def headers_needed(statement: Document) -> list[str]:
    ((_, params),) = statement.items()
    needed = [c["HeaderName"] for key in ("IPSetForwardedIPConfig", "ForwardedIPConfig") if (c := params.get(key))]
    for child in params.get("Statements", ()):
        needed += headers_needed(child)
    if "Statement" in params:
        needed += headers_needed(params["Statement"])
    return needed
