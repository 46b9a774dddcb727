"""Sample findings, of every type there is."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.validate import ParamValidator

from garrison.detect.catalogue import TYPES
from tests.services.guardduty.guarded import STEALTH, Guarded


def test_every_type_has_a_sample(guarded: Guarded) -> None:
    guarded.mine("CreateSampleFindings")
    ids = []
    token = ""
    while True:
        page = guarded.mine("ListFindings", MaxResults=50, NextToken=token)
        ids += page["FindingIds"]
        token = page.get("NextToken", "")
        if not token:
            break
    shape = botocore.session.get_session().get_service_model("guardduty").shape_for("Finding")
    found = [
        one
        for n in range(0, len(ids), 50)
        for one in guarded.mine("GetFindings", FindingIds=ids[n : n + 50])["Findings"]
    ]
    for one in found:
        assert not ParamValidator().validate(one, shape).has_errors(), one
        assert one["Title"].startswith("[SAMPLE] ")
    assert {one["Type"] for one in found} == set(TYPES)
    sample = guarded.listed(**{"service.additionalInfo.sample": {"Eq": ["true"]}, "type": {"Eq": [STEALTH]}})
    assert len(sample) == 1


def test_named_types_have_samples_and_unknown_ones_none(guarded: Guarded) -> None:
    guarded.mine("CreateSampleFindings", FindingTypes=[STEALTH])
    guarded.mine("CreateSampleFindings", FindingTypes=[STEALTH])
    (id,) = guarded.listed()
    assert guarded.finding(id)["Service"]["Count"] == 2
    with pytest.raises(Exception, match="unknown type"):
        guarded.mine("CreateSampleFindings", FindingTypes=["Nothing:EC2/Known"])
