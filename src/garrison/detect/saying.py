"""Detections of what a call, a Kubernetes request or a database sign-in did, in the wire's shapes.

Severity, title and description are the catalogue's. What an event does not say is left out of the finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from garrison.detect.addresses import public
from garrison.detect.catalogue import RULES, TYPES
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall, DatabaseLogin, KubernetesCall
from garrison.detect.parameters import mapping
from garrison.detect.place import remote_ip

Json = dict[str, Any]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def of_call(
    type: str,
    call: ApiCall,
    context: Context,
    key: tuple[str, ...],
    *,
    resource: str = "",
    details: Json | None = None,
    severity: float | None = None,
    rule: str = "",
    evidence: Sequence[Json] = (),
    additional: Json | None = None,
) -> Detection:
    """A detection of one API call; `resource` names what was called on, `details` are its own members."""
    words = {
        "principal": _short(call),
        "address": call.source_address,
        "resource": resource,
        "api": call.name,
        "name": resource,
    }
    about = {"accessKeyDetails": access_key(call)} | (details or {})
    action = {"actionType": "AWS_API_CALL", "awsApiCallAction": api_action(call, context)}
    found = _of(type, call, key, words, about, action, severity, evidence)
    return msgspec.structs.replace(found, additional=additional or {}, rule=rule)


def of_rule(name: str, call: ApiCall, context: Context, *, resource: str = "", details: Json | None = None,
            severity: float | None = None, additional: Json | None = None) -> Detection:  # fmt: skip
    """A detection of a custom detection rule: one finding for each principal and type (specification 1.5)."""
    rule = RULES[name]
    return of_call(
        rule.type, call, context, (call.principal, rule.type), resource=resource, details=details,
        severity=rule.severity if severity is None else severity, rule=name, additional=additional,
    )  # fmt: skip


def access_key(call: ApiCall) -> Json:
    """`accessKeyDetails` of who called."""
    details = {
        "accessKeyId": call.access_key,
        "principalId": call.principal_id,
        "userName": call.user_name or ("Root" if call.identity_type == "Root" else ""),
        "userType": call.identity_type,
    }
    return {name: value for name, value in details.items() if value}


def bucket_details(name: str, permission: str = "", known: Mapping[str, Any] = _NOTHING) -> Json:
    """`s3BucketDetails` of one bucket; `known` is what the context knows of it."""
    bucket: Json = {"name": name, "arn": f"arn:aws:s3:::{name}", "type": "Destination"}
    access = {**known.get("publicAccess", {}), **({"effectivePermission": permission} if permission else {})}
    if access:
        bucket["publicAccess"] = access
    return {"s3BucketDetails": [bucket]}


def of_kubernetes(type: str, call: KubernetesCall, context: Context, key: tuple[str, ...], *, address: str = "",
                  severity: float | None = None, evidence: Sequence[Json] = ()) -> Detection:  # fmt: skip
    """A detection of one request to a cluster."""
    address = address or caller(call)
    words = {"principal": call.user, "address": address, "resource": call.cluster, "api": call.verb}
    resource, _, subresource = call.resource.partition("/")
    action: Json = {
        "requestUri": str(call.record.get("requestURI", "")),
        "verb": call.verb,
        "resource": resource,
        "subresource": subresource,
        "namespace": call.namespace,
        "resourceName": call.object_name,
        "sourceIPs": list(call.source_addresses),
        "userAgent": call.user_agent,
        "statusCode": call.status,
    }
    if address:
        action["remoteIpDetails"] = remote_ip(address, context.place)
    user: Json = {"username": call.user, "groups": list(call.groups)}
    uid = mapping(call.record.get("user")).get("uid")
    if uid:
        user["uid"] = str(uid)
    about: Json = {"kubernetesUserDetails": user}
    if resource in _WORKLOADS:
        about["kubernetesWorkloadDetails"] = {
            "name": call.object_name,
            "type": resource,
            "namespace": call.namespace,
        }
    details = {"eksClusterDetails": {"name": call.cluster}, "kubernetesDetails": about}
    told = {name: value for name, value in action.items() if value}
    done = {"actionType": "KUBERNETES_API_CALL", "kubernetesApiCallAction": told}
    return _of(type, call, key, words, details, done, severity, evidence)


_WORKLOADS = frozenset({"pods", "deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs"})


def caller(call: KubernetesCall) -> str:
    """The outermost address a request came from: `sourceIPs` begins with the client."""
    return call.source_addresses[0] if call.source_addresses else ""


def of_login(type: str, login: DatabaseLogin, context: Context, key: tuple[str, ...], *, failed: int, succeeded: int,
             first: float | None = None, occurrence: str = "", evidence: Sequence[Json] = ()) -> Detection:  # fmt: skip
    """A detection about sign-ins to a database, the last of which is `login`."""
    words = {"principal": login.user, "address": login.source, "resource": login.database}
    details = {
        "rdsDbInstanceDetails": {"dbInstanceIdentifier": login.database},
        "rdsDbUserDetails": {"user": login.user, "application": login.application},
    }
    attempts = {
        "user": login.user,
        "application": login.application,
        "failedLoginAttempts": failed,
        "successfulLoginAttempts": succeeded,
    }
    attempt = {"remoteIpDetails": remote_ip(login.source, context.place), "LoginAttributes": [attempts]}
    action = {"actionType": "RDS_LOGIN_ATTEMPT", "rdsLoginAttemptAction": attempt}
    found = _of(type, login, key, words, details, action, None, evidence)
    begun = login.time if first is None else first
    return msgspec.structs.replace(found, first=begun, occurrence=occurrence or login.id)


def _of(
    type: str,
    event: ApiCall | KubernetesCall | DatabaseLogin,
    key: tuple[str, ...],
    words: dict[str, str],
    details: Json,
    action: Json,
    severity: float | None,
    evidence: Sequence[Json],
) -> Detection:
    """What a detection of one event has, whatever the event was."""
    kind = TYPES[type]
    return Detection(
        type=type,
        account=event.account,
        region=event.region,
        key=key,
        occurrence=event.id,
        first=event.time,
        last=event.time,
        severity=kind.severity if severity is None else severity,
        title=kind.titled(**words),
        description=kind.described(**words),
        resource={"resourceType": kind.resource} | details,
        action=action,
        evidence=tuple(evidence),
        events=(event.id,),
    )


def _short(call: ApiCall) -> str:
    """A principal as people call it: `user jo`, `role deploy`."""
    if call.identity_type == "Root":
        return "the root user"
    kind, slash, name = call.principal.rpartition(":")[2].partition("/")
    return f"{kind} {name.rpartition('/')[2]}" if slash else kind or call.user_name or call.principal_id


def api_action(call: ApiCall, context: Context) -> Json:
    """`awsApiCallAction` of a call."""
    action: Json = {"api": call.name, "serviceName": f"{call.source}.amazonaws.com"}
    if call.error:
        action["errorCode"] = call.error
    if call.user_agent:
        action["userAgent"] = call.user_agent
    if public(call.source_address) or ":" in call.source_address or call.source_address[:1].isdigit():
        action |= {"callerType": "Remote IP", "remoteIpDetails": remote_ip(call.source_address, context.place)}
    elif call.source_address:
        action |= {"callerType": "Domain", "domainDetails": {"domain": call.source_address}}
    return action
