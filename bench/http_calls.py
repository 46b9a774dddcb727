"""Signed calls per second through HTTP, beside moto_server: the same requests, the same client, the same run.

Ours verifies every signature, decides, and records; moto does none of the three by default. Connections are kept alive
and requests signed beforehand, so that the client (a process of its own) costs as little as possible.
"""

from __future__ import annotations

import argparse
import asyncio
import configparser
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from statistics import median
from typing import Any

CONNECTIONS = 16
_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
_GARRISON = """
import sys
from pathlib import Path
from garrison.gateway.server import serve
from garrison.gateway.settings import Settings
quotas = {"UsersPerAccount": 1_000_000}
sys.exit(serve(Settings(data_dir=Path(sys.argv[1]), port=int(sys.argv[2]), quotas=quotas)))
"""


def signed(port: int, service: str, body: bytes, key: str, secret: str) -> bytes:
    """The bytes of one signed request."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("POST", f"http://127.0.0.1:{port}/", data=body, headers=dict(_FORM))
    SigV4Auth(Credentials(key, secret), service, "us-east-1").add_auth(request)
    lines = ["POST / HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}", "Accept-Encoding: identity"]
    lines += ["User-Agent: Boto3/1.44 md/Botocore#1.44 ua/2.1 os/linux lang/python", "amz-sdk-request: attempt=1"]
    lines += [f"amz-sdk-invocation-id: {uuid.uuid4()}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def requests(kind: str, port: int, count: int, key: str, secret: str) -> list[bytes]:
    """`count` requests of a kind; reads are signed once and repeated, as nothing in them changes."""
    if kind == "GetCallerIdentity":
        return [signed(port, "sts", b"Action=GetCallerIdentity&Version=2011-06-15", key, secret)] * count
    if kind == "GetUser":
        return [signed(port, "iam", b"Action=GetUser&Version=2010-05-08&UserName=bench", key, secret)] * count
    names = (uuid.uuid4().hex for _ in range(count))
    return [
        signed(port, "iam", b"Action=CreateUser&Version=2010-05-08&UserName=" + n.encode(), key, secret) for n in names
    ]


class _Client(asyncio.Protocol):
    """One connection that always has one request under way."""

    def __init__(self, port: int, work: list[bytes], done: asyncio.Future[None], times: list[float]) -> None:
        self._port = port
        self._work = work
        self._done = done
        self._times = times
        self._got = b""
        self._began = 0.0
        self._answered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._next()

    def _next(self) -> None:
        if not self._work:
            self._transport.close()
            if not self._done.done():
                self._done.set_result(None)
            return
        self._began = time.perf_counter()
        self._transport.write(self._work.pop())

    def data_received(self, data: bytes) -> None:
        got = self._got = self._got + data if self._got else data
        head = got.find(b"\r\n\r\n")
        if head < 0:
            return
        at = got.lower().find(b"content-length: ", 0, head)
        length = int(got[at + 16 : got.find(b"\r", at)])
        if len(got) < head + 4 + length:
            return
        if got[8:12] != b" 200":
            self._done.set_exception(RuntimeError(got.decode(errors="replace")))
            return
        self._got = b""
        self._times.append(time.perf_counter() - self._began)
        if b"connection: close" in got[:head].lower():
            self._transport.close()
            self._answered = True
        else:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done.done():
            return
        if self._answered:
            # moto's server closes the connection after each answer: go on with a new one.
            self._answered = False
            self._opening = asyncio.ensure_future(
                asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)
            )
        else:
            self._done.set_exception(RuntimeError("the server closed the connection"))


async def _load(port: int, work: list[bytes]) -> tuple[float, list[float]]:
    loop = asyncio.get_running_loop()
    times: list[float] = []
    began = time.perf_counter()
    ends = [loop.create_future() for _ in range(CONNECTIONS)]
    for end in ends:
        await loop.create_connection(lambda end=end: _Client(port, work, end, times), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    return time.perf_counter() - began, times


def client(arguments: list[str]) -> None:
    """The load generator's process: `kind port count key secret`; prints rate and latencies as JSON."""
    import uvloop

    kind, port, count, key, secret = arguments
    work = requests(kind, int(port), int(count), key, secret)
    seconds, times = uvloop.run(_load(int(port), work))
    times.sort()
    print(json.dumps({"rate": len(times) / seconds, "p50": median(times), "p99": times[int(len(times) * 0.99)]}))


def measure(kind: str, port: int, count: int, key: str, secret: str) -> dict[str, float]:
    """Run the load generator once."""
    command = [sys.executable, "-m", "bench.http_calls", "--client", kind, str(port), str(count), key, secret]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, process: subprocess.Popen[bytes]) -> float:
    """Seconds until somebody listens."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        if process.poll() is not None:
            raise SystemExit(f"a server of this benchmark did not start: {process.args!r}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return time.monotonic() - began
        time.sleep(0.01)
    raise SystemExit("a server of this benchmark did not listen within a minute")


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=12_000)
    parser.add_argument("--writes", type=int, default=4_000)
    parser.add_argument(
        "--moto", type=int, default=1_000, help="Requests of each kind to moto_server; 0 leaves it out."
    )
    asked = parser.parse_args(arguments or [])
    kinds = {"GetCallerIdentity": asked.reads, "GetUser": asked.reads, "CreateUser": asked.writes}
    aims = {"GetCallerIdentity": 5000, "GetUser": 5000, "CreateUser": 2000}
    ours: dict[str, dict[str, float]] = {}
    theirs: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="garrison-bench-") as name:
        directory = Path(name)
        port = free_port()
        process = subprocess.Popen([sys.executable, "-c", _GARRISON, name, str(port)], stderr=subprocess.DEVNULL)
        try:
            print(f"listening after {wait_for(port, process):.2f} s; ", end="")
            parser_ = configparser.ConfigParser()
            parser_.read(directory / "credentials")
            key, secret = parser_["default"]["aws_access_key_id"], parser_["default"]["aws_secret_access_key"]
            print(f"idle {_resident(process.pid) / 1e6:.0f} MB resident")
            _create_bench_user(port, key, secret)
            for kind, count in kinds.items():
                measure(kind, port, min(count, 1000), key, secret)
                ours[kind] = measure(kind, port, count, key, secret)
            print(f"after {sum(kinds.values()):,} calls {_resident(process.pid) / 1e6:.0f} MB resident")
        finally:
            process.terminate()
            process.wait()
    moto = shutil.which("moto_server", path=str(Path(sys.executable).parent))
    if asked.moto and moto:
        port = free_port()
        process = subprocess.Popen([moto, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(port, process)
            _create_bench_user(port, "AKIAIOSFODNN7EXAMPLE", "secret")
            for kind in kinds:
                measure(kind, port, 100, "AKIAIOSFODNN7EXAMPLE", "secret")
                theirs[kind] = measure(kind, port, asked.moto, "AKIAIOSFODNN7EXAMPLE", "secret")
        finally:
            process.terminate()
            process.wait()
    print(f"{'':20}{'garrison/s':>12}{'aim':>8}{'p50 ms':>8}{'p99 ms':>8}{'moto/s':>10}{'ratio':>8}")
    for kind, found in ours.items():
        peer = theirs.get(kind)
        beside = f"{peer['rate']:10,.0f}{found['rate'] / peer['rate']:7.1f}x" if peer else ""
        print(
            f"{kind:20}{found['rate']:12,.0f}{aims[kind]:8,}{found['p50'] * 1e3:8.2f}{found['p99'] * 1e3:8.2f}{beside}"
        )
    breakdown()


def _create_bench_user(port: int, key: str, secret: str) -> None:
    raw = signed(port, "iam", b"Action=CreateUser&Version=2010-05-08&UserName=bench", key, secret)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(raw)
        if b" 200 " not in connection.recv(65536).split(b"\r\n")[0]:
            raise SystemExit("the user of this benchmark could not be made")


def _resident(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


def breakdown(rounds: int = 3000) -> None:
    """What one GetUser costs in each step, in this process."""
    from garrison import services
    from garrison.access.authorize import authorize
    from garrison.access.call import Call, HttpRequest
    from garrison.gateway.authenticate import Authenticator
    from garrison.gateway.first_start import CREDENTIALS, open_runtime
    from garrison.gateway.protocols import codec
    from garrison.gateway.record import Recorder
    from garrison.gateway.route import route
    from garrison.gateway.settings import Settings
    from garrison.gateway.walk import target
    from garrison.services.operation import OPERATIONS
    from garrison.trail.log import Trail

    services.load()
    with tempfile.TemporaryDirectory(prefix="garrison-bench-") as name:
        directory = Path(name)
        runtime = open_runtime(Settings(data_dir=directory))
        trail = Trail(runtime.store, directory)
        recorder = Recorder(trail)
        parser = configparser.ConfigParser()
        parser.read(directory / CREDENTIALS)
        found = parser["default"]
        raw = signed(
            1, "iam", b"Action=GetUser&Version=2010-05-08", found["aws_access_key_id"], found["aws_secret_access_key"]
        )
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = [line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:]]
        request = HttpRequest("POST", "/", "", tuple((n.lower(), v) for n, v in lines), body, "127.0.0.1")
        authenticate = Authenticator(runtime)
        spent: dict[str, float] = {}

        def timed(step: str, function: Any) -> Any:
            # CPU time of this thread: other work on the machine does not count.
            began = time.thread_time()
            result = function()
            spent[step] = spent.get(step, 0.0) + time.thread_time() - began
            return result

        with runtime.store.reading() as reader:
            for n in range(rounds + 200):
                if n == 200:
                    spent.clear()
                way = timed("route", lambda: route(request))
                wire = codec(way.service, way.operation, way.protocol)
                aim = target(way.service, way.operation)
                who = timed("verify", lambda: authenticate(request, aim, reader, time.time()))  # noqa: B023
                call = Call(
                    "iam", "GetUser", {}, who.caller, who.caller.account or "", who.region, "aws", request, "id",
                    time.time(), runtime,
                )  # fmt: skip
                call.params = timed("parse", lambda: wire.parse(request, way))  # noqa: B023
                timed("validate", lambda: wire.validate(call.params))  # noqa: B023
                timed("authorize", lambda: authorize(call, reader))  # noqa: B023
                operation = OPERATIONS["iam", "GetUser"]
                output = timed("invoke", lambda: operation.function(call, reader))  # noqa: B023
                timed("record", lambda: recorder.passed(call, output))  # noqa: B023
                timed("serialize", lambda: wire.serialize(output, "id"))  # noqa: B023
        trail.close()
        runtime.store.close()
    total = sum(spent.values())
    print(f"GetUser in one process, {total / rounds * 1e6:.0f} us without HTTP:")
    for step, seconds in spent.items():
        print(f"  {step:10}{seconds / rounds * 1e6:8.1f} us {seconds / total:6.0%}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--client"]:
        client(sys.argv[2:])
    else:
        main(sys.argv[1:])
