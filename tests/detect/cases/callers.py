"""Callers whose addresses say something: on lists, outside AWS, in another account."""

from __future__ import annotations

from typing import Any

from garrison.detect.events import Event
from tests.detect.case import Case
from tests.detect.making import ADDRESS, AGENT, OTHER, api, kube, login

KINDS = {"MaliciousIPCaller": "malicious", "MaliciousIPCaller.Custom": "custom", "TorIPCaller": "tor"}
INSTANCE = "i-0aa11bb22cc33dd44"
INSIDE = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS"
OUTSIDE = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"
RESOURCE = "UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS"


def _listed(category: str) -> dict[str, tuple[str, ...]]:
    return {ADDRESS: (category,)}


_BUCKET = {"bucketName": "invoices", "key": "2031.csv"}
_CALLS = {
    "Recon:IAMUser": api("iam", "ListUsers", read_only=True),
    "UnauthorizedAccess:IAMUser": api("ec2", "RunInstances", {"instanceType": "t3.micro"}),
    "Discovery:S3": api("s3", "ListObjects", {"bucketName": "invoices"}, read_only=True, data=True),
}
_READ = api("s3", "GetObject", _BUCKET, read_only=True, data=True)
_WRITE = api("s3", "DeleteObject", _BUCKET, data=True)
_API: tuple[tuple[str, Event, str], ...] = (
    *((f"{tactic}/{kind}", event, category) for tactic, event in _CALLS.items() for kind, category in KINDS.items()),
    ("Exfiltration:S3/MaliciousIPCaller", _READ, "c2"),
    ("Impact:S3/MaliciousIPCaller", _WRITE, "malicious"),
    ("UnauthorizedAccess:S3/MaliciousIPCaller.Custom", _READ, "custom"),
    ("UnauthorizedAccess:S3/TorIPCaller", _WRITE, "tor"),
)
_CLUSTER = {
    "CredentialAccess": kube("list", "secrets"),
    "DefenseEvasion": kube("delete", "events"),
    "Discovery": kube("list", "pods"),
    "Impact": kube("delete", "deployments"),
    "Persistence": kube("create", "serviceaccounts"),
}
_LISTED: tuple[tuple[str, Event, str], ...] = (
    *_API,
    *(
        (f"{tactic}:Kubernetes/{kind}", event, category)
        for tactic, event in _CLUSTER.items()
        for kind, category in KINDS.items()
    ),
    *(
        (f"{what}", login(succeeded=succeeded, user=user), category)
        for kind, category in (("MaliciousIPCaller", "malicious"), ("TorIPCaller", "tor"))
        for what, succeeded, user in (
            (f"CredentialAccess:RDS/{kind}.SuccessfulLogin", True, "ledger"),
            (f"CredentialAccess:RDS/{kind}.FailedLogin", False, "ledger"),
            (f"Discovery:RDS/{kind}", False, ""),
        )
    ),
)


def _session(name: str, **more: Any) -> Any:
    return api("s3", "ListBuckets", who="role", session=name, read_only=True, **more)


CASES: tuple[Case, ...] = tuple(
    Case(name=f"listed: {type}", events=(event,), fires=(type,), intel=_listed(category))
    for type, event, category in _LISTED
)
CASES += (
    Case(
        name="callers are on no list, on a list of resolvers, or services",
        events=(*(event for _, event, _ in _LISTED), api("ec2", "RunInstances", who="service")),
        near=tuple(type for type, _, _ in _LISTED),
        intel={"192.0.2.99": ("malicious", "tor", "custom"), ADDRESS: ("doh",), "config.amazonaws.com": ("malicious",)},
    ),
    Case(
        name="an instance's credentials are used from a network that is not Amazon's",
        events=(_session(INSTANCE),),
        places={ADDRESS: 3320},
        fires=(OUTSIDE,),
    ),
    Case(
        name="an instance's credentials are used where they belong",
        events=(
            _session(INSTANCE),
            _session(INSTANCE, address="10.0.0.7"),
            _session(INSTANCE, address="192.0.2.5", identity={"invokedBy": "athena.amazonaws.com"}),
            api("ssmmessages", "OpenDataChannel", who="role", session=INSTANCE, address="192.0.2.4"),
            _session(INSTANCE, address="192.0.2.1"),
            _session(INSTANCE, vpcEndpointId="vpce-1", vpcEndpointAccountId="111122223333"),
            _session(INSTANCE, address="192.0.2.2", agent="aws-sdk-go/1.4"),
            _session("morgan", address="192.0.2.3"),
        ),
        places={ADDRESS: 16509, "192.0.2.1": 14618, "192.0.2.2": 16509},
        near=(OUTSIDE, INSIDE),
    ),
    Case(
        name="an instance's credentials come through an endpoint of another account",
        events=(_session(INSTANCE, vpcEndpointId="vpce-1", vpcEndpointAccountId=OTHER),),
        fires=(INSIDE,),
    ),
    Case(
        name="a function's credentials are used from a network that is not Amazon's",
        events=(
            _session(
                "resize",
                identity={
                    "inScopeOf": {
                        "issuerType": "AWS::Lambda::Function",
                        "credentialsIssuedTo": "arn:aws:lambda:eu-west-1:111122223333:function:resize",
                    }
                },
            ),
        ),
        places={ADDRESS: 3320},
        fires=(RESOURCE,),
    ),
    Case(
        name="a task's credentials are used from a network that is not Amazon's",
        events=(_session("0123456789abcdef0123456789abcdef"),),
        places={ADDRESS: 3320},
        fires=(RESOURCE,),
    ),
    Case(
        name="a task's credentials are used within AWS, and people sit anywhere",
        events=(_session("0123456789abcdef0123456789abcdef"), _session("morgan", address="192.0.2.3", agent=AGENT)),
        places={ADDRESS: 16509, "192.0.2.3": 3320},
        near=(RESOURCE,),
    ),
)
