"""The models are botocore's, and the index of them is up to date."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

from garrison.aws import models
from garrison.aws.errors import AwsError
from garrison.aws.service_index import index


def test_the_index_is_of_the_installed_botocore() -> None:
    """If this fails: `python scripts/build_service_index.py`."""
    assert index().botocore == version("botocore")


def test_the_index_says_what_the_models_say() -> None:
    for name in ("iam", "kms", "s3", "elbv2", "cloudwatch"):
        model, entry = models.service(name), index().services[name]
        assert entry.names == frozenset(model.operation_names)
        assert models.signing_name(name) == model.signing_name
        assert models.endpoint_prefix(name) == model.endpoint_prefix
        assert models.target_prefix(name) == model.metadata.get("targetPrefix", "")


def test_the_newest_version_of_a_service_counts() -> None:
    assert models.service("cloudfront").api_version == index().services["cloudfront"].version == "2020-05-31"


def test_errors_are_known_by_code_and_by_shape() -> None:
    known = models.errors("iam")
    assert known["NoSuchEntity"].status == 404
    assert known["NoSuchEntity"] is known["NoSuchEntityException"]
    assert known["ServiceFailure"].fault
    assert models.errors("cloudwatch")["ResourceNotFound"].shape == "DashboardNotFoundError"


def test_unknown_names_are_errors_of_aws() -> None:
    with pytest.raises(AwsError, match="UnknownOperationException"):
        models.operation("iam", "MakeCoffee")
    with pytest.raises(AwsError, match="UnknownOperationException"):
        models.operation("../iam", "GetUser")


def test_routing_opens_no_model_and_does_not_import_botocore() -> None:
    code = (
        "import sys; from garrison.gateway.route import route; from garrison.access.call import HttpRequest; "
        "h = (('content-type', 'application/x-www-form-urlencoded'),); "
        "b = b'Action=GetCallerIdentity&Version=2011-06-15'; "
        "assert route(HttpRequest('POST', '/', '', h, b, '')).service == 'sts'; "
        "assert not any(m.startswith('botocore') for m in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
