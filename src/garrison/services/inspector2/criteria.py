"""The filter language of findings: FilterCriteria, compiled into a function.

Keys are AND-ed. Under one key, entries are OR-ed, but those that exclude (NOT_EQUALS) must all hold (recalled: AWS
documents neither). An entry of a field with several values fits if any of them does; NOT_EQUALS if none does. What a
finding has not, no entry but NOT_EQUALS fits. A port range fits if it holds all of a finding's ports (a guess: the
narrower reading, since suppression rules are made of these).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from garrison.services.inspector2.resources import Vulnerable
    from garrison.services.inspector2.seen import Seen

Matches = Callable[["Seen"], bool]
Values = Callable[["Seen"], Iterable[Any]]
Entries = Sequence[Mapping[str, Any]]


def compile(criteria: Mapping[str, Any] | None) -> Matches:
    """A function that says whether a finding fits. No criteria: every finding does."""
    parts = [_part(key, entries) for key, entries in (criteria or {}).items() if entries]
    if not parts:
        return lambda seen: True
    if len(parts) == 1:
        return parts[0]
    return lambda seen: all(part(seen) for part in parts)


def _part(key: str, entries: Entries) -> Matches:
    if key == "portRange":
        return lambda seen: _ports(seen, entries)
    if key == "vulnerablePackages":
        return lambda seen: any(_package(one, entry) for entry in entries for one in seen.finding.packages)
    if key == "resourceTags":
        return lambda seen: mapped(seen.covered.tags, entries)
    if key in _TEXTS:
        values = _TEXTS[key]
        return lambda seen: text(values(seen), entries)
    values, low, high = _RANGES[key]
    return lambda seen: within(values(seen), entries, low, high)


def text(values: Iterable[str], entries: Entries) -> bool:
    """Whether values fit entries of StringFilter's form."""
    listed = [value for value in values if value]
    wanted = False
    found = False
    for entry in entries:
        comparison, value = entry["comparison"], entry["value"]
        if comparison == "NOT_EQUALS":
            if value in listed:
                return False
            continue
        wanted = True
        if comparison == "PREFIX":
            found = found or any(one.startswith(value) for one in listed)
        else:
            found = found or value in listed
    return found or not wanted


def mapped(tags: Mapping[str, str], entries: Entries) -> bool:
    """Whether tags fit entries of MapFilter's form: a key, and a value if one is given."""
    return any(e["key"] in tags and ("value" not in e or tags[e["key"]] == e["value"]) for e in entries)


def tagged(targets: Mapping[str, Sequence[str]], entries: Entries | None) -> bool:
    """Whether tags with several values fit entries of TagFilter's form; every one does if there are none."""
    return not entries or any(entry["value"] in targets.get(entry["key"], ()) for entry in entries)


def within(values: Iterable[float | None], entries: Entries, low: str, high: str) -> bool:
    """Whether a number or time lies in one of the ranges, whose ends belong to it."""
    return any(
        value is not None and entry.get(low, float("-inf")) <= value <= entry.get(high, float("inf"))
        for value in values
        for entry in entries
    )


def dates(value: float | None, entries: Entries) -> bool:
    """Entries of DateFilter's form."""
    return within((value,), entries, "startInclusive", "endInclusive")


def numbers(value: float | None, entries: Entries) -> bool:
    """Entries of NumberFilter's form."""
    return within((value,), entries, "lowerInclusive", "upperInclusive")


def _ports(seen: Seen, entries: Entries) -> bool:
    path = seen.finding.path
    return path is not None and any(
        entry.get("beginInclusive", 0) <= path.begin and path.end <= entry.get("endInclusive", 65535)
        for entry in entries
    )


_PACKAGE_TEXTS = {
    "name": "name",
    "version": "version",
    "release": "release",
    "architecture": "arch",
    "sourceLayerHash": "layer",
    "filePath": "path",
}


def _package(one: Vulnerable, entry: Mapping[str, Any]) -> bool:
    for key, wanted in entry.items():
        if key == "epoch":
            if not numbers(one.epoch, [wanted]):
                return False
        elif key == "sourceLambdaLayerArn":
            if not text((), [wanted]):
                return False
        elif not text((getattr(one, _PACKAGE_TEXTS[key]),), [wanted]):
            return False
    return True


def _detail(type: str, name: str) -> Values:
    def values(seen: Seen) -> Iterable[Any]:
        found = seen.covered.details.get(name) if seen.covered.type == type else None
        if found is None:
            return ()
        return found if isinstance(found, list) else (found,)

    return values


def _ec2(name: str) -> Values:
    return _detail("AWS_EC2_INSTANCE", name)


def _ecr(name: str) -> Values:
    return _detail("AWS_ECR_CONTAINER_IMAGE", name)


def _function(name: str) -> Values:
    return _detail("AWS_LAMBDA_FUNCTION", name)


def _code(name: str) -> Values:
    return _detail("CODE_REPOSITORY", name)


def _steps(name: str) -> Values:
    return lambda seen: [step[name] for step in seen.finding.path.steps if name in step] if seen.finding.path else ()


def _exploit(seen: Seen) -> Iterable[str]:
    return ("YES" if seen.finding.exploit else "NO",) if seen.finding.type == "PACKAGE_VULNERABILITY" else ()


def _none(seen: Seen) -> Iterable[Any]:
    """What only resources of other clouds and machine images have."""
    return ()


_TEXTS: dict[str, Values] = {
    "findingArn": lambda seen: (seen.arn,),
    "awsAccountId": lambda seen: (seen.account,),
    "findingType": lambda seen: (seen.finding.type,),
    "severity": lambda seen: (seen.finding.severity,),
    "findingStatus": lambda seen: (seen.status,),
    "title": lambda seen: (seen.finding.title,),
    "resourceType": lambda seen: (seen.covered.type,),
    "resourceId": lambda seen: (seen.resource,),
    "ec2InstanceImageId": _ec2("imageId"),
    "ec2InstanceVpcId": _ec2("vpcId"),
    "ec2InstanceSubnetId": _ec2("subnetId"),
    "ecrImageArchitecture": _ecr("architecture"),
    "ecrImageRegistry": _ecr("registry"),
    "ecrImageRepositoryName": _ecr("repositoryName"),
    "ecrImageTags": _ecr("imageTags"),
    "ecrImageHash": _ecr("imageHash"),
    "networkProtocol": lambda seen: (seen.finding.path.protocol,) if seen.finding.path else (),
    "componentId": _steps("componentId"),
    "componentType": _steps("componentType"),
    "vulnerabilityId": lambda seen: (seen.finding.vulnerability,),
    "vulnerabilitySource": lambda seen: (seen.finding.source,),
    "vendorSeverity": lambda seen: (seen.finding.vendor_severity,),
    "relatedVulnerabilities": lambda seen: seen.finding.related,
    "fixAvailable": lambda seen: (seen.finding.fix,),
    "exploitAvailable": _exploit,
    "lambdaFunctionName": _function("functionName"),
    "lambdaFunctionLayers": _function("layers"),
    "lambdaFunctionRuntime": _function("runtime"),
    "lambdaFunctionExecutionRoleArn": _function("executionRoleArn"),
    "codeVulnerabilityDetectorName": lambda seen: (seen.finding.code.get("detectorName"),),
    "codeVulnerabilityDetectorTags": lambda seen: seen.finding.code.get("detectorTags", ()),
    "codeVulnerabilityFilePath": lambda seen: (seen.finding.code.get("filePath", {}).get("filePath"),),
    "codeRepositoryProjectName": _code("projectName"),
    "codeRepositoryProviderType": _code("providerType"),
    "cloudProvider": lambda seen: ("AWS",),
    "cloudProviderRegion": lambda seen: (seen.region,),
    "cloudProviderAccountId": lambda seen: (seen.account,),
    **dict.fromkeys(
        (
            "machineImageId",
            "machineImageName",
            "machineImageOwnerAccountId",
            "machineImagePlatform",
            "cloudProviderOrgId",
            "cloudVmImageReference",
            "cloudVmNetworkId",
            "cloudVmSubnetIds",
            "cloudImageRepositoryName",
            "cloudImageRegistry",
            "cloudImageDigest",
            "cloudImageTags",
            "cloudImageArchitecture",
            "cloudServerlessFunctionName",
            "cloudServerlessFunctionRuntime",
            "cloudServerlessFunctionExecutionRole",
        ),
        _none,
    ),
}

_DATE = ("startInclusive", "endInclusive")
_NUMBER = ("lowerInclusive", "upperInclusive")
_RANGES: dict[str, tuple[Values, str, str]] = {
    "firstObservedAt": (lambda seen: (seen.finding.first,), *_DATE),
    "lastObservedAt": (lambda seen: (seen.last,), *_DATE),
    "updatedAt": (lambda seen: (seen.finding.updated,), *_DATE),
    "ecrImagePushedAt": (_ecr("pushedAt"), *_DATE),
    "ecrImageLastInUseAt": (_ecr("lastInUseAt"), *_DATE),
    "ecrImageInUseCount": (_ecr("inUseCount"), *_NUMBER),
    "lambdaFunctionLastModifiedAt": (_function("lastModifiedAt"), *_DATE),
    "inspectorScore": (lambda seen: (seen.finding.score,), *_NUMBER),
    "epssScore": (lambda seen: (seen.finding.epss,), *_NUMBER),
    "cloudImagePushedAt": (_none, *_DATE),
    "cloudImageLastInUseAt": (_none, *_DATE),
    "cloudImageInUseCount": (_none, *_NUMBER),
    "cloudServerlessFunctionLastModifiedAt": (_none, *_DATE),
}

KEYS = frozenset({"portRange", "vulnerablePackages", "resourceTags", *_TEXTS, *_RANGES})
"""Every key of FilterCriteria."""
