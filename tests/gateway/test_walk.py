"""The whole walk in one process: who is believed, what is refused in which words, and what the trail says of it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import auth

from garrison import services
from garrison.access.call import HttpRequest
from garrison.access.runtime import Runtime
from garrison.aws.clock import ManualClock
from garrison.gateway import walk as walk_module
from garrison.gateway.first_start import first_account, open_runtime
from garrison.gateway.protocols import HttpResponse
from garrison.gateway.record import Recorder
from garrison.gateway.server import _Keeper
from garrison.gateway.settings import Settings
from garrison.gateway.shared_root import SharedRoot
from garrison.gateway.walk import Gateway
from garrison.keys.root import RootKey
from garrison.keys.seal import Seal
from garrison.services.operation import OPERATIONS, Operation
from garrison.store import StoreUnavailable
from garrison.trail.log import Trail
from tests.gateway.signing import NOW, replaced, signed, with_header


class House:
    """A gateway on an empty store, with a clock that can be moved."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        services.load()
        self.clock = ManualClock(NOW)
        runtime = open_runtime(Settings(data_dir=directory, **settings))
        self.trail = Trail(runtime.store, directory)
        self.runtime: Runtime = dataclasses.replace(runtime, clock=self.clock, trail=self.trail)
        root = first_account(self.runtime)
        assert root is not None
        self.root = (root.access_key_id, root.secret_access_key)
        self.gateway = Gateway(self.runtime, Recorder(self.trail))

    def send(self, request: HttpRequest) -> HttpResponse:
        self.clock.advance(0.01)
        return asyncio.run(self.gateway.answer(request))

    def call(
        self,
        operation: str,
        *,
        by: tuple[str, ...] = (),
        service: str = "iam",
        region: str = "us-east-1",
        **params: str,
    ) -> HttpResponse:
        """A signed query call; `by` is key, secret and, for a session, token."""
        return self.send(self.request(operation, by=by, service=service, region=region, **params))

    def request(
        self,
        operation: str,
        *,
        by: tuple[str, ...] = (),
        service: str = "iam",
        region: str = "us-east-1",
        **params: str,
    ) -> HttpRequest:
        from urllib.parse import urlencode

        key, secret, *token = by or self.root
        version = {"iam": "2010-05-08", "sts": "2011-06-15"}[service]
        body = urlencode({"Action": operation, "Version": version, **params}).encode()
        return signed(
            body=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            service=service,
            region=region,
            key=key,
            secret=secret,
            token=token[0] if token else None,
            at=self.clock.now(),
        )

    def user(self, name: str, *actions: str) -> tuple[str, str]:
        """A user allowed these actions; its key."""
        assert self.call("CreateUser", UserName=name).status == 200
        if actions:
            statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": statement})
            put = self.call("PutUserPolicy", UserName=name, PolicyName="p", PolicyDocument=document)
            assert put.status == 200, put.body
        made = self.call("CreateAccessKey", UserName=name).body.decode()
        return text(made, "AccessKeyId"), text(made, "SecretAccessKey")

    def last(self, count: int = 1) -> list[dict[str, Any]]:
        """The events recorded last, newest first."""
        self.trail.flush()
        return [json.loads(event.body) for event in self.trail.lookup(limit=count)]


def text(xml: str | bytes, name: str) -> str:
    found = re.search(f"<{name}>(.*?)</{name}>", xml if isinstance(xml, str) else xml.decode(), re.DOTALL)
    assert found is not None, xml
    return found[1].replace("&amp;", "&")


def code(response: HttpResponse) -> str:
    body = response.body.decode()
    return text(body, "Code") if body.lstrip().startswith("<") else json.loads(body)["__type"].rpartition("#")[2]


Make = Callable[..., House]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[House] = []

    def house(**settings: Any) -> House:
        made.append(House(tmp_path / f"data{len(made)}", **settings))
        return made[-1]

    yield house
    for one in made:
        one.gateway.close()
        one.trail.close()
        one.runtime.store.close()


@pytest.fixture
def house(make: Make) -> House:
    return make()


def test_an_answer_carries_its_request_id(house: House) -> None:
    response = house.call("GetCallerIdentity", service="sts")
    headers = {name.lower(): value for name, value in response.headers}
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", headers["x-amzn-requestid"]
    )
    assert headers["x-amzn-requestid"] in response.body.decode()


QUERY_CODES = ("MissingAuthenticationToken", "InvalidClientTokenId", "SignatureDoesNotMatch")
JSON_CODES = ("MissingAuthenticationTokenException", "UnrecognizedClientException", "InvalidSignatureException")


@pytest.mark.parametrize(
    ("service", "content", "target", "codes"),
    [
        ("iam", "application/x-www-form-urlencoded", None, QUERY_CODES),
        ("kms", "application/x-amz-json-1.1", "TrentService.ListKeys", JSON_CODES),
    ],
)
def test_refusals_have_the_codes_of_the_protocol(
    house: House, service: str, content: str, target: str | None, codes: tuple[str, str, str]
) -> None:
    unsigned, unknown, wrong = codes
    headers = {"Content-Type": content} | ({"X-Amz-Target": target} if target else {})
    body = b"{}" if target else b"Action=ListUsers&Version=2010-05-08"
    key, secret = house.root

    def made(**options: Any) -> HttpRequest:
        return signed(
            **({"headers": headers, "body": body, "service": service, "key": key, "secret": secret} | options)
        )

    assert code(house.send(with_header(made(), "authorization", None))) == unsigned
    assert code(house.send(made(key="AKIAIOSFODNN7EXAMPLE"))) == unknown
    assert code(house.send(made(token="AAAA"))) == unknown
    assert code(house.send(made(secret="x" * 40))) == wrong
    assert code(house.send(made(at=NOW - 301))) == wrong
    assert code(house.send(made(region="cn-north-1"))) == wrong
    assert code(house.send(made(region="nowhere"))) == wrong


def test_an_unsigned_payload_is_taken_only_where_the_model_says_so(house: House) -> None:
    key, secret = house.root
    request = signed(
        headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD", "Content-Type": "application/x-www-form-urlencoded"},
        key=key,
        secret=secret,
    )
    assert code(house.send(request)) == "SignatureDoesNotMatch"


def test_a_key_is_dead_at_once_when_it_is_deactivated_or_deleted(house: House) -> None:
    ana = house.user("ana", "iam:GetUser")
    assert house.call("GetUser", by=ana).status == 200
    house.call("UpdateAccessKey", UserName="ana", AccessKeyId=ana[0], Status="Inactive")
    assert code(house.call("GetUser", by=ana)) == "InvalidClientTokenId"
    house.call("UpdateAccessKey", UserName="ana", AccessKeyId=ana[0], Status="Active")
    assert house.call("GetUser", by=ana).status == 200
    house.call("DeleteAccessKey", UserName="ana", AccessKeyId=ana[0])
    assert code(house.call("GetUser", by=ana)) == "InvalidClientTokenId"


def test_a_session_token_is_needed_is_bound_to_its_key_and_ends(house: House) -> None:
    ana = house.user("ana")
    made = house.call("GetSessionToken", by=ana, service="sts", DurationSeconds="900").body.decode()
    session = text(made, "AccessKeyId"), text(made, "SecretAccessKey"), text(made, "SessionToken")
    assert house.call("GetCallerIdentity", by=session, service="sts").status == 200
    assert code(house.call("GetCallerIdentity", by=session[:2], service="sts")) == "InvalidClientTokenId"
    assert code(house.call("GetCallerIdentity", by=(*ana, session[2]), service="sts")) == "InvalidClientTokenId"
    altered = session[2][:-10] + ("A" if session[2][-10] != "A" else "B") + session[2][-9:]
    assert code(house.call("GetCallerIdentity", by=(*session[:2], altered), service="sts")) == "InvalidClientTokenId"
    house.clock.advance(901)
    assert code(house.call("GetCallerIdentity", by=session, service="sts")) == "ExpiredToken"


def test_a_signed_url_is_taken(house: House) -> None:
    key, secret = house.root
    url = "http://localhost:4590/?Action=GetCallerIdentity&Version=2011-06-15"
    request = signed(
        auth.SigV4QueryAuth, method="GET", body=b"", url=url, service="sts", key=key, secret=secret, expires=60
    )
    assert house.send(request).status == 200
    house.clock.advance(61)
    assert code(house.send(request)) == "SignatureDoesNotMatch"


def test_a_denial_is_in_aws_words_and_in_the_trail(house: House) -> None:
    ana = house.user("ana", "iam:GetUser")
    denied = house.call("DeleteUser", by=ana, UserName="ana")
    assert (denied.status, code(denied)) == (403, "AccessDenied")
    assert (
        "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: iam:DeleteUser on resource:"
        in denied.body.decode()
    )
    event = house.last()[0]
    assert (event["eventName"], event["errorCode"]) == ("DeleteUser", "AccessDenied")
    assert event["requestParameters"] == {"userName": "ana"}


def test_a_change_and_its_event_are_one(house: House) -> None:
    house.call("CreateUser", UserName="ana")
    event = house.last()[0]
    assert (event["eventName"], event["readOnly"], event.get("errorCode")) == ("CreateUser", False, None)
    again = house.call("CreateUser", UserName="ana")
    assert code(again) == "EntityAlreadyExists"
    assert house.last()[0]["errorCode"] == "EntityAlreadyExistsException"


def test_what_is_not_built_says_so(house: House) -> None:
    key, secret = house.root
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.ListSecrets"}
    response = house.send(signed(headers=headers, body=b"{}", service="secretsmanager", key=key, secret=secret))
    assert response.status == 501
    assert b"Garrison does not implement secretsmanager:ListSecrets (yet)" in response.body
    assert house.last()[0]["eventName"] == "ListSecrets"


def test_json_services_are_denied_in_their_own_code(house: House) -> None:
    ana = house.user("ana")
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.ListKeys"}
    response = house.send(signed(headers=headers, body=b"{}", service="kms", key=ana[0], secret=ana[1]))
    assert (response.status, code(response)) == (400, "AccessDeniedException")


def test_an_unforeseen_failure_answers_in_form_and_tells_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(call: Any, tx: Any) -> None:
        raise ZeroDivisionError("internals")

    before = OPERATIONS["iam", "CreateUser"]
    monkeypatch.setitem(OPERATIONS, ("iam", "CreateUser"), Operation("iam", "CreateUser", broken, "write", None))
    response = house.call("CreateUser", UserName="ana")
    assert (response.status, code(response)) == (500, "InternalFailure")
    assert b"internals" not in response.body
    assert "ZeroDivisionError" in caplog.text
    assert house.gateway.metrics.failures == 1
    monkeypatch.setitem(OPERATIONS, ("iam", "CreateUser"), before)
    assert house.call("CreateUser", UserName="ana").status == 200


def test_a_database_that_is_away_is_said_to_be(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(call: Any, tx: Any) -> None:
        raise StoreUnavailable("no connection")

    monkeypatch.setitem(OPERATIONS, ("iam", "CreateUser"), Operation("iam", "CreateUser", away, "write", None))
    response = house.call("CreateUser", UserName="ana")
    assert (response.status, code(response)) == (503, "ServiceUnavailable")
    assert "Traceback" not in caplog.text
    assert house.gateway.metrics.failures == 0


def test_a_write_is_decided_again_when_policies_move_before_it_runs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = house.user("ana", "iam:CreateUser")
    real = walk_module.Gateway._prepare

    async def meanwhile(self: Gateway, walk: Any) -> None:
        monkeypatch.setattr(walk_module.Gateway, "_prepare", real)
        response = await self.answer(house.request("DeleteUserPolicy", UserName="ana", PolicyName="p"))
        assert response.status == 200
        await real(self, walk)

    monkeypatch.setattr(walk_module.Gateway, "_prepare", meanwhile)
    assert code(house.call("CreateUser", by=ana, UserName="eve")) == "AccessDenied"
    assert code(house.call("GetUser", UserName="eve")) == "NoSuchEntity"


def test_permissive_mode_lets_denials_through_and_records_them(make: Make) -> None:
    house = make(permissive=True)
    ana = house.user("ana")
    assert house.call("CreateUser", by=ana, UserName="eve").status == 200
    event = house.last()[0]
    assert event["additionalEventData"]["wouldBeErrorCode"] == "AccessDenied"
    stranger = ("AKIAIOSFODNN7EXAMPLE", "nonsense")
    assert house.call("GetUser", by=stranger, UserName="eve").status == 200
    assert code(house.call("GetUser", by=(ana[0], "nonsense"), UserName="eve")) == "SignatureDoesNotMatch"
    gone = house.user("gone")
    house.call("DeleteAccessKey", UserName="gone", AccessKeyId=gone[0])
    assert code(house.call("GetUser", by=gone, UserName="eve")) == "InvalidClientTokenId"


def test_global_services_are_taken_from_any_region_and_act_in_their_own(house: House) -> None:
    assert house.call("ListUsers", region="eu-central-1").status == 200
    assert house.last()[0]["awsRegion"] == "us-east-1"


def test_a_garrison_of_another_partition_takes_that_partitions_regions_only(make: Make) -> None:
    house = make(region="cn-north-1")
    answer = house.call("GetCallerIdentity", service="sts", region="cn-northwest-1").body.decode()
    assert text(answer, "Arn") == "arn:aws-cn:iam::123456789012:root"
    assert code(house.call("GetCallerIdentity", service="sts", region="us-east-1")) == "SignatureDoesNotMatch"


def test_a_path_that_is_not_normal_is_acted_on_as_it_was_signed(house: House) -> None:
    key, secret = house.root
    for path in ("//", "/./", "/x/../"):
        request = signed(
            url=f"http://localhost:4590{path}",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=b"Action=GetCallerIdentity&Version=2011-06-15",
            service="sts",
            key=key,
            secret=secret,
        )
        assert house.send(request).status == 200
        assert house.send(replaced(request, path="/")).status == 200


def test_operations_aws_leaves_unsigned_reach_their_service(house: House) -> None:
    body = (
        b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/r"
        b"&RoleSessionName=ss&WebIdentityToken=abcd"
    )
    headers = (("host", "sts.amazonaws.com"), ("content-type", "application/x-www-form-urlencoded"))
    response = house.send(HttpRequest("POST", "/", "", headers, body, "127.0.0.1"))
    assert code(response) not in ("MissingAuthenticationToken", "InternalFailure")
    unsigned = body.replace(b"AssumeRoleWithWebIdentity", b"AssumeRole")
    response = house.send(HttpRequest("POST", "/", "", headers, unsigned, "127.0.0.1"))
    assert code(response) == "MissingAuthenticationToken"


def test_a_call_that_comes_after_another_process_has_sealed_uses_no_key(house: House, tmp_path: Path) -> None:
    """At once, not at the next of the ten looks a second."""
    other = SharedRoot.new()
    house.gateway.follow = _Keeper(house.runtime, tmp_path, SharedRoot(other.descriptor, other.key)).follow
    target = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.GenerateRandom"}

    def random() -> tuple[int, bytes]:
        key, secret = house.root
        body = json.dumps({"NumberOfBytes": 8}).encode()
        answer = house.send(signed(body=body, headers=target, service="kms", key=key, secret=secret))
        return answer.status, answer.body

    opened = RootKey(house.runtime.seal.root.reveal())
    assert random()[0] == 200
    other.publish(Seal(RootKey()))
    status, body = random()
    assert (status, b"KeyUnavailable" in body) == (500, True)
    other.publish(Seal(opened))
    assert random()[0] == 200


def test_a_process_that_is_started_while_the_root_key_is_sealed_knows_who_calls() -> None:
    mine = Seal(RootKey.new())
    secret = mine.seal("access-key", b"secret", "AKIA")
    shared = SharedRoot.new()
    mine.root.seal()
    shared.publish(mine)
    later = Seal(RootKey())
    assert not later.usable
    assert SharedRoot(shared.descriptor, shared.key).follow(later)
    assert later.root.sealed
    assert later.open("access-key", secret, "AKIA") == b"secret"
