"""What S3 clients put on the wire, through Garrison to a real moto_server: bodies, addresses and signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import urllib.error
import urllib.request
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import UNSIGNED, auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotoCredentials
from botocore.exceptions import ClientError

from tests.clients.house import House, allow, code, policy
from tests.clients.server import Credentials, Server, free_port

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("upstream")]

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = SIGNED + "-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@pytest.fixture(scope="module")
def wire(house: House) -> tuple[Any, Credentials]:
    """Root's client of a bucket named `wire`, and a user who may use what is under `in/`."""
    s3 = house.client("s3")
    s3.create_bucket(Bucket="wire")
    user = house.user("wim", allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::wire/in/*"))
    return s3, user


def _chunked(house: House, who: Credentials, key: str, mode: str, data: bytes, *, told: bytes | None = None) -> bytes:
    """An upload in chunks as SDKs write it (S3 API reference, "Signature calculations: chunked upload")."""
    trailer = "x-amz-checksum-crc32"
    headers = {"x-amz-decoded-content-length": str(len(data)), "Content-Encoding": "aws-chunked"}
    if mode != SIGNED:
        headers["x-amz-trailer"] = trailer
    request = AWSRequest("PUT", f"{house.server.url}/wire/{key}", headers=headers)
    signer = type("Signer", (auth.S3SigV4Auth,), {"payload": lambda self, request: mode})
    signer(BotoCredentials(who.access_key_id, who.secret_access_key), "s3", "us-east-1").add_auth(request)
    stamp, previous = request.headers["X-Amz-Date"], request.headers["Authorization"].rpartition("=")[2]
    scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
    signing = ("AWS4" + who.secret_access_key).encode()
    for part in scope.split("/"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    body = b""
    for at in [*range(0, len(data), 8192), len(data)]:
        chunk = data[at : at + 8192]
        head = b"%x" % len(chunk)
        if mode != UNSIGNED_TRAILER:
            text = f"AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{scope}\n{previous}\n{hashlib.sha256(b'').hexdigest()}\n"
            previous = hmac.digest(signing, (text + hashlib.sha256(chunk).hexdigest()).encode(), "sha256").hex()
            head += b";chunk-signature=" + previous.encode()
        body += head + b"\r\n" + chunk + (b"\r\n" if chunk else b"")
    if mode != SIGNED:
        line = f"{trailer}:{base64.b64encode(told or zlib.crc32(data).to_bytes(4, 'big')).decode()}"
        body += line.encode() + b"\r\n"
        if mode == SIGNED_TRAILER:
            digest = hashlib.sha256(f"{line}\n".encode()).hexdigest()
            text = f"AWS4-HMAC-SHA256-TRAILER\n{stamp}\n{scope}\n{previous}\n{digest}"
            body += b"x-amz-trailer-signature:" + hmac.digest(signing, text.encode(), "sha256").hex().encode() + b"\r\n"
    lines = [f"PUT /wire/{key} HTTP/1.1", f"Host: {urlsplit(house.server.url).netloc}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    body += b"\r\n"
    return "\r\n".join([*lines, f"Content-Length: {len(body)}"]).encode() + b"\r\n\r\n" + body


def _sent(house: House, raw: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", house.server.port), timeout=20) as connection:
        connection.sendall(raw)
        answer = connection.recv(65536)
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)
        return answer


@pytest.mark.parametrize("mode", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
@pytest.mark.parametrize("size", [20_000, 200_000])
def test_chunks_arrive_as_the_object_they_are(
    house: House, wire: tuple[Any, Credentials], mode: str, size: int
) -> None:
    data = bytes(range(250)) * (size // 250)
    key = f"in/{mode}-{size}"
    assert _sent(house, _chunked(house, wire[1], key, mode, data)).startswith(b"HTTP/1.1 200")
    found = wire[0].get_object(Bucket="wire", Key=key)
    assert found["Body"].read() == data
    assert "aws-chunked" not in found["ResponseMetadata"]["HTTPHeaders"].get("content-encoding", "")


@pytest.mark.parametrize("mode", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
@pytest.mark.parametrize("size", [20_000, 200_000])
def test_chunks_that_were_tampered_with_leave_no_object(
    house: House, wire: tuple[Any, Credentials], mode: str, size: int
) -> None:
    data = b"a" * size
    key = f"in/bad-{mode}-{size}"
    raw = _chunked(house, wire[1], key, mode, data).replace(b"a" * 50 + b"\r\n", b"a" * 49 + b"b\r\n")
    answer = _sent(house, raw)
    wanted = b"BadDigest" if mode == UNSIGNED_TRAILER else b"SignatureDoesNotMatch"
    assert wanted in answer
    assert code(wire[0].get_object, Bucket="wire", Key=key) == "NoSuchKey"


def test_chunks_of_somebody_who_may_not_put_there_are_not_even_read(
    house: House, wire: tuple[Any, Credentials]
) -> None:
    head = _chunked(house, wire[1], "out/x", SIGNED, b"a" * 200_000).partition(b"\r\n\r\n")[0]
    assert _sent(house, head + b"\r\n\r\n").startswith(b"HTTP/1.1 403")


def test_aws_crt_uploads_with_a_trailing_checksum(house: House, wire: tuple[Any, Credentials], tmp_path: Path) -> None:
    crt = pytest.importorskip("awscrt.s3")
    from awscrt.auth import AwsCredentialsProvider
    from awscrt.http import HttpHeaders, HttpRequest
    from awscrt.io import ClientBootstrap, DefaultHostResolver, EventLoopGroup

    group = EventLoopGroup(1)
    who = wire[1]
    client = crt.S3Client(
        bootstrap=ClientBootstrap(group, DefaultHostResolver(group)),
        region="us-east-1",
        tls_mode=crt.S3RequestTlsMode.DISABLED,
        signing_config=crt.create_default_s3_signing_config(
            region="us-east-1",
            credential_provider=AwsCredentialsProvider.new_static(who.access_key_id, who.secret_access_key),
        ),
    )
    path = tmp_path / "body"
    path.write_bytes(b"crt" * 50_000)
    statuses = []
    for key in ("in/crt", "out/crt"):
        headers = HttpHeaders([("Host", f"127.0.0.1:{house.server.port}"), ("Content-Length", "150000")])
        made = client.make_request(
            type=crt.S3RequestType.PUT_OBJECT,
            request=HttpRequest("PUT", f"/wire/{key}", headers),
            send_filepath=str(path),
            checksum_config=crt.S3ChecksumConfig(
                algorithm=crt.S3ChecksumAlgorithm.CRC64NVME, location=crt.S3ChecksumLocation.TRAILER
            ),
            on_done=lambda status_code=None, **_: statuses.append(status_code),
        )
        error = made.finished_future.exception(20)
        assert (error is None) == (key == "in/crt")
    assert statuses == [200, 403]
    assert wire[0].get_object(Bucket="wire", Key="in/crt")["Body"].read() == b"crt" * 50_000


def test_boto3_over_tls_uploads_in_unsigned_chunks_and_is_given_tls_addresses(house: House, tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--upstream", house.moto, "--tls") as server:

        def client(service: str) -> Any:
            return boto3.client(
                service,
                endpoint_url=server.url,
                region_name="us-east-1",
                aws_access_key_id=server.root.access_key_id,
                aws_secret_access_key=server.root.secret_access_key,
                verify=str(server.data / "tls" / "ca.pem"),
            )

        s3 = client("s3")
        s3.create_bucket(Bucket="tls")
        wrote: list[Any] = []
        s3.meta.events.register(
            "before-send.s3.PutObject", lambda request, **_: wrote.append(request.headers["x-amz-content-sha256"])
        )
        s3.put_object(Bucket="tls", Key="x", Body=b"t" * 200_000)
        assert wrote in ([UNSIGNED_TRAILER], [UNSIGNED_TRAILER.encode()])
        assert s3.get_object(Bucket="tls", Key="x")["Body"].read() == b"t" * 200_000
        assert client("sqs").create_queue(QueueName="over-tls")["QueueUrl"].startswith(server.url + "/")


def test_buckets_in_the_host_name_are_the_buckets_meant(house: House, wire: tuple[Any, Credentials]) -> None:
    wire[0].put_object(Bucket="wire", Key="in/host", Body=b"h")
    wire[0].put_object(Bucket="wire", Key="out/host", Body=b"h")

    def asked(host: str, key: str, method: str = "GET", body: bytes = b"") -> bytes:
        request = AWSRequest(method, f"http://{host}:{house.server.port}/{key}", data=body)
        signer = auth.S3SigV4Auth(BotoCredentials(wire[1].access_key_id, wire[1].secret_access_key), "s3", "us-east-1")
        signer.add_auth(request)
        lines = [f"{method} /{key} HTTP/1.1", f"Host: {host}:{house.server.port}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        raw = "\r\n".join([*lines, f"Content-Length: {len(body)}"]).encode() + b"\r\n\r\n" + body
        return _sent(house, raw)

    for host in ("wire.s3.us-east-1.amazonaws.com", "wire.s3.localhost", "wire.localhost"):
        assert asked(host, "in/host").startswith(b"HTTP/1.1 200"), host
        assert asked(host, "out/host").startswith(b"HTTP/1.1 403"), host
        assert asked(host, "in/made", "PUT", b"made").startswith(b"HTTP/1.1 200"), host
    assert wire[0].get_object(Bucket="wire", Key="in/made")["Body"].read() == b"made"


def test_who_waits_for_100_continue_is_told_to_go_on_only_if_allowed(
    house: House, wire: tuple[Any, Credentials]
) -> None:
    answers = []
    for key in ("in/waited", "out/waited"):
        raw = _chunked(house, wire[1], key, SIGNED, b"w" * 100_000)
        head, _, body = raw.partition(b"\r\n\r\n")
        with socket.create_connection(("127.0.0.1", house.server.port), timeout=20) as connection:
            connection.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
            first = connection.recv(65536)
            answers.append(first.split(b"\r\n")[0])
            if first.startswith(b"HTTP/1.1 100"):
                connection.sendall(body)
                assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert answers == [b"HTTP/1.1 100 Continue", b"HTTP/1.1 403 Forbidden"]


def test_heads_and_ranges(house: House, wire: tuple[Any, Credentials]) -> None:
    wire[0].put_object(Bucket="wire", Key="in/range", Body=b"0123456789")
    wire[0].put_object(Bucket="wire", Key="out/range", Body=b"0123456789")
    wim = house.client("s3", wire[1])
    told = wim.get_object(Bucket="wire", Key="in/range", Range="bytes=-3")
    assert (told["Body"].read(), told["ContentRange"], told["ResponseMetadata"]["HTTPStatusCode"]) == (
        b"789", "bytes 7-9/10", 206,
    )  # fmt: skip
    assert code(wim.get_object, Bucket="wire", Key="in/range", Range="bytes=99-") == "InvalidRange"
    assert code(wim.get_object, Bucket="wire", Key="out/range", Range="bytes=-3") == "AccessDenied"
    assert wim.head_object(Bucket="wire", Key="in/range")["ContentLength"] == 10
    assert code(wim.head_object, Bucket="wire", Key="out/range") == "403"
    assert code(wim.head_object, Bucket="wire", Key="in/nothing") in ("403", "404")
    assert wire[0].head_bucket(Bucket="wire")
    assert code(wim.head_bucket, Bucket="wire") == "403"


def test_signed_urls_put_and_get_what_their_signer_may(house: House, wire: tuple[Any, Credentials]) -> None:
    wim = house.client("s3", wire[1])

    def url(operation: str, key: str) -> str:
        made: str = wim.generate_presigned_url(operation, Params={"Bucket": "wire", "Key": key}, ExpiresIn=60)
        return made

    def put(key: str, path: str | None = None) -> int:
        made = url("put_object", key)
        made = made if path is None else made.replace(key, path)
        request = urllib.request.Request(made, b"link", {"Content-Type": "text/plain"}, method="PUT")
        try:
            with urllib.request.urlopen(request) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as e:
            return e.code

    assert put("in/link") == 200
    assert put("out/link") == 403
    assert put("in/link", "in/other") == 403
    assert urllib.request.urlopen(url("get_object", "in/link")).read() == b"link"


def test_signatures_of_version_2_are_refused_as_s3_refuses_them(house: House, wire: tuple[Any, Credentials]) -> None:
    url = house.server.url + "/wire/in/x?AWSAccessKeyId=AKIA&Signature=abc&Expires=2000000000"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    assert caught.value.code == 400
    assert b"Please use AWS4-HMAC-SHA256" in caught.value.read()


def test_nobody_reads_what_a_bucket_policy_lets_everybody_read_and_nothing_else(house: House) -> None:
    root = house.client("s3")
    root.create_bucket(Bucket="site")
    for key in ("open/x", "shut/x"):
        root.put_object(Bucket="site", Key=key, Body=b"hello")
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/open/*"}
    root.put_bucket_policy(Bucket="site", Policy=policy(everybody))
    nobody = boto3.client(
        "s3", endpoint_url=house.server.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    assert nobody.get_object(Bucket="site", Key="open/x")["Body"].read() == b"hello"
    assert code(nobody.get_object, Bucket="site", Key="shut/x") == "AccessDenied"
    assert code(nobody.put_object, Bucket="site", Key="open/y", Body=b"x") == "AccessDenied"
    assert code(nobody.list_objects_v2, Bucket="site") == "AccessDenied"


def test_answers_name_garrison_and_not_the_upstream(house: House, wire: tuple[Any, Credentials]) -> None:
    ours, theirs = house.server.url, house.moto
    sqs = house.client("sqs")
    url = sqs.create_queue(QueueName="addressed")["QueueUrl"]
    assert url.startswith(ours + "/")
    assert sqs.get_queue_url(QueueName="addressed")["QueueUrl"] == url
    assert url in sqs.list_queues(QueueNamePrefix="addr")["QueueUrls"]
    # By its URL alone, as clients call a queue, and straight through the gateway.
    plain = boto3.client(
        "sqs",
        region_name="us-east-1",
        endpoint_url=ours,
        aws_access_key_id=house.server.root.access_key_id,
        aws_secret_access_key=house.server.root.secret_access_key,
    )
    plain.send_message(QueueUrl=url, MessageBody=f"an address in a message stays: {theirs}/")
    [message] = plain.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"].endswith(theirs + "/")
    s3 = wire[0]
    location = s3.create_bucket(Bucket="addressed")["Location"]
    assert location == "/addressed" or location.startswith(ours + "/")
    upload = s3.create_multipart_upload(Bucket="addressed", Key="a/b")["UploadId"]
    tag = s3.upload_part(Bucket="addressed", Key="a/b", UploadId=upload, PartNumber=1, Body=b"p")["ETag"]
    done = s3.complete_multipart_upload(
        Bucket="addressed", Key="a/b", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]}
    )
    assert done["Location"] == ours + "/addressed/a/b"


def test_an_upstream_that_is_down_is_an_error_of_each_protocol(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--upstream", f"http://127.0.0.1:{free_port()}") as server:
        house = House(server, "")
        for service, call in (
            ("s3", "list_buckets"),
            ("dynamodb", "list_tables"),
            ("sqs", "list_queues"),
            ("ec2", "describe_vpcs"),
            ("lambda", "list_functions"),
        ):
            with pytest.raises(ClientError) as caught:
                getattr(house.client(service), call)()
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503, service
            assert caught.value.response["Error"]["Code"].startswith("ServiceUnavailable"), service
        assert house.client("iam").list_users()["Users"] == []
        # Whether a bucket's policy denies it cannot be known.
        assert code(house.client("s3").get_object, Bucket="b", Key="k") == "AccessDenied"
