"""What detectors read: one form for each kind of record, whatever file or stream it came from.

Times are seconds since 1970 (UTC). Addresses are text as the record has them. What a record does not say is None
or "", never a guess.
"""

from __future__ import annotations

from typing import Any

import msgspec


class ApiCall(msgspec.Struct, frozen=True):
    """A CloudTrail record: a management event, a data event (S3, Lambda, ...) or a sign-in."""

    id: str
    """`eventID`: what makes the same record, delivered twice, one."""
    time: float
    account: str
    """`recipientAccountId`, or the caller's account where an old record has none."""
    region: str
    source: str
    """`eventSource` without `.amazonaws.com`: `iam`, `s3`, `signin`."""
    name: str
    """`eventName` without the version that Lambda adds: `AddPermission`, not `AddPermission20150331v2`."""
    identity_type: str
    """`userIdentity.type`: `Root`, `IAMUser`, `AssumedRole`, `FederatedUser`, `AWSAccount`, `AWSService`, ..."""
    principal: str
    """What acts, of low cardinality: the user's ARN, the role's ARN (never the session's), the service's name."""
    principal_id: str
    user_name: str
    access_key: str
    source_address: str
    """`sourceIPAddress`: an address, or a service's name."""
    user_agent: str
    error: str
    """`errorCode`, "" when the call succeeded. Some sign-in events carry `errorMessage` alone: that, then."""
    read_only: bool | None
    data_event: bool
    params: dict[str, Any]
    response: dict[str, Any]
    record: dict[str, Any]
    """The whole record."""
    json: bytes = b""
    """The record as it came, where it came as JSON of its own: for those who keep it."""


class ApiRow(msgspec.Struct, frozen=True, gc=False):
    """What a table keeps of an `ApiCall`, of a record that was not taken apart further: for an import that asks no
    detector. Fields are those of `ApiCall`, and these."""

    id: str
    time: float
    account: str
    region: str
    source: str
    name: str
    identity_type: str
    principal: str
    principal_id: str
    user_name: str
    access_key: str
    source_address: str
    user_agent: str
    error: str
    read_only: bool | None
    data_event: bool
    bucket: str
    """`requestParameters.bucketName` of a call to S3, as `object_key` is its `key`; "" of others."""
    object_key: str
    octets: int
    """`additionalEventData.bytesTransferredOut`."""
    record: bytes
    """The whole record: JSON, as it came."""


class Flow(msgspec.Struct, frozen=True):
    """Some seconds of one connection's one direction, as a VPC flow log, conntrack or a proxy tells it."""

    id: str
    """Of the record: a digest of all it says, where the source gives none."""
    start: float
    end: float
    account: str
    region: str
    instance: str
    """Whose network interface saw it: the instance's id where known, else the interface's, else the host's name."""
    interface: str
    source: str
    destination: str
    source_port: int
    destination_port: int
    protocol: int
    """IANA's number: 6 is TCP, 17 is UDP."""
    packets: int
    octets: int
    accepted: bool
    outbound: bool | None
    """Whether the instance sent it; None where neither the record nor the addresses tell."""
    tcp_flags: int | None = None
    """All flags seen, or-ed: 2 SYN, 18 SYN-ACK, 1 FIN, 4 RST."""


class DnsQuery(msgspec.Struct, frozen=True):
    """A question to a resolver and its answer."""

    id: str
    time: float
    account: str
    region: str
    instance: str
    source: str
    """Address that asked."""
    name: str
    """Lower case, without the last dot."""
    type: str
    rcode: str
    """`NOERROR`, `NXDOMAIN`, ..."""
    answers: tuple[str, ...] = ()


class KubernetesCall(msgspec.Struct, frozen=True):
    """A Kubernetes audit record (audit.k8s.io/v1, as EKS exports it)."""

    id: str
    time: float
    account: str
    region: str
    cluster: str
    verb: str
    resource: str
    """`objectRef.resource`, with its subresource: `pods/exec`."""
    namespace: str
    object_name: str
    user: str
    groups: tuple[str, ...]
    source_addresses: tuple[str, ...]
    user_agent: str
    status: int
    record: dict[str, Any]


class DatabaseLogin(msgspec.Struct, frozen=True):
    """Somebody signed in to a database, or tried."""

    id: str
    time: float
    account: str
    region: str
    database: str
    """The instance's identifier."""
    user: str
    application: str
    source: str
    succeeded: bool


class WebRequest(msgspec.Struct, frozen=True):
    """A request that a load balancer or distribution answered, or a web ACL judged."""

    id: str
    time: float
    account: str
    region: str
    resource: str
    """ARN."""
    source: str
    method: str
    host: str
    path: str
    user_agent: str
    status: int
    action: str
    """What the web ACL did: `ALLOW`, `BLOCK`, `CAPTCHA`, `CHALLENGE`; "" where none judged."""
    labels: tuple[str, ...] = ()
    octets: int = 0
    """Of the answer."""


Event = ApiCall | Flow | DnsQuery | KubernetesCall | DatabaseLogin | WebRequest
