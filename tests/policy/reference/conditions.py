"""Conditions, slowly and obviously. Shares no code with `garrison.policy`."""

from __future__ import annotations

import base64
import datetime
import ipaddress
from fractions import Fraction
from functools import cache

Context = dict[str, "str | tuple[str, ...]"]
STAR, MARK = object(), object()


def wild(pattern: list[object], text: str) -> bool:
    """Pattern of characters, STAR and MARK against text, by dynamic programming over prefixes."""
    row = [True] + [False] * len(text)
    for token in pattern:
        new = [row[0] and token is STAR] + [False] * len(text)
        for j in range(1, len(text) + 1):
            if token is STAR:
                new[j] = row[j] or new[j - 1]
            elif token is MARK:
                new[j] = row[j - 1]
            else:
                new[j] = row[j - 1] and token == text[j - 1]
        row = new
    return row[-1]


def expand(text: str, context: Context, *, variables: bool, wildcards: bool) -> list[object] | None:
    """Characters, STAR and MARK of a policy value; None if a variable cannot be resolved."""
    out: list[object] = []
    i = 0
    while i < len(text):
        if variables and text.startswith("${", i) and "}" in text[i:]:
            name, default, end = variable(text, i)
            i = end
            if default is None and name in ("*", "?", "$"):
                out.append(name)
                continue
            value: object = context.get(name.lower())
            if value is None or value == ():
                value = default
            if not isinstance(value, str):
                return None
            out.extend(value)
        elif wildcards and text[i] == "*":
            out.append(STAR)
            i += 1
        elif wildcards and text[i] == "?":
            out.append(MARK)
            i += 1
        else:
            out.append(text[i])
            i += 1
    return out


def variable(text: str, start: int) -> tuple[str, str | None, int]:
    """Name, default and end of the variable that starts at `start`."""
    close = text.index("}", start)
    comma = text.find(",", start)
    if 0 <= comma < close and "'" not in text[start:comma]:
        k = comma + 1
        while text[k : k + 1] == " ":
            k += 1
        if text[k : k + 1] == "'":
            quote = text.find("'", k + 1)
            if quote >= 0 and text[quote + 1 : quote + 2] == "}":
                return text[start + 2 : comma], text[k + 1 : quote], quote + 2
    return text[start + 2 : close], None, close + 1


def as_text(expanded: list[object] | None) -> str | None:
    return None if expanded is None else "".join(str(c) for c in expanded)


def one(base: str, wanted: str, actual: str, context: Context, variables: bool) -> bool:
    """Does one actual value fit one policy value, under a positive operator?"""
    if base == "stringequals":
        return as_text(expand(wanted, context, variables=variables, wildcards=False)) == actual
    if base == "stringequalsignorecase":
        text = as_text(expand(wanted, context, variables=variables, wildcards=False))
        return text is not None and text.lower() == actual.lower()
    if base == "stringlike":
        pattern = expand(wanted, context, variables=variables, wildcards=True)
        return pattern is not None and wild(pattern, actual)
    if base == "bool":
        text = as_text(expand(wanted, context, variables=variables, wildcards=False))
        return text is not None and text.lower() == actual.lower() and actual.lower() in ("true", "false")
    if base == "binaryequals":
        a, b = decode(wanted), decode(actual)
        return a is not None and a == b
    if base == "ipaddress":
        return within(wanted, actual)
    if base in ("arnequals", "arnlike"):
        return arn_like(wanted, actual, context, variables)
    family, _, relation = base.replace("numeric", "numeric ").replace("date", "date ").partition(" ")
    x, y = (number(actual), number(wanted)) if family == "numeric" else (moment(actual), moment(wanted))
    if x is None or y is None:
        return False
    return {
        "equals": x == y,
        "lessthan": x < y,
        "lessthanequals": x <= y,
        "greaterthan": x > y,
        "greaterthanequals": x >= y,
    }[relation]


def decode(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.encode(), validate=True)
    except Exception:
        return None


def number(text: str) -> Fraction | None:
    body = text[1:] if text[:1] in ("+", "-") else text
    whole, dot, part = body.partition(".")
    if not (whole or part) or not all(c in "0123456789" for c in whole + part):
        return None
    return Fraction((text[0] if text[0] == "-" else "") + (whole or "0") + (dot and "." + (part or "0")))


@cache
def moment(text: str) -> Fraction | None:
    """Seconds since the epoch. Knows the years 1 to 9999 only, which is what the random tests use."""
    if all(c in "0123456789" for c in text) and text and len(text) != 4:
        return Fraction(int(text)) if len(text) <= 19 else None
    sign = 1
    fraction = Fraction(0)
    zone = datetime.timedelta(0)
    if "T" in text.upper():
        day, _, clock = text.upper().partition("T")
        if clock.endswith("Z"):
            clock = clock[:-1]
        else:
            for at, c in enumerate(clock):
                if c in "+-":
                    sign = -1 if c == "-" else 1
                    spec = clock[at + 1 :].replace(":", "")
                    if len(spec) != 4 or not spec.isdigit():
                        return None
                    zone = sign * datetime.timedelta(hours=int(spec[:2]), minutes=int(spec[2:]))
                    clock = clock[:at]
                    break
        clock, dot, digits = clock.partition(".")
        if dot:
            if not digits.isdigit() or clock.count(":") != 2:
                return None
            fraction = Fraction("0." + digits[:9])
        parts = clock.split(":")
        if len(parts) not in (2, 3) or not all(len(p) == 2 and p.isdigit() for p in parts):
            return None
        hour, minute, second = (int(p) for p in [*parts, "00"][:3])
        if day.count("-") != 2 or hour > 23 or minute > 59 or second > 60:
            return None
    else:
        day, hour, minute, second = text, 0, 0, 0
    pieces = day.split("-")
    if len(pieces) > 3 or [len(p) for p in pieces] != [4, 2, 2][: len(pieces)] or not all(p.isdigit() for p in pieces):
        return None
    try:
        date = datetime.datetime(*[int(p) for p in [*pieces, "01", "01"][:3]])  # type: ignore[arg-type]
    except ValueError:
        return None
    delta = date - datetime.datetime(1970, 1, 1) - zone
    return Fraction(delta.days * 86400 + delta.seconds + hour * 3600 + minute * 60 + second) + fraction


def within(wanted: str, actual: str) -> bool:
    if "%" in wanted or "%" in actual:
        return False
    try:
        _, slash, bits = wanted.partition("/")
        if slash and not (bits.isascii() and bits.isdigit()):
            return False
        network = ipaddress.ip_network(wanted, strict=False)
        return ipaddress.ip_address(actual) in network
    except ValueError:
        return False


def arn_like(wanted: str, actual: str, context: Context, variables: bool) -> bool:
    # Colons inside a variable do not cut.
    parts, current, i = [""], 0, 0
    while i < len(wanted):
        if variables and wanted.startswith("${", i) and "}" in wanted[i:]:
            close = wanted.index("}", i)
            parts[current] += wanted[i : close + 1]
            i = close + 1
        elif wanted[i] == ":" and current < 5:
            parts.append("")
            current += 1
            i += 1
        else:
            parts[current] += wanted[i]
            i += 1
    given = actual.split(":", 5)
    if len(parts) != 6 or len(given) != 6 or parts[0] != "arn":
        return False
    for pattern, value in zip(parts, given, strict=True):
        expanded = expand(pattern, context, variables=variables, wildcards=True)
        if expanded is None or not wild(expanded, value):
            return False
    return True


def holds(operator: str, key: str, wanted: list[str], context: Context, variables: bool) -> bool:
    """One operator and key of a Condition."""
    name = operator.lower()
    quantifier = ""
    for prefix in ("forallvalues:", "foranyvalue:"):
        if name.startswith(prefix):
            quantifier, name = prefix, name[len(prefix) :]
    if_exists = name.endswith("ifexists")
    if if_exists:
        name = name[: -len("ifexists")]
    present = key.lower() in context and context[key.lower()] != ()
    if name == "null":
        return any((w.lower() == "true" and not present) or (w.lower() == "false" and present) for w in wanted)
    negated = "not" in name
    base = name.replace("not", "")
    raw = context.get(key.lower(), ())
    values = [raw] if isinstance(raw, str) else list(raw)

    def passes(value: str) -> bool:
        any_fits = any(one(base, w, value, context, variables) for w in wanted)
        return not any_fits if negated else any_fits

    if quantifier == "forallvalues:":
        if all(v == "" for v in values):
            return True
        return all(passes(v) for v in values)
    if quantifier == "foranyvalue:":
        if not present:
            return if_exists
        if all(v == "" for v in values):
            return False
        return any(passes(v) for v in values)
    if not present:
        return negated or if_exists
    fits = [any(one(base, w, v, context, variables) for w in wanted) for v in values]
    return not any(fits) if negated else any(fits)
