"""The operator's endpoints, against a real server process."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.process import ServerProcess, status

FORM = b"Action=GetCallerIdentity&Version=2011-06-15"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("admin")) as running:
        yield running


def ask(server: ServerProcess, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, json.dumps(body) if body is not None else None, given)
    response = connection.getresponse()
    raw = response.read()
    connection.close()
    return response.status, json.loads(raw) if raw.startswith(b"{") else raw.decode()


def bearer(server: ServerProcess) -> str:
    return f"Bearer {server.token}"


def test_health_ready_and_metrics_answer_anybody(server: ServerProcess) -> None:
    assert ask(server, "GET", "/_garrison/health")[1]["mode"] == "enforcing"
    assert ask(server, "GET", "/_garrison/ready") == (200, {"status": "ready"})
    server.send(server.signed(FORM))
    code, text = ask(server, "GET", "/_garrison/metrics")
    assert code == 200
    assert 'garrison_calls_total{service="sts",operation="GetCallerIdentity",outcome="ok"}' in text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_garrison/reset"),
        ("GET", "/_garrison/accounts"),
        ("POST", "/_garrison/accounts"),
        ("GET", "/_garrison/explain?denied"),
        ("GET", "/_garrison/explain/x"),
        ("GET", "/_garrison/nothing"),
    ],
)
def test_the_rest_needs_the_admin_token(server: ServerProcess, method: str, path: str) -> None:
    assert ask(server, method, path)[0] == 401
    assert ask(server, method, path, Authorization="Bearer nonsense")[0] == 401
    assert ask(server, method, path, Authorization="Bearer é")[0] == 401
    assert ask(server, method, path, Authorization=server.token)[0] == 401


def test_browsers_and_foreign_host_names_are_refused(server: ServerProcess) -> None:
    token = bearer(server)
    assert ask(server, "GET", "/_garrison/accounts", Authorization=token, Origin="http://evil.example")[0] == 403
    assert ask(server, "GET", "/_garrison/health", Origin="null")[0] == 403
    assert ask(server, "GET", "/_garrison/accounts", Authorization=token, Sec_Fetch_Site="cross-site")[0] == 403
    assert ask(server, "GET", "/_garrison/accounts", Authorization=token, Host="rebound.example:4590")[0] == 403
    assert ask(server, "GET", "/_garrison/accounts", Authorization=token, Host="localhost:1")[0] == 200
    assert ask(server, "GET", "/_garrison/accounts", Authorization=token, Host="[::1]:1")[0] == 200


def test_a_new_account_has_a_root_key_that_works(server: ServerProcess) -> None:
    token = bearer(server)
    code, made = ask(
        server, "POST", "/_garrison/accounts", {"name": "b", "email": "b@example.com"}, Authorization=token
    )
    assert code == 201
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("POST", server.url, data=FORM, headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(Credentials(made["access_key_id"], made["secret_access_key"]), "sts", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", "/", FORM, dict(request.headers))
    assert f"arn:aws:iam::{made['account']}:root" in connection.getresponse().read().decode()
    connection.close()
    again = {"id": made["account"], "email": "c@example.com"}
    assert ask(server, "POST", "/_garrison/accounts", again, Authorization=token)[0] == 409
    wrong: list[Any] = [{"id": "12"}, {"id": "000000000000"}, {"email": 3}, [], {"other": 1}]
    for bad in wrong:
        assert ask(server, "POST", "/_garrison/accounts", bad, Authorization=token)[0] == 400
    listed = ask(server, "GET", "/_garrison/accounts", Authorization=token)[1]["accounts"]
    assert made["account"] in [a["id"] for a in listed]


def test_a_call_is_explained_by_its_request_id(server: ServerProcess) -> None:
    raw = server.send(server.signed(b"Action=GetUser&Version=2010-05-08&UserName=nobody", "iam"))
    assert status(raw) == 404
    request_id = next(
        line.split(b": ")[1].decode() for line in raw.split(b"\r\n") if line.lower().startswith(b"x-amzn-requestid")
    )
    code, found = ask(server, "GET", f"/_garrison/explain/{request_id}", Authorization=bearer(server))
    assert code == 200
    assert found["event"]["errorCode"] == "NoSuchEntityException"
    assert found["explanation"]["code"] == "ALLOW_ROOT"
    assert "iam:GetUser" in found["text"]
    assert ask(server, "GET", "/_garrison/explain/none", Authorization=bearer(server))[0] == 404
    assert ask(server, "GET", "/_garrison/explain?last=x", Authorization=bearer(server))[0] == 400


def test_reset_brings_back_the_first_start(server: ServerProcess) -> None:
    create = b"Action=CreateUser&Version=2010-05-08&UserName=ana"
    get = b"Action=GetUser&Version=2010-05-08&UserName=ana"
    assert status(server.send(server.signed(create, "iam"))) == 200
    assert status(server.send(server.signed(get, "iam"))) == 200
    assert ask(server, "POST", "/_garrison/reset", Authorization=bearer(server))[0] == 200
    assert status(server.send(server.signed(get, "iam"))) == 404
    assert status(server.send(server.signed(FORM))) == 200
    accounts = ask(server, "GET", "/_garrison/accounts", Authorization=bearer(server))[1]["accounts"]
    assert [a["id"] for a in accounts] == ["123456789012"]


def test_nothing_of_ours_is_under_aws_paths(server: ServerProcess, tmp_path: Path) -> None:
    assert ask(server, "GET", "/health")[0] in (403, 404)
    assert ask(server, "GET", "/metrics", Authorization=bearer(server))[0] in (400, 403, 404)
