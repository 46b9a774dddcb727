"""A guardrail of Bedrock stopped a prompt attack.

Logic: specification 2, `Impact:IAMUser/PromptInjection.Direct`: a guardrail intervened for a PROMPT_ATTACK filter of
high confidence. Where exactly CloudTrail carries a guardrail's assessment is not documented; the members have the
names of the Bedrock runtime API ("GuardrailContentFilter"), and are looked for in the answer and the additional data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import text
from garrison.detect.registry import on_event
from garrison.detect.saying import of_call

TYPE = "Impact:IAMUser/PromptInjection.Direct"
_DEPTH = 12


@on_event(
    ApiCall,
    TYPE,
    names=(
        "ApplyGuardrail",
        "Converse",
        "ConverseStream",
        "InvokeModel",
        "InvokeModelWithResponseStream",
    ),  # fmt: skip,
)
def prompt_injection(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source not in ("bedrock", "bedrock-runtime"):
        return ()
    more = call.record.get("additionalEventData")
    found = list(_objects([call.response, more], _DEPTH))
    intervened = any("GUARDRAIL_INTERVENED" in one.values() for one in found if _plain(one))
    attack = any(one.get("type") == "PROMPT_ATTACK" and one.get("confidence") == "HIGH" for one in found)
    if not (intervened and attack):
        return ()
    guardrail = text(call.params.get("guardrailIdentifier"))
    return (of_call(TYPE, call, context, (call.principal, guardrail), resource=guardrail),)


def _plain(one: dict[str, Any]) -> bool:
    return any(isinstance(value, str) for value in one.values())


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth == 0:
        return
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _objects(one, depth - 1)
