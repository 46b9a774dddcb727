"""Policy decisions per second on one core, beside cedarpy on equivalent policies.

    python -m bench.policy_decisions

The stack: identity policies of 12 or 120 statements, a permissions boundary, three levels of service control policies
(the middle one with a conditional deny) and a resource control policy. *Hot* keeps the compiled plan, as enforcement
does until a policy changes; *cold* compiles the plan anew for every decision, from parsed documents.

Cedar has one layer, so it gets one `permit` per statement and one `forbid` per explicit deny, for a single call per
decision. It is measured with texts (parsed on every call) and with handles parsed beforehand, which is its best.
Times are CPU time of this process, the best of several rounds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import cedarpy

from garrison.policy.document import Document
from garrison.policy.evaluate import Plan, evaluate
from garrison.policy.principal import User
from garrison.policy.request import AttachedPolicy, PolicyType, Request, Stack

ACCOUNT = "123456789012"
ANA = User(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ana", "AIDAEXAMPLEEXAMPLEANA")
CONTEXT: dict[str, str | tuple[str, ...]] = {
    "aws:username": "ana",
    "aws:principaltag/team": "blue",
    "aws:requestedregion": "eu-central-1",
    "aws:securetransport": "true",
    "aws:sourceip": "10.1.2.3",
}
SERVICES = ("s3", "sqs", "sns", "dynamodb", "kms", "lambda")


def statements(count: int) -> list[dict[str, Any]]:
    """Allows for tables, queues, buckets, ... of several services; every twelfth is a conditional deny."""
    made: list[dict[str, Any]] = []
    for index in range(count):
        service = SERVICES[index % len(SERVICES)]
        if index % 12 == 11:
            made.append(_deny([f"{service}:Delete*", "s3:Delete*"], {"Bool": {"aws:MultiFactorAuthPresent": "false"}}))
            continue
        made.append(
            {
                "Effect": "Allow",
                "Action": [f"{service}:Get*", f"{service}:List*", f"{service}:Put*"],
                "Resource": f"arn:aws:{service}:::team-{index}/*",
                "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["blue", "green"]}},
            }
        )
    return made


def _deny(action: Any, condition: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition, **more}


def stack_of(count: int) -> Stack:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    abroad = _deny("*", {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}})
    unencrypted = _deny("s3:*", {"Bool": {"aws:SecureTransport": "false"}}, Principal="*")
    boundary = {"Effect": "Allow", "Action": [f"{service}:*" for service in SERVICES], "Resource": "*"}
    return Stack(
        identity=[_policy(PolicyType.IDENTITY, *statements(count))],
        boundary=_policy(PolicyType.BOUNDARY, boundary),
        scps=[
            [_policy(PolicyType.SCP, everything)],
            [_policy(PolicyType.SCP, everything), _policy(PolicyType.SCP, abroad)],
            [_policy(PolicyType.SCP, everything)],
        ],
        rcps=[[_policy(PolicyType.RCP, unencrypted)]],
    )


def _policy(kind: PolicyType, *found: dict[str, Any]) -> AttachedPolicy:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(found)})
    return AttachedPolicy(Document.parse(text, kind), kind, str(kind))


def requests_of(count: int) -> list[Request]:
    """Allowed and denied ones, for the first, a middle and the last bucket, and none."""
    buckets = [index for index in range(count) if index % len(SERVICES) == 0 and index % 12 != 11]
    chosen = [buckets[0], buckets[len(buckets) // 2], buckets[-1], 9999]
    return [
        Request(ANA, action, f"arn:aws:s3:::team-{bucket}/report", ACCOUNT, CONTEXT)
        for bucket in chosen
        for action in ("s3:GetObject", "s3:PutObject")
    ]


def cedar_of(count: int) -> str:
    """The same rules in Cedar: wildcards become `like`, which is Cedar's word for them."""
    rules: list[str] = []
    for index, statement in enumerate(statements(count)):
        actions = " || ".join(f'context.action like "{action}"' for action in statement["Action"])
        if statement["Effect"] == "Deny":
            rules.append(f"forbid (principal, action, resource) when {{ ({actions}) && !context.mfa }};")
        else:
            rules.append(
                f"permit (principal, action, resource) when {{ ({actions}) && "
                f'context.resource like "arn:aws:{SERVICES[index % len(SERVICES)]}:::team-{index}/*" && '
                'context.team == "blue" };'
            )
    rules.append(
        'forbid (principal, action, resource) when { !(context.region == "eu-central-1" || '
        'context.region == "eu-west-1") };'
    )
    rules.append('forbid (principal, action, resource) when { context.action like "s3:*" && !context.tls };')
    return "\n".join(rules)


def cedar_request(request: Request) -> dict[str, Any]:
    return {
        "principal": 'User::"ana"',
        "action": 'Action::"call"',
        "resource": 'Resource::"any"',
        "context": {
            "action": request.action,
            "resource": request.resource,
            "team": "blue",
            "region": "eu-central-1",
            "tls": True,
            "mfa": True,
        },
    }


def rate(function: Callable[[], object], per_call: int, seconds: float = 0.3, rounds: int = 3) -> float:
    """Decisions per second of CPU time: the best of several rounds."""
    best = 0.0
    for _ in range(rounds):
        done, begin = 0, time.process_time()
        while (spent := time.process_time() - begin) < seconds:
            function()
            done += per_call
        best = max(best, done / spent)
    return best


def measure(count: int) -> list[tuple[str, float]]:
    stack, requests = stack_of(count), requests_of(count)
    plan = Plan(stack)
    policies, entities = cedar_of(count), "[]"
    handle, handled = cedarpy.PolicySet.from_str(policies), cedarpy.Entities.from_json_str(entities)
    asked = [cedar_request(request) for request in requests]
    for request, question in zip(requests, asked, strict=True):
        answer = cedarpy.is_authorized(question, handle, handled)
        assert answer.allowed == plan.evaluate(request).allowed, (request, answer.diagnostics)
    repeated = requests * 50

    def hot() -> None:
        judge = plan.evaluate
        for request in repeated:
            judge(request)

    def cold() -> None:
        for request in repeated:
            evaluate(request, stack)

    def cedar_handles() -> None:
        for question in asked:
            cedarpy.is_authorized(question, handle, handled)

    def cedar_texts() -> None:
        cedarpy.is_authorized(asked[0], policies, entities)

    return [
        ("garrison, hot", rate(hot, len(repeated))),
        ("garrison, cold", rate(cold, len(repeated))),
        ("cedarpy, parsed beforehand", rate(cedar_handles, len(asked))),
        ("cedarpy, per call", rate(cedar_texts, 1)),
    ]


def main() -> None:
    """Print the table."""
    for count in (12, 120):
        rows = measure(count)
        per_call, handles = rows[-1][1], rows[-2][1]
        print(f"\n{count} statements, boundary, three SCP levels, RCP")
        print(f"  {'':28}{'decisions/s':>14}{'x cedarpy per call':>22}{'x cedarpy parsed':>20}")
        for name, value in rows:
            print(f"  {name:28}{value:>14,.0f}{value / per_call:>22,.1f}{value / handles:>20,.1f}")


if __name__ == "__main__":
    main()
