"""Trying things through botocore, with throw-away users that are gone afterwards."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from garrison.checks.api import NotRead
from garrison.checks.collect.aws import Clients, client, invoke
from garrison.checks.probe import Answer, Keys, Person
from garrison.checks.snapshot import PROBES
from garrison.checks.stops import Stops

log = logging.getLogger("garrison.checks")
ROLE = "OrganizationAccountAccessRole"
_TAKES = 20.0
"""Seconds new credentials may take until they are known everywhere (IAM is eventually consistent)."""
_LEFT_OVER = 300.0
"""Seconds after which a throw-away user is somebody's who was stopped before cleaning up. No check keeps one longer."""
_NAME = "garrison-probe-"
"""How the name of a throw-away user begins."""
Simulated = Callable[[str, str, str, str | None], bool]


class AwsProbe:
    """Tries things in one account, at one endpoint."""

    def __init__(
        self,
        account: str,
        endpoint: str | None,
        region: str,
        keys: Keys | None,
        simulated: Simulated | None = None,
        role: str = ROLE,
        clients: Clients | None = None,
        now: float | None = None,
    ) -> None:
        """`keys` are of this account, or of one whose principals may assume `role` in it. `now`: seconds since the
        epoch by the clock there, when the run began; by default this machine's."""
        self.account = account
        self.region = region
        self._endpoint = endpoint
        self._given = keys
        self._simulate = simulated
        self.whole = simulated is not None
        self._role = role
        self._own: Keys | None = None
        self._missing: NotRead | None = None
        self._clients: Clients = {} if clients is None else clients
        self._now = time.time() if now is None else now
        self._swept = False

    @property
    def own(self) -> Keys:
        if self._missing is not None:
            raise self._missing
        if self._own is None:
            try:
                self._own = self._arrive()
            except NotRead as e:
                self._missing = e
                raise
        return self._own

    def _arrive(self) -> Keys:
        """Credentials in the account: the ones given, or a session of the role that organizations make for it."""
        given = self._given
        if given is None:
            raise NotRead("credentials", f"there are none to act with in account {self.account}")
        me = self.call("sts", "GetCallerIdentity", keys=given)
        if not me.ok:
            raise NotRead("credentials", f"{me.code}: {me.message}")
        if me.output["Account"] == self.account:
            return given
        target = f"arn:aws:iam::{self.account}:role/{self._role}"
        if not me.output["Arn"].endswith(":root"):
            return self._assume(given, target)
        # A root user may assume no role; a user of its account may.
        there = AwsProbe(me.output["Account"], self._endpoint, self.region, given, clients=self._clients, now=self._now)
        may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": target}
        with there.user([may]) as person:
            return self._assume(person.keys, target)

    def _assume(self, keys: Keys, role: str) -> Keys:
        asked = {"RoleArn": role, "RoleSessionName": "garrison-assess"}
        answer = self.call("sts", "AssumeRole", asked, keys=keys)
        if not answer.ok:
            raise NotRead("credentials", f"{role} cannot be assumed: {answer.code}: {answer.message}")
        made = answer.output["Credentials"]
        return Keys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def call(
        self,
        service: str,
        operation: str,
        params: Mapping[str, Any] | None = None,
        *,
        keys: Keys | None,
        region: str | None = None,
    ) -> Answer:
        made = client(self._clients, service, region or self.region, keys, self._endpoint, attempts=1)
        output, error, status = invoke(made, operation, dict(params or {}))
        return Answer(status, output=output) if error is None else Answer(status, error.code, error.message)

    def request(self, url: str) -> int:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=_TAKES)
        try:
            connection.request("GET", f"{parts.path or '/'}?{parts.query}", headers={"User-Agent": "garrison-assess"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException) as e:
            raise NotRead(url, f"{type(e).__name__}: {e}") from e
        finally:
            connection.close()

    @contextmanager
    def user(self, policies: Sequence[Mapping[str, Any]] = (), *, boundary: str | None = None) -> Iterator[Person]:
        self._sweep()
        name = f"{_NAME}{secrets.token_hex(6)}"
        asked = {"UserName": name, "Path": PROBES} | ({} if boundary is None else {"PermissionsBoundary": boundary})
        with Stops() as stops:
            try:
                made = self._do("CreateUser", **asked)
                if policies:
                    document = json.dumps({"Version": "2012-10-17", "Statement": list(policies)})
                    self._do("PutUserPolicy", UserName=name, PolicyName="probe", PolicyDocument=document)
                key = self._do("CreateAccessKey", UserName=name)["AccessKey"]
                keys = Keys(key["AccessKeyId"], key["SecretAccessKey"])
                stops.release()
                self._until_known(keys)
                yield Person(name, made["User"]["Arn"], keys)
            finally:
                stops.holding = True
                self._remove(name)

    def _do(self, operation: str, **params: Any) -> dict[str, Any]:
        answer = self.call("iam", operation, params, keys=self.own)
        if not answer.ok:
            raise NotRead(f"iam:{operation}", f"no throw-away user can be made: {answer.code}: {answer.message}")
        return answer.output

    def _until_known(self, keys: Keys) -> None:
        deadline = time.monotonic() + _TAKES
        while self.call("sts", "GetCallerIdentity", keys=keys).code == "InvalidClientTokenId":
            if time.monotonic() > deadline:
                raise NotRead("credentials", "a new access key was not known after 20 seconds")
            time.sleep(0.5)

    def _remove(self, name: str) -> bool:
        """Delete a throw-away user with all it has: whether there was one, and it is gone. What is left because nobody
        answers is swept the next time."""
        with contextlib.suppress(NotRead):
            keys = self.own
            listed = self.call("iam", "ListAccessKeys", {"UserName": name}, keys=keys)
            if listed.code == "NoSuchEntity":
                return False
            for key in listed.output.get("AccessKeyMetadata", ()):
                self.call("iam", "DeleteAccessKey", {"UserName": name, "AccessKeyId": key["AccessKeyId"]}, keys=keys)
            self.call("iam", "DeleteLoginProfile", {"UserName": name}, keys=keys)
            written = self.call("iam", "ListUserPolicies", {"UserName": name}, keys=keys)
            for policy in written.output.get("PolicyNames", ()):
                self.call("iam", "DeleteUserPolicy", {"UserName": name, "PolicyName": policy}, keys=keys)
            return self.call("iam", "DeleteUser", {"UserName": name}, keys=keys).ok
        return False

    def _sweep(self) -> None:
        """Remove what a run left behind that was stopped in the middle, and say so."""
        if self._swept:
            return
        self._swept = True
        old = []
        asked = {"PathPrefix": PROBES}
        while asked:
            there = self.call("iam", "ListUsers", asked, keys=self.own).output
            for user in there.get("Users", ()):
                age = self._now - datetime.fromisoformat(user["CreateDate"]).timestamp()
                if user.get("Path") == PROBES and user["UserName"].startswith(_NAME) and age > _LEFT_OVER:
                    old.append(user["UserName"])
            asked = {"PathPrefix": PROBES, "Marker": there["Marker"]} if there.get("IsTruncated") else {}
        gone = [name for name in old if self._remove(name)]
        if gone:
            log.warning(
                "account %s: removed what an interrupted run left there: %s", self.account, ", ".join(sorted(gone))
            )

    def simulated(self, principal: str, action: str, resource: str = "*", *, region: str | None = None) -> bool:
        if self._simulate is not None:
            return self._simulate(principal, action, resource, region)
        asked: dict[str, Any] = {"PolicySourceArn": principal, "ActionNames": [action]}
        if resource != "*":
            asked["ResourceArns"] = [resource]
        if region is not None:
            asked["ContextEntries"] = [
                {"ContextKeyName": "aws:RequestedRegion", "ContextKeyType": "string", "ContextKeyValues": [region]}
            ]
        answer = self.call("iam", "SimulatePrincipalPolicy", asked, keys=self.own)
        if not answer.ok:
            raise NotRead("iam:SimulatePrincipalPolicy", f"{answer.code}: {answer.message}")
        return all(r["EvalDecision"] == "allowed" for r in answer.output["EvaluationResults"])
