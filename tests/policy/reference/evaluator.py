"""The whole evaluation, slowly and obviously: a second reading of the AWS documentation.

Everything is looked at, nothing is compiled, and nothing is shared with `garrison.policy`: not the JSON reading, not
the types. A stack is a dict of policy texts; a principal is a dict with a `kind`.
"""

from __future__ import annotations

import json
from typing import Any

from tests.policy.reference.conditions import Context, expand, holds, wild

Doc = dict[str, Any]
Who = dict[str, str]


def decide(
    who: Who, action: str, resource: str, resource_account: str | None, context: Context, stack: dict[str, Any]
) -> tuple[bool, str, int | None]:
    """(allowed, reason code, level)."""

    def statements(text: str | None, effect: str) -> list[Doc]:
        """Statements with that effect that apply to the request, leaving principals aside."""
        if text is None:
            return []
        doc = json.loads(text, parse_int=str, parse_float=str)
        found = doc["Statement"] if isinstance(doc["Statement"], list) else [doc["Statement"]]
        new = doc.get("Version") == "2012-10-17"
        return [s for s in found if s["Effect"] == effect and applies(s, action, resource, context, new)]

    def some(texts: list[str], effect: str) -> bool:
        return any(statements(text, effect) for text in texts)

    bounded = stack.get("boundary") is not None
    resource_kind = "TRUST" if stack.get("trust") else "RESOURCE"

    # Explicit denies.
    for level, texts in enumerate(stack.get("rcps") or []):
        if some(texts, "Deny"):
            return False, "DENY_EXPLICIT_RCP", level
    for level, texts in enumerate(stack.get("scps") or []):
        if some(texts, "Deny"):
            return False, "DENY_EXPLICIT_SCP", level
    for name, code in (("endpoint", "VPCE"), ("resource", resource_kind)):
        for s in statements(stack.get(name), "Deny"):
            if ("NotPrincipal" in s and bounded) or level_of(s, who) != "none":
                return False, f"DENY_EXPLICIT_{code}", None
    if some(stack.get("identity") or [], "Deny"):
        return False, "DENY_EXPLICIT_IDENTITY", None
    if bounded and some([stack["boundary"]], "Deny"):
        return False, "DENY_EXPLICIT_BOUNDARY", None
    if some(stack.get("session") or [], "Deny"):
        return False, "DENY_EXPLICIT_SESSION", None

    # Gates.
    for level, texts in enumerate(stack.get("scps") or []):
        if not some(texts, "Allow"):
            return False, "DENY_IMPLICIT_SCP", level
    endpoint = stack.get("endpoint")
    if endpoint is not None and all(level_of(s, who) == "none" for s in statements(endpoint, "Allow")):
        return False, "DENY_IMPLICIT_VPCE", None

    # What each side says.
    levels = [level_of(s, who) for s in statements(stack.get("resource"), "Allow")]
    grant = next((name for name in ("direct", "entity", "account") if name in levels), "none")
    identity = some(stack.get("identity") or [], "Allow")
    boundary = not bounded or some([stack["boundary"]], "Allow")
    session_passed = stack.get("session") is not None
    session = some(stack.get("session") or [], "Allow")
    required = bool(stack.get("required"))
    kind = who["kind"]
    same = resource_account is None or resource_account == who.get("account")
    silent = (False, f"DENY_IMPLICIT_{resource_kind}", None)

    if kind == "service":
        return (True, "ALLOW_SERVICE", None) if grant != "none" else silent
    if kind == "anonymous":
        return (True, "ALLOW_ANONYMOUS", None) if grant != "none" else silent
    if kind == "federated":
        return (True, "ALLOW_RESOURCE_DIRECT", None) if grant != "none" else silent
    if kind in ("root", "assumed-root"):
        if grant == "none" and (required or not same):
            return silent
        if kind == "assumed-root" and not session:
            return False, "DENY_IMPLICIT_SESSION", None
        return True, "ALLOW_RESOURCE_DIRECT" if grant != "none" and same else "ALLOW_ROOT", None

    if required and grant == "none":
        return silent
    session_ok = session if session_passed else kind != "federated-user"
    if same and grant == "direct":
        return True, "ALLOW_RESOURCE_DIRECT", None
    needs_identity = not (same and grant == "entity") and not (
        kind == "federated-user" and who["issuer"].endswith(":root")
    )
    if needs_identity and not identity:
        return False, "DENY_IMPLICIT_IDENTITY", None
    if not boundary:
        return False, "DENY_IMPLICIT_BOUNDARY", None
    if not session_ok:
        return False, "DENY_IMPLICIT_SESSION", None
    if not same and grant == "none":
        return silent
    return True, "ALLOW_RESOURCE_ENTITY" if same and grant == "entity" else "ALLOW_IDENTITY", None


def applies(s: Doc, action: str, resource: str, context: Context, new: bool) -> bool:
    """Action, resource and conditions."""
    if "Action" in s:
        if not any(action_fits(p, action) for p in listed(s["Action"])):
            return False
    elif any(action_fits(p, action) for p in listed(s["NotAction"])):
        return False
    if "Resource" in s:
        if not any(resource_fits(p, resource, context, new) for p in listed(s["Resource"])):
            return False
    elif "NotResource" in s and any(resource_fits(p, resource, context, new) for p in listed(s["NotResource"])):
        return False
    for operator, keys in s.get("Condition", {}).items():
        for key, values in keys.items():
            texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in listed(values)]
            if not holds(operator, key, texts, context, new):
                return False
    return True


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def action_fits(pattern: str, action: str) -> bool:
    expanded = expand(pattern.lower(), {}, variables=False, wildcards=True)
    assert expanded is not None
    return wild(expanded, action.lower())


def resource_fits(pattern: str, resource: str, context: Context, new: bool) -> bool:
    if pattern and set(pattern) == {"*"}:
        return True
    wanted = pattern.split(":", 5)
    if len(wanted) < 6 and pattern.endswith("*"):
        wanted += ["*"] * (6 - len(wanted))
    given = resource.split(":", 5)
    if len(wanted) != 6 or len(given) != 6:
        return False
    for i in range(6):
        expanded = expand(wanted[i], context, variables=new and i == 5, wildcards=True)
        if expanded is None or not wild(expanded, given[i]):
            return False
    return True


def level_of(s: Doc, who: Who) -> str:
    """How a statement of a resource policy names the caller: none, account, entity or direct."""
    if "NotPrincipal" in s:
        listed_ones = entries(s["NotPrincipal"])
        levels = {entry_level(t, v, who) for t, v in listed_ones} - {"none"}
        if s["Effect"] == "Deny" and "direct" not in levels:
            # An account or role beside one of its own means only that one.
            aws = [v for t, v in listed_ones if t == "AWS" and v != "*"]
            if "entity" in levels:
                folder = (
                    f":sts::{who['account']}:federated-user"
                    if who["kind"] == "federated-user"
                    else f":sts::{who['account']}:assumed-role/{who['arn'].split('/')[-1]}".lower()
                )
                if any(v.rsplit("/", 1)[0].lower().endswith(folder) for v in aws):
                    return "direct"
            elif "account" in levels:
                inside = [v for v in aws if not v.endswith(":root") and not v.isdigit()]
                if any(not v.startswith("arn:") or v.split(":")[4] == who["account"] for v in inside):
                    return "direct"
        return "none" if levels else "direct"
    found = [entry_level(t, v, who) for t, v in entries(s["Principal"])]
    return next((name for name in ("direct", "entity", "account") if name in found), "none")


def entries(principal: Any) -> list[tuple[str, str]]:
    if principal == "*":
        return [("AWS", "*")]
    return [(t, v) for t, values in principal.items() for v in listed(values)]


def entry_level(type_: str, value: str, who: Who) -> str:
    kind = who["kind"]
    if type_ == "AWS" and value == "*":
        return "direct"
    if type_ == "Service":
        return "direct" if kind == "service" and value == who["name"] else "none"
    if type_ == "Federated":
        return "direct" if kind == "federated" and value == who["provider"] else "none"
    if type_ != "AWS" or kind in ("service", "anonymous", "federated"):
        return "none"
    if value == who["account"] or (value.startswith("arn:") and value.endswith(f":iam::{who['account']}:root")):
        return "direct" if kind in ("root", "assumed-root") else "account"
    if kind == "user" and value in (who["arn"], who["id"]):
        return "direct"
    if kind == "role":
        session = f"arn:aws:sts::{who['account']}:assumed-role/{who['arn'].split('/')[-1]}/{who['session']}"
        if value == session:
            return "direct"
        start = f"arn:aws:iam::{who['account']}:role/"
        if value == who["id"]:
            return "entity"
        if value.startswith(start) and value.split("/")[-1].lower() == who["arn"].split("/")[-1].lower():
            return "entity"
    if kind == "federated-user":
        if value == f"arn:aws:sts::{who['account']}:federated-user/{who['name']}":
            return "direct"
        if value in (who["issuer"], who["issuer_id"]):
            return "entity"
    return "none"
