"""Rules over a batch of calls: each event a rule's expression means is a detection."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from garrison.detect.context import Context
from garrison.detect.custom.engine import BadExpression, Engine
from garrison.detect.custom.rules import rules
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.saying import of_rule

log = logging.getLogger("garrison.detect")


def run(engine: Engine, ids: Iterable[str], calls: Sequence[ApiCall], context: Context) -> list[Detection]:
    """What the rules of some ids find in calls of one account and region. A rule that fails is told of and passed over.

    Only rules that name an event of the batch are asked: most batches have none.
    """
    names = {call.name for call in calls if not call.data_event}
    wanted = [rules()[id] for id in ids if id in rules()]
    wanted = [rule for rule in wanted if any(f"'{name}'" in rule.expression for name in names)]
    if not wanted:
        return []
    by_id = {call.id: call for call in calls if not call.data_event}
    engine.load(by_id.values())
    found = []
    for rule in wanted:
        try:
            events = engine.matching(rule.expression)
        except BadExpression as e:
            log.error("the custom detection rule %s failed: %s", rule.name, e)
            continue
        found += [of_rule(rule.name, by_id[event], context) for event in events if event in by_id]
    return found
