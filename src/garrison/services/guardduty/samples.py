"""CreateSampleFindings: a finding of each type, marked as a sample, as if it had been detected.

Source: API reference, `CreateSampleFindings`; user guide, "Sample findings": titles begin with `[SAMPLE]`. Asked again,
the same sample counts once more.
"""

from __future__ import annotations

import uuid
from typing import Any

from garrison.access.call import Call
from garrison.detect.catalogue import TYPES, FindingType
from garrison.detect.detection import Detection
from garrison.services.guardduty import sample_details
from garrison.services.guardduty.detectors import load
from garrison.services.guardduty.errors import rejected
from garrison.services.guardduty.findings import keep
from garrison.services.guardduty.resources import Detector
from garrison.services.operation import operation
from garrison.store import Resource, Transaction

AT_ONCE = 50


@operation("guardduty", "CreateSampleFindings", access="write")
def create_sample_findings(call: Call, tx: Transaction) -> dict[str, Any]:
    detector = load(call, tx)
    wanted = call.params.get("FindingTypes") or []
    if len(wanted) > AT_ONCE:
        raise rejected(f"the input findingTypes contains more than {AT_ONCE} types.")
    unknown = [name for name in wanted if name not in TYPES]
    if unknown:
        raise rejected(f"the input findingTypes contains the unknown type {unknown[0]}.")
    some = [_sample(call, detector, TYPES[name]) for name in dict.fromkeys(wanted or TYPES)]
    keep(tx, detector, some, now=call.now, partition=call.partition)
    return {}


def _sample(call: Call, detector: Resource[Detector], kind: FindingType) -> Detection:
    words = {
        "address": sample_details.ADDRESS,
        "principal": sample_details.ROLE,
        "name": sample_details.DOMAIN,
        "resource": sample_details.NAMES.get(kind.resource, sample_details.ROLE),
    }
    rule = "GeneratedFindingRuleName" if kind.feature == "CUSTOM_DETECTION_RULES" else ""
    return Detection(
        type=kind.name,
        account=detector.account,
        region=detector.region,
        key=("sample",),
        occurrence=uuid.uuid4().hex,
        first=call.now,
        last=call.now,
        severity=kind.severity,
        title=f"[SAMPLE] {kind.titled(**words)}",
        description=kind.described(**words),
        resource=sample_details.resource(kind.resource, call.partition, detector.account, detector.region),
        action=sample_details.action(kind.action),
        additional={"sample": True},
        rule=rule,
    )
