"""Whatever the model lets through is answered, or refused with an error that the model of the service has."""

from __future__ import annotations

import random
import string
import uuid
from typing import Any

import pytest

from garrison.aws import models
from garrison.aws.errors import AwsError
from garrison.gateway.protocols import codec
from garrison.services.operation import OPERATIONS
from tests.services.inspector2.inspector import FUNCTION, HOST, IMAGE, Inspector, path, sbom
from tests.services.organizations.house import MANAGEMENT, OTHERS

CALLS = 40
"""Per operation."""
TEXTS = (
    HOST, IMAGE, FUNCTION, "thing", "CVE-2024-1001", "CRITICAL", "ACTIVE", "AWS_EC2_INSTANCE", "x", "=1+1", "../..",
    "%00",
    f"arn:aws:inspector2:us-east-1:{MANAGEMENT}:owner/{MANAGEMENT}/filter/x", "arn:aws:inspector2:::finding/",
    f"arn:aws:inspector2:us-east-1:{MANAGEMENT}:finding/{'0' * 32}", "Europe/Berlin", "02:00", "é\u202e",
)  # fmt: skip


class Anything:
    """Random parameters of a model's shape."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def of(self, shape: Any, name: str = "", depth: int = 0) -> Any:
        kind = shape.type_name
        if shape.metadata.get("document"):
            return self.random.choice(
                [{}, sbom("thing@1.0"), {"components": [1, {"purl": 3}]}, {"imageId": 1}, {"a": [[]]}]
            )
        if kind == "structure":
            required = shape.metadata.get("required", ())
            return {
                key: self.of(member, key, depth + 1)
                for key, member in shape.members.items()
                if key in required or self.random.random() < (0.4 if depth < 2 else 0.2)
            }
        if kind == "list":
            low, high = shape.metadata.get("min", 0), min(shape.metadata.get("max", 3), 3)
            return [self.of(shape.member, name, depth + 1) for _ in range(self.random.randint(low, max(low, high)))]
        if kind == "map":
            return {self.of(shape.key): self.of(shape.value, name, depth + 1) for _ in range(self.random.randint(0, 2))}
        if kind == "string":
            return self.text(shape, name)
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind == "blob":
            return self.random.choice([b"{}", b"\xff", b"[1]", b'{"title": 1}'])
        if kind in ("integer", "long"):
            return self.random.randint(shape.metadata.get("min", 0), min(shape.metadata.get("max", 5), 70000))
        return self.random.choice([0.0, 1.5, 1_790_000_000.0, 1e12])

    def text(self, shape: Any, name: str) -> str:
        if getattr(shape, "enum", None):
            return str(self.random.choice(shape.enum))
        if "ccountId" in name or "ccounts" in name or "Account" in name:
            return self.random.choice([MANAGEMENT, *OTHERS])
        if name in ("scanJobId", "sessionToken", "reportId"):
            return str(uuid.UUID(int=self.random.getrandbits(128)))
        letters = "".join(self.random.choices(string.printable, k=max(shape.metadata.get("min", 1), 3)))
        return self.random.choice([*TEXTS, letters])


def unmodelled(shape: Any, value: Any, place: str) -> list[str]:
    """Where an answer has what its model has not, or lacks what it must have."""
    if shape is None:
        return [place] if value else []
    if shape.type_name == "structure":
        lacking = [f"{place}.{name} is missing" for name in shape.metadata.get("required", ()) if name not in value]
        more = [f"{place}.{name} is not modelled" for name in value if name not in shape.members]
        below = [
            unmodelled(shape.members[name], one, f"{place}.{name}")
            for name, one in value.items()
            if name in shape.members
        ]
        # Details of functions say only what was told of them.
        return (
            [] if place.endswith(".awsLambdaFunction") else [*lacking, *more, *(one for part in below for one in part)]
        )
    if shape.type_name == "list":
        return [one for n, part in enumerate(value) for one in unmodelled(shape.member, part, f"{place}[{n}]")]
    if shape.type_name == "map":
        return [one for key, part in value.items() for one in unmodelled(shape.value, part, f"{place}[{key}]")]
    # The model has the names of the groupings there; groups are what AWS answers (recalled).
    if getattr(shape, "enum", None) and value not in shape.enum and not place.endswith(".groupKey"):
        return [f"{place} is {value}"]
    return []


OURS = sorted(
    (service, name)
    for service, name in OPERATIONS
    if service == "inspector2" or ("Resource" in name and service == "garrison")
)


@pytest.mark.parametrize(("service", "operation"), OURS)
def test_whatever_comes_there_is_an_answer(inspector: Inspector, service: str, operation: str) -> None:
    inspector.host("thing@1.0", "other@1.0", tags={"x": "x"}, reachability={"paths": [path(22)]})
    inspector.run(
        "CreateFilter",
        name="x",
        action="SUPPRESS",
        filterCriteria={"severity": [{"comparison": "EQUALS", "value": "LOW"}]},
    )
    inspector.run("CreateCisScanConfiguration", scanName="x", securityLevel="LEVEL_1", schedule={"oneTime": {}},
                  targets={"accountIds": ["SELF"], "targetResourceTags": {"x": ["x"]}})  # fmt: skip
    model = models.service(service).operation_model(operation)
    shape = model.input_shape
    serialize = codec(service, operation, "rest-json").serialize
    anything = Anything(operation)
    known = {*models.errors(service), "AccessDenied"}
    odd: list[tuple[str, dict[str, Any]]] = []
    for _ in range(CALLS):
        params = anything.of(shape)
        try:
            output = inspector.run(operation, **params)
            assert serialize(output, "id").status == 200
            odd += [(one, params) for one in unmodelled(model.output_shape, output, "")]
        except AwsError as e:
            odd += [] if e.code in known else [(str(e), params)]
    assert odd == []
