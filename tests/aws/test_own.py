"""Models of our own are services like any other, without being installed anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from garrison.aws import models, own, service_index
from garrison.aws.reference import actions, data
from garrison.aws.reference.standing import Standing, standing

NAMES = sorted(own.services())


@pytest.mark.parametrize("name", NAMES)
def test_a_service_of_ours_is_found_and_its_index_agrees_with_its_model(name: str) -> None:
    model, entry = models.service(name), service_index.index().services[name]
    assert entry.names == frozenset(model.operation_names)
    assert entry.signing_name == model.signing_name
    assert name in models.services()


@pytest.mark.parametrize("name", NAMES)
def test_policies_can_grant_each_of_its_operations_and_nothing_else(name: str) -> None:
    operations = frozenset(models.service(name).operation_names)
    prefix = service_index.index().services[name].signing_name
    assert set(actions.actions(prefix)) == operations
    for operation in operations:
        assert standing(name, operation)[0] is not Standing.CLOSED
        assert actions.action_exists(f"{prefix}:{operation}")
    assert data.service_name(prefix) == "Garrison"


@pytest.mark.parametrize("name", NAMES)
def test_no_service_of_ours_hides_one_of_aws(name: str) -> None:
    assert not (models.data_directory() / name).exists()


@pytest.mark.parametrize("name", NAMES)
def test_every_shape_is_used_and_every_error_has_a_status(name: str) -> None:
    model = models.service(name)
    used: set[str] = set()

    def walk(shape: str) -> None:
        if shape in used:
            return
        used.add(shape)
        known = own.model(name)["shapes"][shape]
        inner = [*known.get("members", {}).values(), known.get("member"), known.get("key"), known.get("value")]
        for reference in filter(None, inner):
            walk(reference["shape"])

    for operation in own.model(name)["operations"].values():
        for reference in (operation.get("input"), operation.get("output"), *operation["errors"]):
            if reference:
                walk(reference["shape"])
    assert set(model.shape_names) == used
    assert all(error.status >= 400 for error in models.errors(name).values())


MORE = {
    "operations": {
        "AcceptTestAgreement": {
            "name": "AcceptTestAgreement",
            "http": {"method": "POST", "requestUri": "/v1/test-agreement/accept", "responseCode": 200},
            "input": {"shape": "AcceptTestAgreementRequest"},
            "errors": [{"shape": "ValidationException"}],
        }
    },
    "shapes": {
        "AcceptTestAgreementRequest": {
            "type": "structure",
            "required": ["agreementId"],
            "members": {"agreementId": {"shape": "AcceptTestAgreementId"}},
        },
        "AcceptTestAgreementId": {"type": "string"},
    },
}


@pytest.fixture
def extended(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Artifact with an operation more."""
    for cached in (service_index.index, models.service):
        cached.cache_clear()
    monkeypatch.setattr(own, "extended", lambda: frozenset({"artifact"}))
    monkeypatch.setattr(own, "additions", lambda service: MORE)
    yield
    for cached in (service_index.index, models.service):
        cached.cache_clear()


@pytest.mark.usefixtures("extended")
def test_operations_that_sdks_lack_join_the_service_they_belong_to() -> None:
    model, entry = models.service("artifact"), service_index.index().services["artifact"]
    assert entry.names == frozenset(model.operation_names)
    assert {"GetReport", "AcceptTestAgreement"} <= entry.names
    shape = model.operation_model("AcceptTestAgreement").input_shape
    assert shape is not None
    assert list(shape.members) == ["agreementId"]
    assert "/v1/test-agreement/accept" in [rest.uri for rest in entry.bindings()]
