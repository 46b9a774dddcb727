"""Cases tried one after the other, as traffic would come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from garrison.waf.explain import Matched, explain
from garrison.waf.state import State
from garrison.waf.trial.case import Case
from garrison.waf.verdict import Verdict
from garrison.waf.web_acl import CompiledWebAcl


class Result(msgspec.Struct, frozen=True):
    """What became of one case."""

    case: Case
    verdict: Verdict
    matched: tuple[Matched, ...]

    @property
    def passed(self) -> bool:
        """Whether it is what was expected; true where nothing was."""
        expected = self.case.expected
        if expected is None:
            return True
        if expected.action == "COUNT":
            return any(expected.rule in (m.rule, m.inner) and not m.terminating for m in self.matched)
        if self.verdict.action != expected.action:
            return False
        if not expected.rule:
            return True
        return self.verdict.rule == expected.rule or any(
            expected.rule in (m.rule, m.inner) for m in self.matched if m.terminating
        )

    @property
    def decided_by(self) -> str:
        """Name of the rule, with the rule inside its group after a `#`."""
        inner = self.verdict.decided_by
        return f"{self.verdict.rule}#{inner.rule}" if inner is not None else self.verdict.rule


def run(acl: CompiledWebAcl, cases: Iterable[Case], state: State, now: float) -> Iterator[Result]:
    """Inspect the cases in order, all at the same time: so that rate-based rules act."""
    for case in cases:
        verdict, matched = explain(acl, case.request, state, now)
        yield Result(case, verdict, tuple(matched))
