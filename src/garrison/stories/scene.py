"""Where a story happens: accounts of its own, the people in it, and what is remembered of them."""

from __future__ import annotations

import configparser
import contextlib
import http.client
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from garrison.checks.check import aws
from garrison.checks.collect.aws import Clients
from garrison.checks.collect.live import Ask
from garrison.checks.probe import Answer, Keys
from garrison.labs.attempt import Attempt
from garrison.labs.bench import Bench
from garrison.stories.story import Try
from garrison.stories.told import Outcome, Step

_COMMANDS = {"s3": "s3api"}
"""What the aws command calls a service, where that is not the SDKs' name."""
_BAD_KEYS = ("InvalidClientTokenId", "UnrecognizedClientException", "ExpiredToken", "InvalidAccessKeyId")


class Scene(Bench):
    """A bench on which a story is told. Names stand for what is drawn at random, so that it reads alike every time."""

    def __init__(
        self, story: str, data: Path, evidence: Path, ask: Ask, url: str, region: str, clients: Clients
    ) -> None:
        super().__init__(Attempt(story, 1, "story", time.time()), data, ask, url, region, clients)
        self.story = story
        self.evidence = evidence
        """Where the evidence of stories is kept."""
        self.steps: list[Step] = []
        self.after_all = contextlib.ExitStack()
        """What is to be ended when the story is over, beside the accounts."""
        self._names: dict[str, str] = {url: "garrison"}

    # People and things

    def make_account(self, name: str = "main") -> str:
        """A stand-alone account; its root user's keys go by the same name."""
        made = self._ask("POST", "/_garrison/accounts", {"name": f"story {name}", "email": self._email(name)})
        id = str(made["account"])
        self.attempt.accounts[name] = id
        self.note(name, id)
        self.hold(name, Keys(made["access_key_id"], made["secret_access_key"]))
        return id

    def first_account(self, name: str) -> str:
        """The first account of a Garrison of the story's own: what is upstream belongs to it."""
        id = str(self._ask("GET", "/_garrison/accounts", None)["accounts"][0]["id"])
        found = configparser.ConfigParser()
        found.read(self.data / "credentials")
        root = found["default"]
        self.attempt.accounts[name] = self.note(name, id)
        self.hold(name, Keys(root["aws_access_key_id"], root["aws_secret_access_key"]))
        return id

    def make_members(self, *names: str, by: str = "admin") -> None:
        """Member accounts of the organization `by` administers; sessions in them are held by their names."""
        super().make_members(*names, by=by)
        for name in names:
            self.note(name, self.account(name))

    def make_administrator(self, name: str = "admin", *, of: str) -> None:
        """Somebody who administers an account, and is not its root user."""
        self.make_user(name, by=of, managed=["arn:aws:iam::aws:policy/AdministratorAccess"])

    def hold(self, name: str, keys: Keys) -> None:
        """Whose keys these are from now on."""
        self.attempt.keys[name] = keys
        self.note(f"key of {name}", keys.access_key_id)

    def note(self, name: str, value: str) -> str:
        """A name for a value that is drawn at random."""
        self._names[value] = name
        return value

    def named(self, text: str) -> str:
        """The text with names in the place of values."""
        for value, name in sorted(self._names.items(), key=lambda one: -len(one[0])):
            text = text.replace(value, f"<{name}>")
        return text

    def _email(self, name: str) -> str:
        return f"story+{self.story}.{name}.{int(self.attempt.started * 1000):x}@example.com"

    # What is tried

    def aws(
        self, what: str, who: str, service: str, operation: str, params: Mapping[str, Any] | None = None, *,
        before: Outcome = "allowed", after: Outcome = "denied", region: str | None = None,
        show: Callable[[dict[str, Any]], str] = lambda output: "",
    ) -> Try:  # fmt: skip
        """A call of an AWS API. `show` tells what of its answer matters."""

        def act() -> tuple[Outcome, str]:
            answer = self.call(who, service, operation, params, region=region)
            return _judged(answer), self.named(show(answer.output) if answer.ok else f"{answer.code}: {answer.message}")

        how = command(service, operation, params, profile=who, region=region)
        return Try(what, who, self.named(how), act, before, after)

    def http(
        self, what: str, who: str, origin: str, path: str, *, before: Outcome = "allowed", after: Outcome = "blocked",
        show: Callable[[str], str] = lambda text: "",
    ) -> Try:  # fmt: skip
        """A request without credentials. HTTP 403 is whatever `after` says: a web ACL's or a policy's refusal."""
        refusal: Outcome = "denied" if after == "denied" else "blocked"

        def act() -> tuple[Outcome, str]:
            try:
                status, text = _got(origin, path)
            except OSError as e:
                return "error", f"nothing answers: {e.__class__.__name__}"
            if status == 403:
                return refusal, "HTTP 403"
            seen = show(text) if status == 200 else ""
            return "allowed" if status == 200 else "error", f"HTTP {status}{f': {seen}' if seen else ''}"

        return Try(what, who, self.named(f"curl '{origin}{path}'"), act, before, after)

    # What puts it right

    def fix(
        self, what: str, who: str, service: str, operation: str, params: Mapping[str, Any] | None = None,
        *, region: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """A call that puts something right. Raises `NotPrepared`."""
        output = self.do(who, service, operation, params, region=region)
        how = command(service, operation, params, profile=who, region=region)
        self.steps.append(Step(what, who, self.named(how)))
        return output

    def guard(self, what: str, by: str, name: str, content: str, *, kind: str = "SERVICE_CONTROL_POLICY") -> None:
        """A policy for the whole organization `by` administers, put right by it."""
        root = self.do(by, "organizations", "ListRoots")["Roots"][0]
        self.note("root", root["Id"])
        self.note("organization", root["Arn"].split("/")[1])
        if not any(one["Type"] == kind and one["Status"] == "ENABLED" for one in root.get("PolicyTypes") or ()):
            asked = {"RootId": root["Id"], "PolicyType": kind}
            self.fix("Policies of this type are switched on", by, "organizations", "EnablePolicyType", asked)
        made = self.fix(
            what, by, "organizations", "CreatePolicy",
            {"Name": name, "Description": name, "Type": kind, "Content": content},
        )  # fmt: skip
        id = self.note(f"policy {name}", made["Policy"]["PolicySummary"]["Id"])
        attached = {"PolicyId": id, "TargetId": root["Id"]}
        self.fix("It holds for the whole organization", by, "organizations", "AttachPolicy", attached)


def command(
    service: str, operation: str, params: Mapping[str, Any] | None, *, profile: str, region: str | None = None
) -> str:
    """The aws command that makes a call."""
    from botocore import xform_name

    options: dict[str, Any] = {xform_name(name): _option(value) for name, value in (params or {}).items()}
    more = {"region": region} if region is not None else {}
    return aws(_COMMANDS.get(service, service), xform_name(operation, "-"), **options, **more, profile=profile)


def _option(value: Any) -> Any:
    if isinstance(value, bytes):
        return "<bytes>"
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        import json

        return json.dumps(value)
    return value


def _judged(answer: Answer) -> Outcome:
    if answer.ok:
        return "allowed"
    return "denied" if answer.denied or answer.code in _BAD_KEYS else "error"


def _got(origin: str, path: str) -> tuple[int, str]:
    where = urlsplit(origin)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except http.client.HTTPException as e:
        raise OSError(str(e)) from e
    finally:
        connection.close()
