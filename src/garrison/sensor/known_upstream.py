"""Buckets and instances as the upstream has them, asked when a detector asks: by the readers the gateway decides by."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from garrison.detect.bucket_access import bucket_access
from garrison.gateway.settings import Settings
from garrison.gateway.upstream.ask import Ask, Unreadable
from garrison.gateway.upstream.client import Client
from garrison.gateway.upstream.origin import Credentials, read_origins
from garrison.gateway.upstream.resources import ec2, s3
from garrison.gateway.upstream.resources.aspects import place_of
from garrison.policy.reader import PolicyError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

log = logging.getLogger("garrison.sensor")

_PATIENCE = 5.0
"""Seconds an upstream is waited for: what it does not say by then is not known."""
_AGE = 1.0
"""Seconds an answer is kept: several detectors ask about one event."""
_MOST = 1_000


class KnownUpstream:
    """Called with a kind and an id. Without an upstream nothing is known."""

    def __init__(self, settings: Settings) -> None:
        self._origins = read_origins(settings.upstreams)
        self._credentials = Credentials(
            settings.upstream_access_key_id, settings.upstream_secret_access_key, settings.upstream_session_token
        )
        self._owner = settings.upstream_account or settings.account_id
        self._region = settings.region
        self._remembered: dict[tuple[str, str], tuple[float, Mapping[str, Any]]] = {}

    def __call__(self, account: str, kind: str, id: str) -> Mapping[str, Any]:
        """A `bucket`: settings of its public access block, and `publicAccess` as findings have it. An `instance`: its
        details as findings have them. {} where the upstream does not say, and for any other account than its own."""
        reader = _READERS.get(kind)
        if reader is None or not id or account != self._owner or self._origins.of(reader[0]) is None:
            return {}
        now = time.monotonic()
        known = self._remembered.get((kind, id))
        if known is not None and now - known[0] < _AGE:
            return known[1]
        if len(self._remembered) >= _MOST:
            self._remembered.clear()
        found = self._ask(reader[1], id)
        self._remembered[kind, id] = (now, found)
        return found

    def _ask(self, read: _Read, id: str) -> Mapping[str, Any]:
        async def asked() -> Mapping[str, Any]:
            client = Client(_PATIENCE)
            try:
                async with asyncio.timeout(_PATIENCE):
                    return await read(Ask(client, self._origins, self._credentials), id, self._region)
            finally:
                client.close()

        try:
            return asyncio.run(asked())
        except (Unreadable, PolicyError, TimeoutError) as e:
            log.warning("what the upstream has of %s is not known: %s", id, e or "it did not answer in time")
            return {}


_Read = Callable[[Ask, str, str], Awaitable[Mapping[str, Any]]]


async def _bucket(ask: Ask, id: str, region: str) -> Mapping[str, Any]:
    place = place_of(f"arn:aws:s3:::{id}", region)
    doors = await s3.doors(ask, place) if place is not None else None
    return {} if doors is None else bucket_access(id, doors.policy, doors.block, doors.groups)


async def _instance(ask: Ask, id: str, region: str) -> Mapping[str, Any]:
    found = await ec2.instance(ask, id, region) if id.startswith("i-") else None
    return {} if found is None else _details(found)


def _details(instance: Element) -> dict[str, Any]:
    """`instanceDetails` of a finding, as far as DescribeInstances says."""

    def text(element: Element, path: str) -> str:
        return element.findtext(path) or ""

    interfaces = [
        {
            "networkInterfaceId": text(one, "networkInterfaceId"),
            "privateIpAddress": text(one, "privateIpAddress"),
            "publicIp": text(one, "association/publicIp"),
            "subnetId": text(one, "subnetId"),
            "vpcId": text(one, "vpcId"),
            "securityGroups": [
                {"groupId": text(group, "groupId"), "groupName": text(group, "groupName")}
                for group in one.iterfind("groupSet/item")
            ],
        }
        for one in instance.iterfind("networkInterfaceSet/item")
    ]
    profile = {"arn": text(instance, "iamInstanceProfile/arn"), "id": text(instance, "iamInstanceProfile/id")}
    details = {
        "imageId": text(instance, "imageId"),
        "instanceState": text(instance, "instanceState/name"),
        "instanceType": text(instance, "instanceType"),
        "launchTime": text(instance, "launchTime"),
        "platform": text(instance, "platform"),
        "availabilityZone": text(instance, "placement/availabilityZone"),
        "iamInstanceProfile": profile if profile["arn"] else {},
        "networkInterfaces": [{name: value for name, value in one.items() if value} for one in interfaces],
        "tags": [{"key": text(tag, "key"), "value": text(tag, "value")} for tag in instance.iterfind("tagSet/item")],
    }
    return {name: value for name, value in details.items() if value}


_READERS: Mapping[str, tuple[str, _Read]] = {"bucket": ("s3", _bucket), "instance": ("ec2", _instance)}
"""By kind: the service that is asked, and how."""
