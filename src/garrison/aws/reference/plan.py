"""What one operation means, compiled: called with parameters, it gives the checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from garrison.aws.reference.check import MARKER, Check, Malformed, Unmapped
from garrison.aws.reference.path import Getter, Params, text
from garrison.aws.reference.template import Template

ABSENT = "\0absent"
"""As the wanted value of a condition: the parameter must not be there."""

NOT = "\0not:"
"""Before the wanted value of a condition: the parameter must be there and have another."""

Context = dict[str, str | tuple[str, ...]]


class Way:
    """One way to name a resource."""

    __slots__ = ("accepts", "each", "fill", "kind", "template")

    def __init__(
        self, template: Template, kind: str | None, accepts: tuple[re.Pattern[str], ...], each: Getter | None
    ) -> None:
        self.template = template
        self.fill = template.fill
        self.kind = kind
        self.accepts = accepts if template.whole else ()
        """For a template that is a whole ARN: the forms it must have one of."""
        self.each = each


class Slot:
    """One resource a check is about: the ways to name it, the first that can be filled wins."""

    __slots__ = ("required", "ways")

    def __init__(self, ways: list[Way], required: bool) -> None:
        self.ways = ways
        self.required = required

    def arns(self, params: Params, account: str, region: str, partition: str) -> list[tuple[str, str | None]] | None:
        """(ARN, resource type) of what the parameters name, None if they name nothing of this kind.

        Raises `Malformed` when they name it by an ARN of another kind.
        """
        wrong: tuple[str, str] | None = None
        for way in self.ways:
            if way.each is not None:
                elements = way.each(params)
                if not elements:
                    continue
                several = []
                for element in elements:
                    arn = self._of({**params, "item": element}, way, account, region, partition)
                    if arn is None:
                        break
                    several.append((arn, way.kind))
                else:
                    return several
                continue
            arn = way.fill(params, account, region, partition)
            if arn is None:
                continue
            if not way.accepts:
                return [(arn, way.kind)]
            for pattern in way.accepts:
                if pattern.fullmatch(arn):
                    return [(arn, way.kind)]
            wrong = wrong or (way.template.whole or "", arn)
        if wrong:
            raise Malformed(*wrong)
        return None

    def _of(self, params: Params, way: Way, account: str, region: str, partition: str) -> str | None:
        for other in self.ways:  # a list may hold ARNs and names alike
            if other.each is way.each:
                arn = other.fill(params, account, region, partition)
                if arn is not None:
                    if other.accepts and not any(p.fullmatch(arn) for p in other.accepts):
                        raise Malformed("item", arn)
                    return arn
        return None


class Extractor:
    """Where one condition key's value comes from."""

    __slots__ = ("getters", "key", "kinds", "many", "suffix")

    def __init__(self, key: str, getters: list[Getter], many: bool, kinds: frozenset[str] | None = None) -> None:
        key = key.replace("<key>", "${key}")  # the reference's other way to write a placeholder
        self.kinds = kinds
        """The resource types the key is there for; None: whatever the action is asked for on."""
        head, brace, tail = key.lower().partition(MARKER)
        self.key = head
        self.suffix = tail.partition("}")[2] if brace else None
        """What follows the placeholder of a templated key; None for a plain key."""
        self.getters = getters
        self.many = many

    def add(self, context: Context, params: Params) -> None:
        for get in self.getters:
            value = get(params)
            if value is None:
                continue
            if self.suffix is not None:
                if isinstance(value, Mapping):
                    for name, one in value.items():
                        context[self.key + str(name).lower() + self.suffix] = text(one)
            elif isinstance(value, list | tuple | dict):
                if not value:
                    continue
                context[self.key] = tuple(text(v) for v in value)
            else:
                context[self.key] = (text(value),) if self.many else text(value)
            return


class CompiledCheck:
    """One check of an operation."""

    __slots__ = (
        "action",
        "each",
        "extractors",
        "fixed",
        "identities",
        "optional",
        "scoped",
        "side",
        "slots",
        "templated",
        "when",
    )

    def __init__(
        self,
        action: str,
        slots: list[Slot],
        extractors: list[Extractor],
        *,
        fixed: Context | None = None,
        templated: list[tuple[str, list[Template]]] | None = None,
        identities: dict[str, str] | None = None,
        side: bool = False,
        optional: bool = False,
        when: Callable[[Params], bool] | None = None,
        each: Getter | None = None,
    ) -> None:
        self.action = action
        self.slots = slots
        """Empty: the action knows no resource types and is asked for on `*`."""
        self.extractors = [e for e in extractors if e.kinds is None]
        self.scoped = [e for e in extractors if e.kinds is not None]
        """Those of keys that are there for some resource types only."""
        self.fixed = fixed or {}
        self.identities = identities or {}
        """Resource type -> the condition key that holds a resource's own id."""
        self.templated = templated or []
        """Condition keys whose values are ARNs."""
        self.side = side
        self.optional = optional
        self.when = when
        self.each = each

    def add(self, out: list[Check], params: Params, account: str, region: str, partition: str) -> None:
        if self.each is not None:
            for element in self.each(params) or ():
                inner = {**params, **element} if isinstance(element, Mapping) else {**params, "item": element}
                if self.when is None or self.when(inner):
                    self._add(out, inner, account, region, partition)
            return
        if self.when is not None and not self.when(params):
            return
        self._add(out, params, account, region, partition)

    def _add(self, out: list[Check], params: Params, account: str, region: str, partition: str) -> None:
        context: Context = {}
        if self.extractors:
            for extractor in self.extractors:
                extractor.add(context, params)
        if self.fixed:
            for key, value in self.fixed.items():
                if value == "@account":
                    value = account
                elif value == "@region":
                    value = region
                context[key] = value
        for key, templates in self.templated:
            for template in templates:
                arn = template.fill(params, account, region, partition)
                if arn is not None:
                    context[key] = arn
                    break
        if not self.slots:
            self._scope(context, None, None, params)
            out.append(Check(self.action, "*", context, self.side))
            return
        before = len(out)
        wrong: Malformed | None = None
        for slot in self.slots:
            try:
                arns = slot.arns(params, account, region, partition)
            except Malformed as e:
                if slot.required:
                    raise
                wrong = e  # another type may be the one that is meant
                continue
            if arns is not None:
                for arn, kind in arns:
                    out.append(Check(self.action, arn, self._scope(context, arn, kind, params), self.side, kind))
            elif slot.required and not self.optional:
                raise Unmapped(f"the resource of {self.action} is not known from the parameters")
        if len(out) == before:
            if wrong is not None:
                raise wrong
            if not self.optional:
                self._refuse_unfit(params)
                self._scope(context, None, None, params)
                out.append(Check(self.action, "*", context, self.side))

    def _scope(self, context: Context, arn: str | None, kind: str | None, params: Params) -> Context:
        """The context of a check on that resource: with the keys that are there for its type."""
        if not self.scoped and not self.identities:
            return context
        if kind is not None:
            context = context.copy()
            key = self.identities.get(kind)
            if key is not None and arn is not None and not arn.endswith("/*") and MARKER not in arn:
                context[key] = arn.rpartition("/")[2]
        for extractor in self.scoped:
            if kind is None or kind in extractor.kinds:  # type: ignore[operator]
                extractor.add(context, params)
        return context

    def _refuse_unfit(self, params: Params) -> None:
        """`*` is for calls that name no resource, not for those that name one in a way that is not understood."""
        for slot in self.slots:
            for way in slot.ways:
                members = way.template.members
                if members and all(params.get(member) is not None for member in members):
                    name = min(members)
                    raise Malformed(name, text(params[name]))


class Plan:
    """What one operation means."""

    __slots__ = ("checks", "source")

    def __init__(self, checks: list[CompiledCheck], source: str) -> None:
        self.checks = checks
        self.source = source
        """`explicit` (our rule for this operation), `rule` (one for its service), `default` (the names alone)."""

    def __call__(self, params: Params, account: str, region: str, partition: str) -> list[Check]:
        out: list[Check] = []
        for check in self.checks:
            check.add(out, params, account, region, partition)
        if not out and self.checks:
            # Conditions and lists may leave nothing over; only an operation that asks for nothing at all is free.
            raise Unmapped("the parameters name nothing the call could be authorized on")
        return out


def given(paths: list[tuple[Getter, str | None]]) -> Callable[[Params], bool]:
    """True when one of the paths has a value (other than an empty list or map), or the value asked for."""

    def test(params: Params) -> bool:
        for get, wanted in paths:
            value: Any = get(params)
            if wanted is ABSENT:
                if value is None or value in ([], {}, (), ""):
                    return True
                continue
            if value is None or (wanted is None and value in ([], {}, (), "")):
                continue
            if wanted is None or (text(value) != wanted[5:] if wanted.startswith(NOT) else text(value) == wanted):
                return True
        return False

    return test
