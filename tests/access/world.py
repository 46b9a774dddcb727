"""A small world to decide in: a real store, users and roles in it, and calls that are authorized and invoked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from garrison.access import mfa, organization, principals
from garrison.access import resources as resource_providers
from garrison.access.authorize import authorize, still_stands
from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller
from garrison.access.principals import Credential, Grants, RoleFacts, provide_principals
from garrison.access.resources import Facts, provide_resources
from garrison.access.runtime import Runtime
from garrison.access.tokens import open_token
from garrison.aws.clock import ManualClock
from garrison.aws.ids import unique_id
from garrison.aws.reference import CALLER, Check
from garrison.keys.seal import Seal
from garrison.policy.document import Document
from garrison.policy.principal import FederatedUser, Principal, RoleSession, Root, User
from garrison.policy.request import AttachedPolicy, PolicyType
from garrison.services import sts
from garrison.services.operation import OPERATIONS
from garrison.store import Kind, Reader, Transaction
from garrison.store.open import open_store

__all__ = ["sts"]

NOW = 1_800_000_000.0
HOME = "111122223333"
AWAY = "444455556666"


class Entity(msgspec.Struct, frozen=True):
    """A user or role of the small world."""

    policies: dict[str, str] = {}
    tags: dict[str, str] = {}
    boundary: str | None = None
    trust: str | None = None
    path: str = "/"
    max_session: int = 3600
    secret_code: str | None = None


USER = Kind("test.user", Entity)
ROLE = Kind("test.role", Entity)
MANAGED = Kind("test.managed", Entity)


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | Sequence[str], resource: str = "*", **rest: Any) -> str:
    """A policy that allows."""
    return policy({"Effect": "Allow", "Action": action, "Resource": resource, **rest})


def deny(action: str | Sequence[str], resource: str = "*", **rest: Any) -> str:
    """A policy that denies."""
    return policy({"Effect": "Deny", "Action": action, "Resource": resource, **rest})


def trust(principal: str, *, actions: Sequence[str] = ("sts:AssumeRole",), **rest: Any) -> str:
    """A trust policy for one principal."""
    return policy({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions), **rest})


class People:
    """The principal provider of the small world."""

    reads = 0

    def credential(self, runtime: Runtime, reader: Reader, access_key_id: str) -> Credential | None:
        return None

    def grants(self, runtime: Runtime, reader: Reader, principal: Principal) -> Grants:
        self.reads += 1
        if isinstance(principal, RoleSession):
            row = reader.by_id(ROLE, principal.role_id)
        elif isinstance(principal, User):
            row = reader.by_id(USER, principal.id)
        elif isinstance(principal, FederatedUser) and principal.issuer_id != principal.account:
            row = reader.by_id(USER, principal.issuer_id)
        else:
            return Grants()
        if row is None:
            return Grants(exists=False)
        return Grants(
            identity=tuple(
                AttachedPolicy(Document.parse(text, PolicyType.IDENTITY), PolicyType.IDENTITY, name)
                for name, text in row.body.policies.items()
            ),
            boundary=None
            if row.body.boundary is None
            else AttachedPolicy(Document.parse(row.body.boundary, PolicyType.BOUNDARY), PolicyType.BOUNDARY, "limit"),
            tags=row.body.tags,
        )

    def role(self, reader: Reader, arn: str) -> RoleFacts | None:
        parts = arn.split(":", 5)
        row = reader.get(ROLE, parts[4], parts[5].rsplit("/", 1)[1])
        if row is None or role_arn(row.account, row.body.path, row.name) != arn:
            return None
        return RoleFacts(arn, row.id, row.account, row.body.max_session, row.body.tags)

    def find(self, reader: Reader, arn: str) -> Principal | None:
        raise NotImplementedError

    def managed(self, reader: Reader, arn: str) -> AttachedPolicy | None:
        parts = arn.split(":", 5)
        row = reader.get(MANAGED, parts[4], parts[5].rsplit("/", 1)[1])
        if row is None:
            return None
        text = row.body.policies["document"]
        return AttachedPolicy(Document.parse(text, PolicyType.IDENTITY), PolicyType.IDENTITY, row.name, arn)

    def used(self, runtime: Runtime, caller: Caller, service: str, region: str, now: float) -> None:
        return None


def role_arn(account: str, path: str, name: str) -> str:
    """ARN of a role."""
    return f"arn:aws:iam::{account}:role{path}{name}"


def resources(reader: Reader, call: Call, check: Check) -> Facts:
    """The resource provider of the small world."""
    arn = check.resource
    if CALLER in arn and isinstance(call.caller.principal, User):
        arn = call.caller.principal.arn
    parts = arn.split(":", 5)
    kind, _, name = parts[5].rpartition("/")
    if kind.startswith("role"):
        row = reader.get(ROLE, parts[4], name)
        sts_action = check.action.startswith("sts:")
        if row is None:
            return Facts(arn=arn, account=parts[4], trusts_account=not sts_action)
        attached = None
        if sts_action and row.body.trust is not None:
            document = Document.parse(row.body.trust, PolicyType.TRUST)
            attached = AttachedPolicy(document, PolicyType.TRUST, f"trust policy of role {name}", None, arn)
        return Facts(arn, parts[4], True, row.body.tags, {}, attached, trusts_account=not sts_action)
    if kind.startswith("user"):
        row = reader.get(USER, parts[4], name)
        return Facts(arn=arn, account=parts[4], exists=row is not None, tags=row.body.tags if row else {})
    return Facts(arn=arn, account=parts[4] or None)


def codes(runtime: Runtime, tx: Transaction, principal: Principal, serial: str, code: str, now: float) -> bool:
    """MFA of the small world: one code per user, right once."""
    if not isinstance(principal, User):
        return False
    row = tx.by_id(USER, principal.id)
    if row is None or row.body.secret_code != code or serial != principal.arn.replace(":user/", ":mfa/"):
        return False
    tx.update(row, msgspec.structs.replace(row.body, secret_code=None))
    return True


class World:
    """Users, roles and their calls."""

    def __init__(self, directory: Path, *, permissive: bool = False) -> None:
        self.clock = ManualClock(NOW)
        self.store = open_store(directory)
        self.runtime = Runtime(store=self.store, seal=Seal(b"w" * 32), clock=self.clock, permissive=permissive)
        self.people = People()
        self.last: Call | None = None
        # What the small world registers goes with it.
        self._before = (
            principals._provider,
            dict(resource_providers._providers),
            mfa._verifier,
            organization._provider,
        )
        provide_principals(self.people)
        provide_resources("iam", resources)
        mfa.provide_mfa(codes)
        organization.provide_organization(None)

    def close(self) -> None:
        principals._provider, known, mfa._verifier, organization._provider = self._before
        resource_providers._providers.clear()
        resource_providers._providers.update(known)
        self.store.close()

    def put(self, kind: Kind[Entity], name: str, body: Entity, account: str = HOME) -> str:
        """Add an entity or replace its body; its id."""

        def change(tx: Transaction) -> str:
            tx.bump("iam", account)
            row = tx.get(kind, account, name)
            if row is not None:
                return tx.update(row, body).id
            prefix = {"test.user": "AIDA", "test.role": "AROA"}.get(kind.name, "ANPA")
            return tx.insert(kind, account, name, body, id=unique_id(prefix), created=NOW).id

        return self.store.writing(change)

    def remove(self, kind: Kind[Entity], name: str, account: str = HOME) -> None:
        """Delete an entity."""

        def change(tx: Transaction) -> None:
            row = tx.get(kind, account, name)
            assert row is not None
            tx.delete(row)
            tx.bump("iam", account)

        self.store.writing(change)

    def user(self, name: str, *policies: str, account: str = HOME, **rest: Any) -> Caller:
        """A user with long-term keys."""
        id = self.put(USER, name, Entity({f"p{i}": p for i, p in enumerate(policies)}, **rest), account)
        return Caller(User(account, f"arn:aws:iam::{account}:user{rest.get('path', '/')}{name}", id), "AKIA" + name)

    def role(self, name: str, trusted: str | None, *policies: str, account: str = HOME, **rest: Any) -> str:
        """A role; its ARN."""
        self.put(ROLE, name, Entity({f"p{i}": p for i, p in enumerate(policies)}, trust=trusted, **rest), account)
        return role_arn(account, rest.get("path", "/"), name)

    def root(self, account: str = HOME) -> Caller:
        """The root user with long-term keys."""
        return Caller(Root(account), "AKIAROOT" + account)

    def prepare(self, caller: Caller, service: str, operation: str, params: dict[str, Any], **http: Any) -> Call:
        """A call, not yet authorized."""
        headers = http.pop("headers", (("user-agent", "test"),))
        self.last = Call(
            service=service,
            operation=operation,
            params=params,
            caller=caller,
            account=caller.account or HOME,
            region=http.pop("region", "eu-west-1"),
            partition="aws",
            request=HttpRequest("POST", "/", "", headers, b"", http.pop("source_ip", "127.0.0.1"), **http),
            request_id="r",
            now=self.clock.now(),
            runtime=self.runtime,
        )
        return self.last

    def may(self, caller: Caller, service: str, operation: str, **params: Any) -> Call:
        """Authorize a call (raises `AwsError`), without invoking anything."""
        call = self.prepare(caller, service, operation, params)
        with self.store.reading() as reader:
            authorize(call, reader)
        return call

    def call(self, caller: Caller, operation: str, **params: Any) -> dict[str, Any]:
        """Make an STS call for real."""
        call = self.prepare(caller, "sts", operation, params)
        with self.store.reading() as reader:
            authorize(call, reader)

        def change(tx: Transaction) -> dict[str, Any]:
            assert still_stands(call, tx)
            return OPERATIONS["sts", operation].function(call, tx) or {}

        return self.store.writing(change)

    def assume(self, caller: Caller, role: str, **params: Any) -> Caller:
        """The caller of a role's session."""
        return self.opened(self.call(caller, "AssumeRole", RoleArn=role, RoleSessionName="s1", **params))

    def opened(self, output: dict[str, Any]) -> Caller:
        """The caller that temporary credentials stand for, through the token."""
        credentials = output["Credentials"]
        caller, secret = open_token(self.runtime, credentials["SessionToken"], credentials["AccessKeyId"])
        assert secret == credentials["SecretAccessKey"]
        return caller
