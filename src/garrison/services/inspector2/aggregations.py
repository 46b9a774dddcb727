"""ListFindingAggregations: active findings counted by what they have in common.

That only active findings count is how the console shows them; the API reference does not say it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from garrison.access.call import Call
from garrison.services.inspector2 import criteria, state
from garrison.services.inspector2.errors import invalid
from garrison.services.inspector2.paging import page
from garrison.services.inspector2.resources import CODE_REPOSITORY, EC2, ECR, LAMBDA, NETWORK
from garrison.services.inspector2.seen import ACTIVE, Seen, findings
from garrison.services.inspector2.threads import on_a_thread
from garrison.services.operation import operation
from garrison.store import Reader

Keys = Callable[[Seen], Iterable[tuple[str, ...]]]
Told = Callable[[tuple[str, ...], Seen], dict[str, Any]]


class _Kind(NamedTuple):
    """One aggregation type."""

    member: str
    """Of AggregationRequest and AggregationResponse."""
    keys: Keys
    """The groups a finding belongs to; the account is always the first part."""
    told: Told
    """What is said of a group, out of its key and any finding of it."""
    texts: Mapping[str, Callable[[Seen, tuple[str, ...]], Iterable[str]]] = {}
    """Filters of the request -> the values they are compared with."""
    tags: str = ""
    """The request's filter on tags."""
    extra: str = ""
    """A count besides severities: `networkFindings`, `affectedInstances`, `affectedImages`."""
    exploits: bool = False
    """Also how many have an exploit and how many a fix, under these names."""
    active_names: bool = False


class _Group(msgspec.Struct):
    told: dict[str, Any]
    counts: dict[str, int]
    resources: set[str]
    network: int = 0
    exploits: int = 0
    fixes: int = 0


def _detail(seen: Seen, name: str) -> str:
    return str(seen.covered.details.get(name, ""))


def _of(type: str, *parts: Callable[[Seen], str]) -> Keys:
    """One group per combination of parts, for findings of one resource type; none if a part is empty."""

    def keys(seen: Seen) -> Iterable[tuple[str, ...]]:
        if seen.covered.type != type:
            return ()
        found = tuple(part(seen) for part in parts)
        return ((seen.account, *found),) if all(found) else ()

    return keys


def _layers(seen: Seen) -> Iterable[tuple[str, ...]]:
    if seen.covered.type != ECR:
        return ()
    layers = {one.layer for one in seen.finding.packages if one.layer}
    return [(seen.account, _detail(seen, "repositoryName"), seen.resource, layer) for layer in layers]


def _ec2(key: tuple[str, ...], seen: Seen) -> dict[str, Any]:
    return _filled(
        instanceId=key[1], ami=_detail(seen, "imageId"), operatingSystem=seen.covered.platform,
        instanceTags=seen.covered.tags,
    )  # fmt: skip


def _ecr(key: tuple[str, ...], seen: Seen) -> dict[str, Any]:
    details = seen.covered.details
    return _filled(
        resourceId=key[1], imageSha=details.get("imageHash"), repository=details.get("repositoryName"),
        architecture=details.get("architecture"), imageTags=details.get("imageTags"),
        lastInUseAt=details.get("lastInUseAt"), inUseCount=details.get("inUseCount"),
    )  # fmt: skip


def _function(key: tuple[str, ...], seen: Seen) -> dict[str, Any]:
    details = seen.covered.details
    return _filled(
        resourceId=key[1], functionName=details.get("functionName"), runtime=details.get("runtime"),
        lambdaTags=seen.covered.tags, lastModifiedAt=details.get("lastModifiedAt"),
    )  # fmt: skip


def _project(key: tuple[str, ...], seen: Seen) -> dict[str, Any]:
    return _filled(projectNames=key[2], providerType=_detail(seen, "providerType"), resourceId=key[1])


def _filled(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", {})}


def _listed(value: Any) -> Iterable[str]:
    return value if isinstance(value, list) else () if value is None else (str(value),)


def _by(name: str) -> Callable[[Seen, tuple[str, ...]], Iterable[str]]:
    return lambda seen, key: _listed(seen.covered.details.get(name))


def _resource(seen: Seen) -> str:
    return seen.resource


_RESOURCE_ID: Mapping[str, Callable[[Seen, tuple[str, ...]], Iterable[str]]] = {
    "resourceIds": lambda seen, key: (seen.resource,)
}


def _nobody(seen: Seen) -> Iterable[tuple[str, ...]]:
    """Resources of other clouds: there are none here."""
    return ()


KINDS: dict[str, _Kind] = {
    "ACCOUNT": _Kind("accountAggregation", lambda seen: ((seen.account,),), lambda key, seen: {}, exploits=True),
    "FINDING_TYPE": _Kind(
        "findingTypeAggregation", lambda seen: ((seen.account, seen.finding.type),), lambda key, seen: {}, exploits=True
    ),
    "AMI": _Kind(
        "amiAggregation",
        _of(EC2, lambda seen: _detail(seen, "imageId")),
        lambda key, seen: {"ami": key[1], "scanSource": "INSTANCE_SCAN"},
        {"amis": _by("imageId"), "scanSources": lambda seen, key: ("INSTANCE_SCAN",)},
        extra="affectedInstances",
    ),
    "AWS_EC2_INSTANCE": _Kind(
        "ec2InstanceAggregation",
        _of(EC2, _resource),
        _ec2,
        {
            "amis": _by("imageId"),
            "operatingSystems": lambda seen, key: (seen.covered.platform,),
            "instanceIds": lambda seen, key: (seen.resource,),
        },
        tags="instanceTags",
        extra="networkFindings",
    ),
    "AWS_ECR_CONTAINER": _Kind(
        "awsEcrContainerAggregation",
        _of(ECR, _resource),
        _ecr,
        {
            **_RESOURCE_ID,
            "imageShas": _by("imageHash"),
            "repositories": _by("repositoryName"),
            "architectures": _by("architecture"),
            "imageTags": _by("imageTags"),
        },
    ),
    "IMAGE_LAYER": _Kind(
        "imageLayerAggregation",
        _layers,
        lambda key, seen: {"repository": key[1], "resourceId": key[2], "layerHash": key[3]},
        {**_RESOURCE_ID, "repositories": _by("repositoryName"), "layerHashes": lambda seen, key: (key[3],)},
    ),
    "PACKAGE": _Kind(
        "packageAggregation",
        lambda seen: {(seen.account, one.name) for one in seen.finding.packages},
        lambda key, seen: {"packageName": key[1]},
        {"packageNames": lambda seen, key: (key[1],)},
    ),
    "REPOSITORY": _Kind(
        "repositoryAggregation",
        _of(ECR, lambda seen: _detail(seen, "repositoryName")),
        lambda key, seen: {"repository": key[1]},
        {"repositories": _by("repositoryName")},
        extra="affectedImages",
    ),
    "TITLE": _Kind(
        "titleAggregation",
        lambda seen: ((seen.account, seen.finding.title, seen.finding.vulnerability),),
        lambda key, seen: _filled(title=key[1], vulnerabilityId=key[2]),
        {
            "titles": lambda seen, key: (key[1],),
            "vulnerabilityIds": lambda seen, key: (key[2],),
        },
    ),
    "AWS_LAMBDA_FUNCTION": _Kind(
        "lambdaFunctionAggregation",
        _of(LAMBDA, _resource),
        _function,
        {**_RESOURCE_ID, "functionNames": _by("functionName"), "runtimes": _by("runtime")},
        tags="functionTags",
    ),
    "LAMBDA_LAYER": _Kind(
        "lambdaLayerAggregation",
        lambda seen: (
            [
                (seen.account, _detail(seen, "functionName"), seen.resource, layer)
                for layer in _listed(seen.covered.details.get("layers"))
            ]
            if seen.covered.type == LAMBDA
            else ()
        ),
        lambda key, seen: {"functionName": key[1], "resourceId": key[2], "layerArn": key[3]},
        {**_RESOURCE_ID, "functionNames": _by("functionName"), "layerArns": lambda seen, key: (key[3],)},
    ),
    "CODE_REPOSITORY": _Kind(
        "codeRepositoryAggregation",
        _of(CODE_REPOSITORY, _resource, lambda seen: _detail(seen, "projectName")),
        _project,
        {**_RESOURCE_ID, "projectNames": _by("projectName"), "providerTypes": _by("providerType")},
        exploits=True,
        active_names=True,
    ),
    "VM_INSTANCE": _Kind("vmInstanceAggregation", _nobody, lambda key, seen: {}, extra="networkFindings"),
    "CONTAINER_IMAGE": _Kind("containerImageAggregation", _nobody, lambda key, seen: {}),
    "SERVERLESS_FUNCTION": _Kind("serverlessFunctionAggregation", _nobody, lambda key, seen: {}),
}
_SEVERITIES = ("critical", "high", "medium", "low", "informational", "untriaged")


@operation("inspector2", "ListFindingAggregations", access="read")
@on_a_thread
def list_finding_aggregations(call: Call, reader: Reader) -> dict[str, Any]:
    type = call.params["aggregationType"]
    kind = KINDS[type]
    request = _request(call, kind)
    accounts = [a for a in state.seen(call, reader) if criteria.text((a,), call.params.get("accountIds") or ())]
    groups: dict[tuple[str, ...], _Group] = {}
    for seen in findings(call, reader, accounts):
        if seen.status != ACTIVE or not _wanted(seen, request):
            continue
        for key in kind.keys(seen):
            if _fits(kind, request, seen, key):
                _count(groups, key, seen, kind)
    answers = [(key, _answer(kind, key, group)) for key, group in groups.items()]
    some, rest = page(
        call,
        answers,
        lambda pair: (_rank(pair[1], request.get("sortBy", "ALL")), list(pair[0])),
        default=100,
        descending=request.get("sortOrder", "DESC") == "DESC",
    )
    return {"aggregationType": type, "responses": [{kind.member: answer} for _, answer in some], **rest}


def _request(call: Call, kind: _Kind) -> dict[str, Any]:
    """The request's part for its type. Raises `ValidationException` for one of another type."""
    given = call.params.get("aggregationRequest") or {}
    if given and set(given) != {kind.member}:
        raise invalid(f"aggregationRequest must have {kind.member} for this aggregationType.", "aggregationRequest")
    found: dict[str, Any] = given.get(kind.member, {})
    return found


def _wanted(seen: Seen, request: Mapping[str, Any]) -> bool:
    return request.get("findingType") in (None, seen.finding.type) and request.get("resourceType") in (
        None,
        seen.covered.type,
    )


def _fits(kind: _Kind, request: Mapping[str, Any], seen: Seen, key: tuple[str, ...]) -> bool:
    for name, values in kind.texts.items():
        entries = request.get(name)
        if not entries:
            continue
        if isinstance(entries[0], str):
            entries = [{"comparison": "EQUALS", "value": one} for one in entries]
        if not criteria.text(values(seen, key), entries):
            return False
    if kind.tags and request.get(kind.tags) and not criteria.mapped(seen.covered.tags, request[kind.tags]):
        return False
    details = seen.covered.details
    if request.get("lastInUseAt") and not criteria.dates(details.get("lastInUseAt"), request["lastInUseAt"]):
        return False
    return not request.get("inUseCount") or criteria.numbers(details.get("inUseCount"), request["inUseCount"])


def _count(groups: dict[tuple[str, ...], _Group], key: tuple[str, ...], seen: Seen, kind: _Kind) -> None:
    group = groups.get(key)
    if group is None:
        told = {"accountId": seen.account, **kind.told(key, seen)}
        group = groups[key] = _Group(told, dict.fromkeys(("all", *_SEVERITIES), 0), set())
    group.counts["all"] += 1
    group.counts[seen.finding.severity.lower()] += 1
    group.resources.add(seen.resource)
    group.network += seen.finding.type == NETWORK
    group.exploits += seen.finding.exploit
    group.fixes += seen.finding.fix in ("YES", "PARTIAL")


def _answer(kind: _Kind, key: tuple[str, ...], group: _Group) -> dict[str, Any]:
    answer = {**group.told, "severityCounts": group.counts}
    if kind.extra == "networkFindings":
        answer["networkFindings"] = group.network
    elif kind.extra:
        answer[kind.extra] = len(group.resources)
    if kind.exploits:
        what = "ActiveFindingsCount" if kind.active_names else "Count"
        answer |= {f"exploitAvailable{what}": group.exploits, f"fixAvailable{what}": group.fixes}
    return answer


def _rank(answer: Mapping[str, Any], by: str) -> int:
    if by in ("ALL", "CRITICAL", "HIGH"):
        return int(answer["severityCounts"][by.lower()])
    names = {"AFFECTED_INSTANCES": "affectedInstances", "AFFECTED_IMAGES": "affectedImages"}
    return int(answer.get(names.get(by, "networkFindings"), 0))
