"""An explanation as text, for people.

    DENIED  s3:GetObject on arn:aws:s3:::logs/today
    caller  arn:aws:iam::123456789012:user/ana
    reason  no identity-based policy allows it (DENY_IMPLICIT_IDENTITY)

    - identity-based policy: silent
        inline policy dev of user ana
          - statement 0 "Read", lines 3-9, Allow: does not apply
              . Action s3:Get* fits
              x Resource arn:aws:s3:::data/* does not fit arn:aws:s3:::logs/today (line 6)

Statements for other actions are only counted, unless everything is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from garrison.policy.explain import (
    ConditionTrace,
    ElementTrace,
    Explanation,
    LayerTrace,
    PolicyTrace,
    StatementTrace,
)

_MARKS = {"denies": "✗", "allows": "✓", "silent": "·"}
_REASONS = {
    "ALLOW_RESOURCE_DIRECT": "the resource's policy names the caller itself",
    "ALLOW_RESOURCE_ENTITY": "the resource's policy names the caller's role or user, and nothing limits it",
    "ALLOW_GRANT": "a grant on the resource allows it",
    "ALLOW_IDENTITY": "an identity-based policy allows it, and nothing limits it",
    "ALLOW_ROOT": "the root user may do everything in its own account",
    "ALLOW_SERVICE": "the resource's policy allows the service",
    "ALLOW_ANONYMOUS": "the resource's policy allows everyone",
}


def render(explanation: Explanation, *, everything: bool = False) -> str:
    """The explanation as plain text. `everything` shows statements about other actions too."""
    return "\n".join(_lines(explanation, everything)) + "\n"


def _lines(explanation: Explanation, everything: bool) -> Iterator[str]:
    verdict = "ALLOWED" if explanation.allowed else "DENIED "
    yield f"{verdict}  {explanation.action} on {explanation.resource}"
    yield f"caller   {explanation.principal.arn}"
    yield f"reason   {reason(explanation)}"
    if (decided := explanation.decided_by) is not None:
        name = f"statement {decided.statement}{_quoted(decided.sid)}, {_line_range(decided.line, decided.end_line)}"
        yield f"by       {decided.policy}, {name}"
        if decided.arn is not None:
            yield f"         {decided.arn}"
    if explanation.also:
        yield f"also     {', '.join(explanation.also)}"
    for layer in explanation.layers:
        yield ""
        yield from _layer(layer, everything)


def reason(explanation: Explanation) -> str:
    """One line: why, with the reason code."""
    code = explanation.code
    words = _REASONS.get(code)
    if words is None:
        layer = next((layer for layer in explanation.layers if layer.code == code), None)
        what = "no policy" if layer is None else str(layer.type)
        if code.startswith("DENY_EXPLICIT"):
            words = f"an explicit deny in a {what}"
        else:
            words = f"no {what} allows it"
        words = words.replace(" a identity", " an identity")
        if explanation.level is not None:
            depth = f"level {explanation.level} below" if explanation.level else "at"
            words += f", {depth} the organization's root"
    return f"{words} ({code})"


def _layer(layer: LayerTrace, everything: bool) -> Iterator[str]:
    level = "" if layer.level is None else f", level {layer.level}"
    yield f"{_MARKS[layer.verdict]} {layer.type}{level}: {layer.verdict if layer.policies else 'none attached'}"
    for policy in layer.policies:
        yield from _policy(policy, everything)


def _policy(policy: PolicyTrace, everything: bool) -> Iterator[str]:
    carrier = f", on {policy.attached_to}" if policy.attached_to is not None else ""
    yield f"    {policy.name}{carrier}"
    shown = [trace for trace in policy.statements if everything or _about(trace)]
    for trace in shown:
        yield from _statement(trace)
    if (hidden := len(policy.statements) - len(shown)) > 0:
        yield f"      {hidden} statement{'s' if hidden > 1 else ''} about other actions"


def _about(trace: StatementTrace) -> bool:
    return all(element.matched for element in trace.elements if element.element.endswith("Action"))


def _statement(trace: StatementTrace) -> Iterator[str]:
    outcome = "applies" if trace.applies else "does not apply"
    grant = f", names the caller's {trace.grant}" if trace.grant in ("account", "entity") else ""
    mark = ("✓" if trace.effect == "Allow" else "✗") if trace.applies else "·"
    lines = _line_range(trace.line, trace.end_line)
    yield f"      {mark} statement {trace.index}{_quoted(trace.sid)}, {lines}, {trace.effect}: {outcome}{grant}"
    if trace.applies and trace.effect == "Allow":
        return
    for element in trace.elements:
        yield f"          {_element(element)}"
    for condition in trace.conditions:
        yield f"          {_condition(condition)}"


def _element(trace: ElementTrace) -> str:
    mark = "fits" if trace.matched else "does not fit"
    values = trace.fitting or trace.values
    return f"{'+' if trace.matched else '-'} {trace.element} {_some(values)} {mark} (line {trace.line})"


def _condition(trace: ConditionTrace) -> str:
    actual = "absent" if trace.actual is None else _some(tuple(f'"{value}"' for value in trace.actual))
    wanted = _some(tuple(f'"{value}"' for value in trace.resolved))
    if trace.resolved != trace.wanted:
        wanted += f" (written {_some(trace.wanted)})"
    outcome = "holds" if trace.matched else "does not hold"
    return (
        f"{'+' if trace.matched else '-'} {trace.operator} {trace.key}: wants {wanted}, is {actual}: "
        f"{outcome} (line {trace.line})"
    )


def _some(values: tuple[str, ...], most: int = 4) -> str:
    if len(values) == 1:
        return values[0]
    more = f", and {len(values) - most} more" if len(values) > most else ""
    return f"[{', '.join(values[:most])}{more}]"


def _quoted(sid: str | None) -> str:
    return f' "{sid}"' if sid else ""


def _line_range(line: int, end_line: int) -> str:
    return f"line {line}" if line == end_line else f"lines {line}-{end_line}"
