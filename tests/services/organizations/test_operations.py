"""Every operation of the model is there, or says why not."""

from __future__ import annotations

from garrison.aws import models
from garrison.services import organizations
from garrison.services.operation import OPERATIONS, UNSUPPORTED


def test_every_operation_is_implemented_or_has_its_reason() -> None:
    assert organizations
    names = set(models.service("organizations").operation_names)
    done = {name for service, name in OPERATIONS if service == "organizations"}
    left_out = {name for service, name in UNSUPPORTED if service == "organizations"}
    assert done | left_out == names
    assert not done & left_out
    assert len(left_out) <= 6
