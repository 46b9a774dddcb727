"""`POST /_garrison/simulate`: what would be decided for a principal of this Garrison."""

from __future__ import annotations

import msgspec

from garrison.access.runtime import Runtime
from garrison.access.simulate import principal_of, simulate
from garrison.policy.explain import Explanation
from garrison.policy.render import render
from garrison.policy.request import ContextValue


class Simulation(msgspec.Struct, forbid_unknown_fields=True):
    """The question."""

    principal: str
    """ARN of a user, role, role session or root user."""
    action: str
    resource: str = "*"
    context: dict[str, str | list[str]] = {}
    region: str | None = None


class Simulated(msgspec.Struct):
    """The answer."""

    explanation: Explanation
    text: str


async def answer(runtime: Runtime, asked: Simulation) -> Simulated:
    """Decide and explain. Raises `AwsError` for a principal there is not."""
    context: dict[str, ContextValue] = {k: v if isinstance(v, str) else tuple(v) for k, v in asked.context.items()}
    explanation = await runtime.store.read(
        lambda reader: simulate(
            runtime, reader, principal_of(reader, asked.principal), asked.action, asked.resource, context,
            region=asked.region,
        )
    )  # fmt: skip
    return Simulated(explanation, render(explanation))
