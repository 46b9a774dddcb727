"""Which web ACL judges what comes to a listener: read from the store, compiled aside, swapped in whole.

A request is judged by one `Guard` from start to end. What changes is compiled before it takes the place of what was;
what does not compile does not take it, and is told as a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from garrison.access.protected import web_acl_of
from garrison.access.sites import EDGE, EVERYBODY, Geo, Site
from garrison.aws.errors import AwsError
from garrison.services.wafv2 import effective
from garrison.store import Reader
from garrison.waf import CompiledWebAcl, Resource, compile_web_acl
from garrison.waf.errors import MissingExtra

Guards = dict[tuple[str, str], "Guard"]
"""By listener id and ARN of the web ACL (empty: none): what must judge is named by who asks, and nothing else does."""
Resolve = Callable[[str], Mapping[str, Any] | None]

AT_THE_EDGE = ("cloudfront", "elbv2", "iam", "wafv2")
"""The services that know what stands at the edge, what judges it, and the certificates it shows."""
_KINDS = {"ALB": "APPLICATION_LOAD_BALANCER", "CF": "CLOUDFRONT"}


@dataclass(frozen=True, slots=True)
class Guard:
    """What a listener's requests are judged by."""

    resource: Resource
    acl: CompiledWebAcl | None
    """None: no web ACL, but something else that is asked (`geo`)."""
    geo: Geo | None = None
    logging: Mapping[str, Any] | None = None
    """The web ACL's LoggingConfiguration."""
    site: str = ""
    """ARN."""
    broken: str | None = None
    """Why the web ACL cannot judge: it has never compiled. Its requests are not inspected, and so refused."""


class Plan(msgspec.Struct, frozen=True):
    """What is to be judged by what, before anything is compiled."""

    site: str
    """ARN."""
    listeners: tuple[str, ...]
    resource: Resource
    web_acl: str | None
    document: dict[str, Any] | None
    named: dict[str, Any]
    """What its rules name, by ARN."""
    geo: Geo | None
    logging: dict[str, Any] | None


def judged_by(reader: Reader, site: Site) -> str | None:
    """ARN of the web ACL that judges a site's requests."""
    return site.web_acl if site.kind == "CF" else web_acl_of(reader, site.arn)


def epochs(reader: Reader, accounts: tuple[str, ...]) -> tuple[int, ...]:
    """Moves when anything here changes that may make a difference."""
    return (reader.epoch(EDGE, EVERYBODY), *[reader.epoch(effective.EPOCH, account) for account in accounts])


def plans(reader: Reader, standing: Sequence[Site]) -> list[Plan]:
    """What is to be judged by what."""
    found = []
    resolve = effective.resolver(reader)
    for site in standing:
        arn = judged_by(reader, site)
        document = None if arn is None else effective.document(reader, arn)
        if arn is None and site.geo is None:
            continue
        named: dict[str, Any] = {}
        if document is not None:
            _name_all(document, resolve, named)
        id = site.arn.rpartition("/")[2] if site.kind == "CF" else site.arn.rpartition(":loadbalancer/")[2]
        found.append(
            Plan(
                site=site.arn,
                listeners=tuple([listener.id for listener in site.listeners]),
                resource=Resource(kind=_KINDS[site.kind], id=id),
                web_acl=arn,
                document=document,
                named=named,
                geo=site.geo,
                logging=None if arn is None else effective.logging(reader, arn),
            )
        )
    return found


def accounts_of(standing: Sequence[Site]) -> tuple[str, ...]:
    """Whose changes matter."""
    return tuple(sorted({site.account for site in standing}))


def _name_all(value: Any, resolve: Resolve, into: dict[str, Any]) -> None:
    """Everything that a document names by ARN, and what that names."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "ARN" and isinstance(inner, str) and inner not in into and "/webacl/" not in inner:
                document = resolve(inner)
                into[inner] = document
                _name_all(document, resolve, into)
            else:
                _name_all(inner, resolve, into)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _name_all(inner, resolve, into)


def mentions(value: Any, member: str) -> bool:
    """Whether a document has a member of that name anywhere."""
    if isinstance(value, Mapping):
        return member in value or any(mentions(inner, member) for inner in value.values())
    return isinstance(value, (list, tuple)) and any(mentions(inner, member) for inner in value)


class Compiler:
    """Compiles what changed and keeps what did not. Not for the event loop: it may take seconds."""

    def __init__(self, blobs: MutableMapping[str, bytes]) -> None:
        """`blobs`: what other workers compiled before, and this one after a restart."""
        self._blobs = blobs
        self._held: dict[str, tuple[bytes, CompiledWebAcl]] = {}

    def guards(self, wanted: list[Plan]) -> tuple[Guards, str | None]:
        """What judges, and what could not be compiled."""
        found: Guards = {}
        problem = None
        for plan in wanted:
            acl, failure = self._compiled(plan)
            problem = problem or failure
            broken = failure if acl is None else None
            guard = Guard(plan.resource, acl, plan.geo, plan.logging, plan.site, broken)
            found |= {(listener, plan.web_acl or ""): guard for listener in plan.listeners}
        for arn in self._held.keys() - {plan.web_acl for plan in wanted}:
            del self._held[arn]
        return found, problem

    def _compiled(self, plan: Plan) -> tuple[CompiledWebAcl | None, str | None]:
        if plan.web_acl is None:
            return None, None
        if plan.document is None:
            return None, f"web ACL {plan.web_acl}: it is not there"
        mark = msgspec.msgpack.encode((plan.document, plan.named), enc_hook=str)
        held = self._held.get(plan.web_acl)
        if held is not None and held[0] == mark:
            return held[1], None
        try:
            acl = compile_web_acl(plan.document, plan.named.get, blobs=self._blobs)
        except (AwsError, MissingExtra) as e:
            return None if held is None else held[1], f"web ACL {plan.web_acl}: {e}"
        self._held[plan.web_acl] = (mark, acl)
        return acl, None
