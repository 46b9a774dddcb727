"""What labs prepare and verify with: the accounts of one attempt, asked and tried."""

from __future__ import annotations

import json
import os
import ssl
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from garrison.checks import load as load_checks
from garrison.checks.api import NotRead, Refused
from garrison.checks.check import Outcome
from garrison.checks.collect.aws import Clients, client, invoke
from garrison.checks.collect.live import Ask, LiveApi, LiveCollector
from garrison.checks.probe import Answer, Keys
from garrison.checks.run import ask as ask_check
from garrison.labs.attempt import Attempt, Attempts
from garrison.labs.lab import Unmet

ROLE = "OrganizationAccountAccessRole"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_PATIENCE = 60.0
MAIN = "main"
"""The account a lab is about, where it has no better name."""


class NotPrepared(Exception):
    """A lab could not be prepared. The text says which call failed, and how."""


class Decision(msgspec.Struct, frozen=True):
    """What would be decided."""

    allowed: bool
    text: str
    """The explanation, for people."""


def policy(*statements: Mapping[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: str | Sequence[str], resources: str | Sequence[str] = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


class Bench:
    """The accounts of one attempt. What it makes is noted in the attempt."""

    def __init__(self, attempt: Attempt, data: Path, ask: Ask, url: str, region: str, clients: Clients) -> None:
        self.attempt = attempt
        self.data = data
        """The running Garrison's data directory."""
        self.evidence = Attempts(data).evidence(attempt.learner, attempt.lab)
        """Where what `garrison assess` says inside the lab is kept."""
        self.keep: Callable[[], None] = lambda: None
        """Called when there is an account more, so that it is known whatever happens next."""
        self.url = url
        self.region = region
        self._ask = ask
        self._clients = clients

    def fetched(self, url: str) -> bytes:
        """What a link that Garrison gave leads to. Raises `Unmet`."""
        assert url.startswith(("http://", "https://"))
        try:
            with urllib.request.urlopen(url, timeout=60, context=_context()) as answer:  # noqa: S310
                found: bytes = answer.read()
                return found
        except OSError as e:
            raise Unmet(f"The link leads nowhere: {e}") from e

    # Looking

    def account(self, name: str = MAIN) -> str:
        """The 12 digits of an account the lab made."""
        return self.attempt.accounts[name]

    def fact(self, name: str) -> str:
        """Something that was prepared."""
        return self.attempt.facts[name]

    def call(
        self, who: str | Keys, service: str, operation: str, params: Mapping[str, Any] | None = None,
        *, region: str | None = None,
    ) -> Answer:  # fmt: skip
        """One real call, as somebody the lab knows by name, or with these keys. Raises `NotRead` if nobody answers."""
        keys = self.attempt.keys[who] if isinstance(who, str) else who
        made = client(self._clients, service, region or self.region, keys, self.url, attempts=1)
        output, error, status = invoke(made, operation, dict(params or {}))
        return Answer(status, output=output) if error is None else Answer(status, error.code, error.message)

    def read(
        self, service: str, operation: str, *, account: str = MAIN, region: str | None = None, **params: Any
    ) -> dict[str, Any]:
        """How things are, whatever binds the account's principals; leaves no trace. Raises `Refused`, `NotRead`."""
        api = LiveApi(self._ask, self.account(account), region or self.region)
        return api.call(service, operation, **params)

    def decide(
        self, principal: str, action: str, resource: str = "*", *, region: str | None = None,
        context: Mapping[str, str | list[str]] | None = None,
    ) -> Decision:  # fmt: skip
        """What would be decided for a principal (ARN). Raises `Unmet` if there is no such principal."""
        asked = {"principal": principal, "action": action, "resource": resource, "context": dict(context or {})}
        try:
            told = self._ask("POST", "/_garrison/simulate", asked | {"region": region or self.region})
        except Refused as e:
            raise Unmet(f"There is no {principal} any more ({e.message}). garrison lab reset makes it anew.") from e
        return Decision(bool(told["explanation"]["allowed"]), str(told["text"]))

    def outcomes(self, check: str, *, account: str = MAIN) -> list[Outcome]:
        """What a check of `garrison assess` says of an account now."""
        number = self.account(account)
        there = LiveCollector(self._ask, self.url, self.region, time.time(), None, [number])
        return [result.outcome for result in ask_check(load_checks()[check], there.snapshot(number))]

    # Demanding

    def must_do(
        self, who: str | Keys, service: str, operation: str, params: Mapping[str, Any] | None = None,
        *, otherwise: str, region: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """A real call that must work. Raises `Unmet` with what to say otherwise, and the answer."""
        answer = self.call(who, service, operation, params, region=region)
        if not answer.ok:
            raise Unmet(f"{otherwise} (tried as {_named(who)}: {service}:{operation} answered {_said(answer)})")
        return answer.output

    def must_not(
        self, who: str | Keys, service: str, operation: str, params: Mapping[str, Any] | None = None,
        *, otherwise: str, region: str | None = None,
    ) -> None:  # fmt: skip
        """A real call that authorization must refuse. Raises `Unmet`."""
        answer = self.call(who, service, operation, params, region=region)
        if answer.denied:
            return
        said = "was allowed" if answer.ok else f"answered {_said(answer)} rather than being refused"
        raise Unmet(f"{otherwise} (tried as {_named(who)}: {service}:{operation} {said})")

    def must_decide(
        self, allowed: bool, principal: str, action: str, resource: str = "*", *, otherwise: str,
        region: str | None = None, context: Mapping[str, str | list[str]] | None = None,
    ) -> None:  # fmt: skip
        """What must be decided for a principal that does not act. Raises `Unmet`."""
        if self.decide(principal, action, resource, region=region, context=context).allowed != allowed:
            said = "denied" if allowed else "allowed"
            of = "" if resource == "*" else f" on {resource}"
            raise Unmet(f"{otherwise} (asked for {principal.rpartition('/')[2]}: {action}{of} would be {said})")

    # Making

    def do(
        self, who: str | Keys, service: str, operation: str, params: Mapping[str, Any] | None = None,
        *, region: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """A call that prepares something. Raises `NotPrepared`."""
        answer = self.call(who, service, operation, params, region=region)
        if not answer.ok:
            raise NotPrepared(f"{service}:{operation} answered {_said(answer)}")
        return answer.output

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One of the operator's endpoints."""
        return self._ask(method, path, body)

    def make_account(self, name: str = MAIN) -> str:
        """A stand-alone account of the lab's own; its root user's keys go by the same name."""
        attempt = self.attempt
        label = f"lab {attempt.lab[:2]} {attempt.learner} {name}"
        made = self._ask("POST", "/_garrison/accounts", {"name": label, "email": self._email(name)})
        attempt.accounts[name] = made["account"]
        attempt.facts.setdefault("account" if name == MAIN else f"account_{name}", made["account"])
        attempt.keys[name] = Keys(made["access_key_id"], made["secret_access_key"])
        self.keep()
        return str(made["account"])

    def make_user(
        self, name: str, *, by: str | Keys = MAIN, statements: Sequence[Mapping[str, Any]] = (),
        managed: Sequence[str] = (), path: str = "/", keys: bool = True, fact: str | None = None,
    ) -> str:  # fmt: skip
        """A user with an inline policy; its ARN is a fact and its keys are kept, both by its name."""
        made = self.do(by, "iam", "CreateUser", {"UserName": name, "Path": path})["User"]
        known = fact or name.replace("-", "_")
        self.attempt.facts[known] = made["Arn"]
        if statements:
            asked = {"UserName": name, "PolicyName": "prepared", "PolicyDocument": policy(*statements)}
            self.do(by, "iam", "PutUserPolicy", asked)
        for arn in managed:
            self.do(by, "iam", "AttachUserPolicy", {"UserName": name, "PolicyArn": arn})
        if keys:
            key = self.do(by, "iam", "CreateAccessKey", {"UserName": name})["AccessKey"]
            self.attempt.keys[known] = Keys(key["AccessKeyId"], key["SecretAccessKey"])
        return str(made["Arn"])

    def make_learner(self, *, by: str = MAIN, profile: str = "learner") -> None:
        """The learner's own administrator in an account."""
        self.make_user(profile, by=by, managed=[ADMINISTRATOR])
        self.attempt.handed[profile] = profile.replace("-", "_")

    def make_members(self, *names: str, by: str = "learner") -> None:
        """Member accounts of the organization `by` administers; sessions in them are kept as keys by their names."""
        asked = {}
        for name in names:
            params = {"AccountName": f"lab {self.attempt.lab[:2]} {name}", "Email": self._email(name)}
            asked[name] = self.do(by, "organizations", "CreateAccount", params)["CreateAccountStatus"]["Id"]
        until = time.monotonic() + _PATIENCE
        for name, request in asked.items():
            while True:
                params = {"CreateAccountRequestId": request}
                told = self.do(by, "organizations", "DescribeCreateAccountStatus", params)["CreateAccountStatus"]
                if told["State"] == "SUCCEEDED":
                    break
                if told["State"] == "FAILED" or time.monotonic() > until:
                    raise NotPrepared(f"organizations:CreateAccount: {told.get('FailureReason', 'took too long')}")
                time.sleep(0.1)
            self.attempt.accounts[name] = told["AccountId"]
            self.keep()
            self.attempt.facts[f"account_{name}"] = told["AccountId"]
            self.attempt.keys[name] = self.enter(f"arn:aws:iam::{told['AccountId']}:role/{ROLE}", by=by)

    def enter(self, role: str, *, by: str | Keys) -> Keys:
        """A session of a role. Raises `NotPrepared`."""
        made = self.do(by, "sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": "lab"})["Credentials"]
        return Keys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def _email(self, name: str) -> str:
        attempt = self.attempt
        return f"lab+{attempt.learner}.{attempt.lab[:2]}.{name}.{int(attempt.started * 1000):x}@example.com"

    def user_of(self, keys: Keys) -> str:
        """Who signs with these keys (ARN). Raises `Unmet` if nobody does."""
        answer = self.call(keys, "sts", "GetCallerIdentity")
        if not answer.ok:
            raise Unmet(f"Those credentials are worth nothing: {_said(answer)}")
        return str(answer.output["Arn"])


def _context() -> ssl.SSLContext:
    """Trusts Garrison's own authority where the environment names it, as botocore does."""
    return ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or None)


def _named(who: str | Keys) -> str:
    return who.replace("_", "-") if isinstance(who, str) else f"the holder of {who.access_key_id}"


def _said(answer: Answer) -> str:
    return f"{answer.code}: {answer.message}"


__all__ = ["ADMINISTRATOR", "MAIN", "Bench", "Decision", "NotPrepared", "NotRead", "allow", "policy"]
