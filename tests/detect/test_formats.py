"""Each form of record becomes the same events, whatever it is wrapped in."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from garrison.detect.events import ApiCall, DatabaseLogin, DnsQuery, Flow, KubernetesCall, WebRequest
from garrison.detect.formats.files import Unreadable, events, look
from garrison.detect.formats.form import Bad

_V2 = "2 111122223333 eni-0a1 10.0.0.5 203.0.113.9 44321 443 6 10 8400 1795885200 1795885260 ACCEPT OK"
_V5 = (
    "version srcaddr dstaddr start end srcport dstport protocol bytes packets action instance-id tcp-flags "
    "flow-direction interface-id account-id region log-status\n"
    "5 203.0.113.9 10.0.0.5 1795885200 1795885260 44321 22 6 60 1 REJECT i-0abc 2 ingress eni-0a1 111122223333 "
    "eu-central-1 OK"
)
_DNS = {
    "version": "1.100000",
    "account_id": "111122223333",
    "region": "eu-central-1",
    "vpc_id": "vpc-1",
    "query_timestamp": "2026-11-28T19:00:01Z",
    "query_name": "Example.COM.",
    "query_type": "A",
    "query_class": "IN",
    "rcode": "NOERROR",
    "answers": [{"Rdata": "203.0.113.9", "Type": "A", "Class": "IN"}],
    "srcaddr": "10.0.0.5",
    "srcport": "56067",
    "transport": "UDP",
    "srcids": {"instance": "i-0abc"},
}
_AUDIT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "Metadata",
    "auditID": "a-1",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/kube-system/pods/x/exec",
    "verb": "create",
    "user": {"username": "jo", "groups": ["system:authenticated"]},
    "sourceIPs": ["203.0.113.9"],
    "userAgent": "kubectl",
    "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "kube-system", "name": "x"},
    "responseStatus": {"code": 101},
    "requestReceivedTimestamp": "2026-11-28T19:00:01.000000Z",
    "stageTimestamp": "2026-11-28T19:00:02.000000Z",
}
_WAF = {
    "timestamp": 1795892401000,
    "webaclId": "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/front/a-b",
    "action": "BLOCK",
    "httpSourceId": "111122223333-app/front/50dc6c495c0c9188",
    "labels": [{"name": "awswaf:managed:aws:core-rule-set:GenericLFI_QueryArguments"}],
    "httpRequest": {
        "clientIp": "203.0.113.9",
        "headers": [{"name": "Host", "value": "example.com"}, {"name": "User-Agent", "value": "curl"}],
        "uri": "/x",
        "args": "a=../../etc/passwd",
        "httpMethod": "GET",
        "requestId": "r-1",
    },
}
_ACCESS = {
    "time": "2026-11-28T19:00:01.123456Z",
    "elb": "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/front/50dc6c495c0c9188",
    "client_port": "203.0.113.9:5000",
    "elb_status_code": 200,
    "sent_bytes": 42,
    "request_method": "GET",
    "request_target": "/x?a=1",
    "domain_name": "example.com",
    "user_agent": None,
}
_TRAIL = {
    "eventVersion": "1.11",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROA1:s",
        "arn": "arn:aws:sts::111122223333:assumed-role/job/s",
        "accountId": "111122223333",
        "accessKeyId": "ASIA1",
        "sessionContext": {
            "sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/path/job", "userName": "job", "type": "Role"}
        },
    },
    "eventTime": "2026-11-28T19:00:01Z",
    "eventSource": "lambda.amazonaws.com",
    "eventName": "AddPermission20150331v2",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "203.0.113.9",
    "userAgent": "aws-cli",
    "requestParameters": {"functionName": "f"},
    "responseElements": None,
    "eventID": "e-1",
    "readOnly": False,
    "eventType": "AwsApiCall",
    "managementEvent": True,
    "recipientAccountId": "111122223333",
}


def read(path: Path, data: bytes | str) -> list[Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(events(look(path)))


def subscription(*messages: str, group: str = "/aws/eks/prod/cluster") -> str:
    document = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": group,
        "logStream": "s",
        "logEvents": [{"id": str(n), "timestamp": 1, "message": message} for n, message in enumerate(messages)],
    }
    return json.dumps({"messageType": "CONTROL_MESSAGE"}) + json.dumps(document)


@pytest.mark.parametrize("packed", [False, True])
def test_cloudtrail(tmp_path: Path, packed: bool) -> None:
    forms = {
        "a.json": json.dumps({"Records": [_TRAIL]}),
        "b.jsonl": json.dumps(_TRAIL) + "\n" + json.dumps(_TRAIL | {"eventID": "e-2"}),
        "c.json": json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": _TRAIL}),
        "d.json": subscription(json.dumps(_TRAIL), group="trail"),
        "e.json": json.dumps(_TRAIL, indent=1),
    }
    for name, text in forms.items():
        data = gzip.compress(text.encode()) if packed else text
        one = read(tmp_path / (name + ".gz" * packed), data)[0]
        assert isinstance(one, ApiCall)
        assert (one.id, one.source, one.name, one.error) == ("e-1", "lambda", "AddPermission", "")
        assert one.principal == "arn:aws:iam::111122223333:role/path/job"
        assert (one.user_name, one.access_key, one.account) == ("job", "ASIA1", "111122223333")
        assert one.record["eventName"] == "AddPermission20150331v2"


def test_who_a_principal_is_of_few_values(tmp_path: Path) -> None:
    def principal(**identity: Any) -> str:
        one = read(tmp_path / "t.json", json.dumps({"Records": [_TRAIL | {"userIdentity": identity}]}))[0]
        assert isinstance(one, ApiCall)
        return one.principal

    session = "arn:aws:sts::111122223333:assumed-role/job/s-4711"
    assert principal(type="AssumedRole", arn=session) == "arn:aws:iam::111122223333:role/job"
    assert principal(type="Root", arn="arn:aws:iam::111122223333:root") == "arn:aws:iam::111122223333:root"
    assert principal(type="AWSService", invokedBy="ec2.amazonaws.com") == "ec2.amazonaws.com"
    assert principal(type="AWSAccount", principalId="AIDA1:x", accountId="444455556666") == "AIDA1:x"


def test_a_refused_sign_in_says_so(tmp_path: Path) -> None:
    record = _TRAIL | {
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "errorMessage": "Failed authentication",
        "responseElements": {"ConsoleLogin": "Failure"},
    }
    assert read(tmp_path / "t.json", json.dumps({"Records": [record]}))[0].error == "Failed authentication"


def test_flow_logs(tmp_path: Path) -> None:
    [first] = read(tmp_path / "v2.log", _V2 + "\n2 111122223333 eni-0a1 - - - - - - - 1795885200 1795885260 - NODATA\n")
    assert isinstance(first, Flow)
    assert (first.source, first.destination_port, first.octets, first.accepted) == ("10.0.0.5", 443, 8400, True)
    assert (first.outbound, first.instance, first.tcp_flags, first.region) == (True, "eni-0a1", None, "")
    [again] = read(tmp_path / "export.log", "2026-11-28T19:00:00.000Z " + _V2)
    assert again.id == first.id
    [v5] = read(tmp_path / "AWSLogs/x/vpcflowlogs/y/v5.log.gz", gzip.compress(_V5.encode()))
    assert (v5.instance, v5.outbound, v5.accepted, v5.tcp_flags) == ("i-0abc", False, False, 2)
    assert (v5.account, v5.region) == ("111122223333", "eu-central-1")
    broken = read(tmp_path / "broken.log", f"{_V2}\n{_V2} more\n{_V2.replace('8400', 'many')}\n")
    assert [type(one) for one in broken] == [Flow, Bad, Bad]


def test_flow_logs_in_parquet(tmp_path: Path) -> None:
    lines = [line.split() for line in _V5.split("\n")]
    row = dict(zip((name.replace("-", "_") for name in lines[0]), lines[1], strict=True))
    whole: dict[str, Any] = {k: int(v) if v.isdigit() and k != "account_id" else v for k, v in row.items()}
    path = tmp_path / "x.log.parquet"
    pq.write_table(pa.Table.from_pylist([whole, whole | {"log_status": "NODATA"}]), path)
    [one] = events(look(path))
    assert isinstance(one, Flow)
    assert (one.account, one.instance, one.outbound, one.tcp_flags, one.start) == (
        "111122223333", "i-0abc", False, 2, 1795885200.0,
    )  # fmt: skip


def test_which_way_a_flow_went_is_learned_from_others_of_its_interface(tmp_path: Path) -> None:
    inside = _V2.replace("203.0.113.9", "10.0.0.77")
    back = inside.replace("10.0.0.5 10.0.0.77", "10.0.0.77 10.0.0.5")
    public = _V2.replace("203.0.113.9", "8.8.8.8")
    found = read(tmp_path / "x.log", "\n".join([inside, public, inside, back]))
    assert [one.outbound for one in found] == [None, True, True, False]


def test_dns_queries(tmp_path: Path) -> None:
    for name, text in {"q.log": json.dumps(_DNS) + "\n", "s.json": subscription(json.dumps(_DNS))}.items():
        [one] = read(tmp_path / name, text)
        assert isinstance(one, DnsQuery)
        assert (one.name, one.type, one.rcode, one.answers) == ("example.com", "A", "NOERROR", ("203.0.113.9",))
        assert (one.instance, one.source, one.account) == ("i-0abc", "10.0.0.5", "111122223333")


def test_kubernetes_calls(tmp_path: Path) -> None:
    received = _AUDIT | {"stage": "RequestReceived"}
    lines = "\n".join(map(json.dumps, [received, _AUDIT]))
    forms = {
        "cluster=prod/a.jsonl": lines,
        "eks/prod/cluster/b.json": json.dumps({"kind": "EventList", "items": [received, _AUDIT]}),
        "c.json": subscription(json.dumps(received), json.dumps(_AUDIT)),
    }
    for name, text in forms.items():
        [one] = read(tmp_path / name, text)
        assert isinstance(one, KubernetesCall)
        assert (one.id, one.verb, one.resource, one.namespace) == ("a-1", "create", "pods/exec", "kube-system")
        assert (one.user, one.status, one.cluster) == ("jo", 101, "prod")


def test_requests_at_the_edge(tmp_path: Path) -> None:
    [judged] = read(tmp_path / "waf.jsonl", json.dumps(_WAF))
    assert isinstance(judged, WebRequest)
    assert (judged.action, judged.path, judged.source, judged.account) == (
        "BLOCK", "/x?a=../../etc/passwd", "203.0.113.9", "111122223333",
    )  # fmt: skip
    [answered] = read(tmp_path / "access.jsonl", json.dumps(_ACCESS))
    assert isinstance(answered, WebRequest)
    assert (answered.status, answered.octets, answered.source, answered.user_agent) == (200, 42, "203.0.113.9", "")
    assert answered.resource == judged.resource


def test_sign_ins_to_postgresql(tmp_path: Path) -> None:
    rds = (
        "2026-11-28 19:00:00 UTC:203.0.113.9(5000):[unknown]@[unknown]:[77]:LOG:  connection received: "
        "host=203.0.113.9 port=5000\n"
        "2026-11-28 19:00:00 UTC:203.0.113.9(5000):jo@app:[77]:LOG:  connection authorized: user=jo database=app "
        "application_name=psql SSL enabled (protocol=TLSv1.3)\n"
        '2026-11-28 19:00:01 UTC:203.0.113.9(5001):jo@app:[78]:FATAL:  password authentication failed for user "jo"\n'
        "2026-11-28 19:00:02 UTC:203.0.113.9(5001):jo@app:[78]:LOG:  statement: SELECT 1\n"
    )
    own = (
        "2026-11-28 19:00:00.123 UTC [77] LOG:  connection received: host=203.0.113.9 port=5000\n"
        "2026-11-28 19:00:00.124 UTC [77] LOG:  connection authorized: user=jo database=app application_name=psql\n"
        '2026-11-28 19:00:00.125 UTC [78] FATAL:  no pg_hba.conf entry for host "203.0.113.9", user "jo", '
        'database "app", no encryption\n'
    )
    line = {
        "timestamp": "2026-11-28 19:00:00.124 UTC",
        "pid": 77,
        "remote_host": "203.0.113.9",
        "error_severity": "LOG",
    }
    as_json = "\n".join(
        json.dumps(line | {"backend_type": "client backend", "application_name": "psql"} | more)
        for more in (
            {"message": "connection authorized: user=jo database=app"},
            {"error_severity": "FATAL", "message": 'password authentication failed for user "jo"'},
        )
    )
    for n, text in enumerate((rds, own, as_json)):
        found = read(tmp_path / str(n) / "orders" / "error" / "postgresql.log.2026-11-28", text)
        assert [(one.user, one.source, one.succeeded, one.database) for one in found] == [
            ("jo", "203.0.113.9", True, "orders"),
            ("jo", "203.0.113.9", False, "orders"),
        ]
        assert all(isinstance(one, DatabaseLogin) for one in found)
        assert found[0].application == "psql"


@pytest.mark.parametrize(
    "data",
    [b"hello", b"{}", b"[]", b"\x1f\x8bnot gzip", b"\x00" * 100, b'{"digestS3Object": "x"}', b"PAR1"],
)
def test_what_is_no_log_is_told_apart(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(Unreadable):
        look(path)


@pytest.mark.parametrize("name", ["t.json", "f.log", "d.log", "k.jsonl", "w.jsonl", "c.json", "p.parquet"])
def test_damaged_files_never_end_a_run(tmp_path: Path, name: str) -> None:
    files: dict[str, str | bytes] = {
        "t.json": json.dumps({"Records": [_TRAIL, 7, None, [], {"eventID": 1}, {"userIdentity": "x", **_DNS}]}),
        "f.log": f"{_V2}\n\xff\xfe\n2 a b\n",
        "d.log": json.dumps(_DNS) + "\n" + json.dumps(_DNS | {"answers": 7, "query_name": None}) + "\n{",
        "k.jsonl": json.dumps(_AUDIT) + "\n" + json.dumps(_AUDIT | {"user": 1, "objectRef": []}) + "\n[]",
        "w.jsonl": json.dumps(_WAF) + "\n" + json.dumps(_WAF | {"httpRequest": 4}) + "\nnull",
        "c.json": subscription("{}", "x", json.dumps(_TRAIL | {"eventTime": {}}), json.dumps(_TRAIL)) + '{"logEvents',
        "p.parquet": b"PAR1 and no more",
    }
    found = read(tmp_path / name, files[name])
    assert any(isinstance(one, Bad) for one in found)
    assert len([one for one in found if not isinstance(one, Bad)]) == (name != "p.parquet")
