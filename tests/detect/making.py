"""Events for labelled examples, with everything an example does not speak of."""

from __future__ import annotations

import itertools
from typing import Any

from garrison.detect.events import ApiCall, DatabaseLogin, KubernetesCall

ACCOUNT = "111122223333"
OTHER = "444455556666"
"""An account that is not the user's."""
NOW = 1_795_000_000.0
AGENT = "aws-cli/2.31.0 md/Botocore#1.44.5 ua/2.1 os/linux#6.1.0 lang/python#3.13.7"
ADDRESS = "198.51.100.23"
_ids = itertools.count(1)


def _id() -> str:
    return f"00000000-0000-4000-8000-{next(_ids):012d}"


def api(
    source: str,
    name: str,
    params: dict[str, Any] | None = None,
    *,
    response: dict[str, Any] | None = None,
    error: str = "",
    who: str = "user",
    address: str = ADDRESS,
    agent: str = AGENT,
    read_only: bool | None = False,
    data: bool = False,
    session: str = "deploy",
    identity: dict[str, Any] | None = None,
    more: dict[str, Any] | None = None,
    time: float = NOW,
    account: str = ACCOUNT,
    **record: Any,
) -> ApiCall:
    """A call by `user` morgan, by a session of `role` release, by the `root` user, or by a `service`."""
    types = {"user": "IAMUser", "role": "AssumedRole", "root": "Root", "service": "AWSService"}
    arns = {
        "user": f"arn:aws:iam::{account}:user/morgan",
        "role": f"arn:aws:iam::{account}:role/release",
        "root": f"arn:aws:iam::{account}:root",
        "service": "config.amazonaws.com",
    }
    ids = {
        "user": "AIDAEXAMPLEMORGAN0001",
        "role": f"AROAEXAMPLERELEASE001:{session}",
        "root": account,
        "service": "",
    }
    given = {"type": types[who], "arn": arns[who], "principalId": ids[who], "accountId": account} | (identity or {})
    id = _id()
    whole: dict[str, Any] = {
        "eventID": id,
        "eventName": name,
        "eventSource": f"{source}.amazonaws.com",
        "userIdentity": given,
        "requestParameters": params,
        "responseElements": response,
        **record,
    }
    if more is not None:
        whole["additionalEventData"] = more
    return ApiCall(
        id=id, time=time, account=account, region="eu-west-1", source=source, name=name, identity_type=types[who],
        principal=arns[who], principal_id=ids[who], user_name={"user": "morgan", "role": "release"}.get(who, ""),
        access_key="AKIAEXAMPLEMORGAN0001" if who == "user" else "ASIAEXAMPLESESSION001",
        source_address="config.amazonaws.com" if who == "service" else address, user_agent=agent, error=error,
        read_only=read_only, data_event=data, params=params or {}, response=response or {}, record=whole,
    )  # fmt: skip


def kube(
    verb: str,
    resource: str,
    *,
    namespace: str = "shop",
    name: str = "web",
    user: str = "morgan",
    groups: tuple[str, ...] = ("system:authenticated",),
    addresses: tuple[str, ...] = (ADDRESS,),
    status: int = 200,
    uri: str = "",
    request: Any = None,
    response: Any = None,
    time: float = NOW,
) -> KubernetesCall:
    """A request to the cluster `harbour`."""
    id = _id()
    record: dict[str, Any] = {"auditID": id, "requestURI": uri or f"/api/v1/namespaces/{namespace}/{resource}/{name}"}
    if request is not None:
        record["requestObject"] = request
    if response is not None:
        record["responseObject"] = response
    return KubernetesCall(
        id=id, time=time, account=ACCOUNT, region="eu-west-1", cluster="harbour", verb=verb, resource=resource,
        namespace=namespace, object_name=name, user=user, groups=groups, source_addresses=addresses,
        user_agent="kubectl/v1.34.0 (linux/amd64)", status=status, record=record,
    )  # fmt: skip


def login(
    *, succeeded: bool, user: str = "ledger", source: str = ADDRESS, time: float = NOW, database: str = "accounts-db"
) -> DatabaseLogin:
    """A sign-in to a database."""
    return DatabaseLogin(
        id=_id(), time=time, account=ACCOUNT, region="eu-west-1", database=database, user=user, application="psql",
        source=source, succeeded=succeeded,
    )  # fmt: skip
