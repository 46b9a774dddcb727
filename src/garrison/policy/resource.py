"""`Resource` patterns: ARNs compared segment by segment.

Source: IAM user guide, "IAM JSON policy elements: Resource". A pattern and an ARN are both cut at the first five
colons; each segment is matched alone, so a `*` never reaches from one segment into the next, but in the last one it
spans `/` and `:`. Variables count only there. A short form ending in `*` (`arn:aws:sqs:*`) is filled up with `*`.
Actions without resource types are asked for resource `*`, which only the pattern `*` matches.
"""

from __future__ import annotations

from collections.abc import Sequence

from garrison.policy.glob import matcher, tokens
from garrison.policy.request import Context
from garrison.policy.variables import Match, compile_template, template


def anything(text: str, context: Context) -> bool:
    """The matcher of `*`. Compared by identity where a test that always holds need not be made."""
    return True


def nothing(text: str, context: Context) -> bool:
    """The matcher of a pattern that is neither an ARN nor `*`."""
    return False


def compile_resource(pattern: str, *, variables: bool) -> Match:
    """A function telling whether a resource fits `pattern`. Unresolvable variables fit nothing."""
    if pattern.strip("*") == "" and pattern:
        return anything
    segments = pattern.split(":", 5)
    if len(segments) < 6:
        if not pattern.endswith("*"):
            return nothing
        segments += ["*"] * (6 - len(segments))
    *head, last = segments
    tail = template(last, variables=variables, wildcards=True)
    if not any(wildcard in segment for segment in head for wildcard in "*?"):
        # Five literal segments hold exactly five colons, so the whole ARN may be compared as one text.
        return compile_template(tail, prefix=":".join(head) + ":")
    wanted = [(index, matcher(tokens(segment))) for index, segment in enumerate(head) if segment != "*"]
    match_tail = compile_template(tail)

    def match(resource: str, context: Context) -> bool:
        parts = resource.split(":", 5)
        return len(parts) == 6 and all(fits(parts[index]) for index, fits in wanted) and match_tail(parts[5], context)

    return match


def compile_resources(patterns: Sequence[str], *, variables: bool, negated: bool) -> Match:
    """The test of a `Resource` (any pattern fits) or `NotResource` (none does) element."""
    matchers = [compile_resource(pattern, variables=variables) for pattern in patterns]
    if negated:
        return lambda resource, context: not any(match(resource, context) for match in matchers)
    if anything in matchers:
        return anything
    if len(matchers) == 1:
        return matchers[0]
    return lambda resource, context: any(match(resource, context) for match in matchers)
