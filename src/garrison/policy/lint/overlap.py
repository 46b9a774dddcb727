"""Could some ARN fit both a pattern of a policy and an ARN template of a service?"""

from __future__ import annotations

import re
from functools import lru_cache

from garrison.policy.glob import ANY, Token, Wild, joined, tokens

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_POLICY_VARIABLE = re.compile(r"\$\{[^}]*\}")
_WITHOUT_SLASH = ("BucketName", "Account", "Region", "Partition", "KeyId", "TableName", "QueueName", "TopicName")
"""Placeholders whose values never hold a `/`: what tells a bucket from an object in it."""


@lru_cache(maxsize=4096)
def could_fit(pattern: str, template: str) -> bool:
    """Whether some ARN of `template` fits the resource `pattern`. In doubt, yes."""
    if pattern.strip("*") == "":
        return True
    parts = pattern.split(":", 5)
    parts += ["*"] * (6 - len(parts)) if pattern.endswith("*") else []
    shape = template.split(":", 5)
    if len(parts) != 6 or len(shape) != 6:
        return len(parts) == 6
    return all(_meet(_pattern(part), _shape(segment)) for part, segment in zip(parts, shape, strict=True))


def _pattern(text: str) -> tuple[Token, ...]:
    return tokens(_POLICY_VARIABLE.sub("*", text))


Shape = tuple[tuple[str, str], ...]
"""(`literal`, character) or (`any`, characters it never holds)."""


def _shape(segment: str) -> Shape:
    found: list[tuple[str, str]] = []
    at = 0
    for match in _PLACEHOLDER.finditer(segment):
        found += [("literal", character) for character in segment[at : match.start()]]
        found.append(("any", "/" if match.group(1).endswith(_WITHOUT_SLASH) else ""))
        at = match.end()
    return (*found, *(("literal", character) for character in segment[at:]))


def _meet(pattern: tuple[Token, ...], shape: Shape) -> bool:
    """Whether some text fits both, by walking both at once over all pairs of places."""
    left: list[str | Wild] = []
    for token in joined(pattern):
        left += token if isinstance(token, str) else [token]
    seen: set[tuple[int, int]] = set()
    todo = [(0, 0)]
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        i, j = place
        if i == len(left) and j == len(shape):
            return True
        mine = left[i] if i < len(left) else None
        theirs = shape[j] if j < len(shape) else None
        if mine is ANY:
            todo.append((i + 1, j))
        if theirs is not None and theirs[0] == "any":
            todo.append((i, j + 1))
        if mine is None or theirs is None:
            continue
        kind, held = theirs
        if isinstance(mine, str):
            fits = mine == held if kind == "literal" else mine not in held
        else:
            fits = True
        if fits:
            # Both read one character: what can repeat may stay where it is, anything else moves on.
            stays_left = [i, i + 1] if mine is ANY else [i + 1]
            stays_right = [j, j + 1] if kind == "any" else [j + 1]
            todo += [(to_i, to_j) for to_i in stays_left for to_j in stays_right]
    return False
