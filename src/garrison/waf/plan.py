"""What is looked for where: gathered while rules are compiled, then walked for each request.

For every field there is a tree of text transformations, so that chains that begin alike are computed once, and at the
end of each chain what to look for in the outcome: patterns for the shared scan, and whole values, beginnings and ends
by dictionary. Each of these is one bit of the field; a statement keeps the bits that make it true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from garrison.waf.fields import compile_field
from garrison.waf.fields.field import Field, Params
from garrison.waf.pre_parse import pre_parsed
from garrison.waf.scan import Blobs, Scanner, is_anchored
from garrison.waf.screen import Screen
from garrison.waf.transformations import TRANSFORMATIONS, Transform

Chain = tuple[Transform, ...]

SEPARABLE = frozenset(
    TRANSFORMATIONS[name] for name in ("LOWERCASE", "UPPERCASE", "URL_DECODE", "URL_DECODE_UNI", "SQL_HEX_DECODE")
)
"""Those that give the same for values joined by NUL as for each of them."""


def chain_of(transformations: Sequence[Mapping[str, Any]]) -> Chain:
    """The functions of TextTransformations, in order of Priority."""
    ordered = sorted(transformations, key=lambda t: t["Priority"])
    return tuple(TRANSFORMATIONS[t["Type"]] for t in ordered if t["Type"] != "NONE")


class Outcome:
    """What is looked for after one chain of transformations. Values of the dictionaries are bits."""

    __slots__ = ("anchored", "by_value", "empty", "exact", "loose", "prefixes", "separable", "suffixes")

    def __init__(self, chain: Chain) -> None:
        self.separable = all(step in SEPARABLE for step in chain)
        self.loose: dict[int, int] = {}
        self.anchored: dict[int, int] = {}
        self.exact: dict[bytes, int] = {}
        self.prefixes: dict[int, dict[bytes, int]] = {}
        self.suffixes: dict[int, dict[bytes, int]] = {}
        self.by_value = False
        """Whether values have to be looked at one by one in any case. Known when the plan is finished."""
        self.empty = True
        """Whether there is nothing to look for. Known when the plan is finished."""

    def finish(self) -> None:
        """Everything has been placed."""
        self.by_value = bool(self.anchored or self.exact or self.prefixes or self.suffixes)
        self.empty = not (self.loose or self.by_value)

    def look(self, value: bytes) -> int:
        """Bits of what is found by dictionary."""
        bits = self.exact.get(value, 0)
        for length, starts in self.prefixes.items():
            bits |= starts.get(value[:length], 0)
        for length, ends in self.suffixes.items():
            bits |= ends.get(value[-length:], 0)
        return bits


class FieldPlan:
    """One field of the requests and everything that is looked for in it."""

    __slots__ = ("_bits", "_chains", "empty", "field", "index", "steps")

    def __init__(self, index: int, field: Field) -> None:
        self.index = index
        self.field = field
        self.steps: list[tuple[int, Transform | None, Outcome]] = [(0, None, Outcome(()))]
        """(index of the step before, function, what to look for afterwards); the first is the value itself."""
        self.empty = True
        """Whether there is nothing to look for after any step. Known when the plan is finished."""
        self._chains: dict[Chain, int] = {(): 0}
        self._bits = 0

    def step(self, chain: Chain) -> int:
        """Index of the last step of a chain."""
        known = self._chains.get(chain)
        if known is None:
            before = self.step(chain[:-1])
            self.steps.append((before, chain[-1], Outcome(chain)))
            known = self._chains[chain] = len(self.steps) - 1
        return known

    def outcome(self, chain: Chain) -> Outcome:
        """What is looked for after a chain."""
        return self.steps[self.step(chain)][2]

    def finish(self) -> None:
        """Everything has been placed."""
        for _, _, outcome in self.steps:
            outcome.finish()
        self.empty = all(outcome.empty for _, _, outcome in self.steps)

    def bit(self) -> int:
        """A bit of its own."""
        self._bits += 1
        return 1 << (self._bits - 1)


class Plan:
    """Fields and patterns of one web ACL."""

    def __init__(self) -> None:
        self.fields: list[FieldPlan] = []
        self._by_key: dict[str, FieldPlan] = {}
        self._patterns: dict[str, int] = {}
        self._memo: dict[Any, int] = {}
        self.loose: Scanner | None = None
        self.anchored: Scanner | None = None
        self.screen = Screen()

    def field(self, params: Params) -> FieldPlan:
        """The plan for the field a statement's parameters name, its PreParseTextTransformations considered."""
        name_and_params = params["FieldToMatch"]
        pre = params.get("PreParseTextTransformations") or ()
        names = tuple(p["Type"] for p in sorted(pre, key=lambda p: p["Priority"]) if p["Type"] != "NONE")
        key = repr((_ordered(name_and_params), names))
        plan = self._by_key.get(key)
        if plan is None:
            field = compile_field(name_and_params)
            if names:
                field = pre_parsed(field, names)
            plan = self._by_key[key] = FieldPlan(len(self.fields), field)
            self.fields.append(plan)
        return plan

    def patterns(self, field: FieldPlan, chain: Chain, patterns: Sequence[str]) -> int:
        """The bit that says that one of the patterns is in a value of the field after a chain."""
        patterns = tuple(patterns)

        def place(bit: int) -> None:
            outcome = field.outcome(chain)
            for pattern in patterns:
                id_ = self.id_of(pattern)
                placed = outcome.anchored if is_anchored(pattern) else outcome.loose
                placed[id_] = placed.get(id_, 0) | bit

        return self._placed(("patterns", field.index, chain, patterns), field, place)

    def id_of(self, pattern: str) -> int:
        """The id the shared scan reports for a pattern."""
        return self._patterns.setdefault(pattern, len(self._patterns))

    def exactly(self, field: FieldPlan, chain: Chain, text: bytes) -> int:
        """The bit for a value equal to `text`."""

        def place(bit: int) -> None:
            field.outcome(chain).exact[text] = bit

        return self._placed(("exact", field.index, chain, text), field, place)

    def starts(self, field: FieldPlan, chain: Chain, text: bytes) -> int:
        """The bit for a value that starts with `text`."""

        def place(bit: int) -> None:
            field.outcome(chain).prefixes.setdefault(len(text), {})[text] = bit

        return self._placed(("starts", field.index, chain, text), field, place)

    def ends(self, field: FieldPlan, chain: Chain, text: bytes) -> int:
        """The bit for a value that ends with `text`, which is not empty."""

        def place(bit: int) -> None:
            field.outcome(chain).suffixes.setdefault(len(text), {})[text] = bit

        return self._placed(("ends", field.index, chain, text), field, place)

    def _placed(self, key: Any, field: FieldPlan, place: Callable[[int], None]) -> int:
        bit = self._memo.get(key)
        if bit is None:
            bit = self._memo[key] = field.bit()
            place(bit)
        return bit

    def finish(self, blobs: Blobs | None) -> None:
        """Compile the patterns. Raises ValueError for one that does not, `MissingExtra` without hyperscan."""
        loose = [(id_, pattern) for pattern, id_ in self._patterns.items() if not is_anchored(pattern)]
        anchored = [(id_, pattern) for pattern, id_ in self._patterns.items() if is_anchored(pattern)]
        self.loose = Scanner(loose, blobs) if loose else None
        self.anchored = Scanner(anchored, blobs) if anchored else None
        self.screen.finish(blobs)
        for field in self.fields:
            field.finish()


def _ordered(node: Any) -> Any:
    if isinstance(node, Mapping):
        return tuple(sorted((key, _ordered(value)) for key, value in node.items()))
    if isinstance(node, list | tuple):
        return tuple(_ordered(item) for item in node)
    return node
