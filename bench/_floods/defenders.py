"""The same application behind Garrison and behind nginx, both on the core that the attackers are not on."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from tests.clients.server import Server
from tests.edge.clients import Balancer, client, curl, edge_ports, forward, until
from tests.edge.waf import WebAcl

from bench.http_calls import free_port, wait_for
from garrison.access.floods import ResourceStatus, read_floods

LEARNING = "fast"
_LIMIT = """
limit_req_zone $binary_remote_addr zone=one:10m rate=10r/s; limit_conn_zone $binary_remote_addr zone=addr:10m;
limit_req_status 429; limit_conn_status 429; set_real_ip_from 127.0.0.0/8; real_ip_header X-Forwarded-For;
log_format seen '$msec $status $realip_remote_addr $http_x_forwarded_for';
"""
_SERVER = """
limit_req zone=one burst=20 nodelay; limit_conn addr 20; access_log seen.log seen; keepalive_requests 1000000;
location / { proxy_pass http://127.0.0.1:%d; proxy_http_version 1.1; proxy_set_header Connection ""; }
"""


class Seen(NamedTuple):
    """A request as a defender's log has it."""

    time: float
    """When it was answered."""
    status: int
    source: str
    """The first forwarded address, or else that of the connection."""


@contextmanager
def core(number: int) -> Iterator[None]:
    """What is started here runs on that core (on the last one, where there are fewer)."""
    before = os.sched_getaffinity(0)
    cores = sorted(before)
    os.sched_setaffinity(0, {cores[min(number, len(cores) - 1)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def application(stack: ExitStack, capacity: float) -> int:
    """The bundled shop, serving so many requests per second; its port."""
    port = free_port()
    command = [sys.executable, "-m", "garrison.cli.main", "edge", "demo", "--port", str(port)]
    with core(1):
        process = subprocess.Popen([*command, "--capacity", str(capacity)], stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    wait_for(port, process)
    return port


class Followed:
    """What is appended to a file, however often another takes its place."""

    def __init__(self, stack: ExitStack, path: Path) -> None:
        self._path = path
        self._parts: list[bytes] = []
        self._stop = threading.Event()
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(self._stop.set)

    def _run(self) -> None:
        file = None
        while not self._stop.wait(0.5):
            with contextlib.suppress(FileNotFoundError):
                if file is None:
                    file = open(self._path, "rb")  # noqa: SIM115 - it is read to its end, and then the next
                self._parts.append(file.read())
                if self._path.stat().st_ino != os.fstat(file.fileno()).st_ino:
                    self._parts.append(file.read())
                    file.close()
                    file = None

    def lines(self) -> list[bytes]:
        """Those since the last time this was asked."""
        time.sleep(2)  # what writes does so once a second
        parts, self._parts = self._parts, []
        return b"".join(parts).splitlines()


class Garrison:
    """A load balancer with an empty web ACL, protected, with automatic response."""

    name = "Garrison"

    def __init__(self, stack: ExitStack, directory: Path, application: int) -> None:
        with core(1):
            options = ("--edge", "envoy", "--edge-ports", edge_ports(), "--shield-learning", LEARNING)
            server = stack.enter_context(Server(directory, *options))
        self._edge = server.data / "edge"
        shield, balancer = client(server, "shield"), Balancer(server, "shop")
        with core(1):
            _, self.url = balancer.listen(80, forward(balancer.group("shop", application)))
        self.http2 = self.url
        self._arn = balancer.arn
        WebAcl(server, "shop").protect(balancer.arn)
        shield.create_subscription()
        shield.create_protection(Name="shop", ResourceArn=balancer.arn)
        shield.enable_application_layer_automatic_response(ResourceArn=balancer.arn, Action={"Block": {}})
        until(lambda: curl(self.url).status in (200, 503), seconds=60)
        self._log = Followed(stack, self._edge / "access.jsonl")

    def status(self) -> ResourceStatus | None:
        """What the watcher says of the load balancer."""
        said = read_floods(self._edge)
        return next((one for one in said.resources if one.resource == self._arn), None) if said else None

    def seen(self, since: float) -> list[Seen]:
        """The requests answered since a time."""

        class Record(msgspec.Struct):
            time: str
            client_port: str
            elb_status_code: int | None = None
            duration_ms: int | None = None
            forwarded_for: str | None = None

        decode = msgspec.json.Decoder(Record).decode
        found = []
        for line in self._log.lines():
            try:
                one = decode(line)
            except msgspec.DecodeError:
                continue  # cut in two by when it was read
            when = datetime.fromisoformat(one.time).timestamp() + (one.duration_ms or 0) / 1000
            if when >= since:
                source = (one.forwarded_for or "").split(",")[0].strip() or one.client_port.rpartition(":")[0]
                found.append(Seen(when, one.elb_status_code or 0, source))
        return found


class Nginx:
    """nginx with limits as its documentation's examples have them: 10 requests per second and source, bursts of 20."""

    name = "nginx limit_req"

    def __init__(self, stack: ExitStack, directory: Path, application: int) -> None:
        directory.mkdir()
        ports = free_port(), free_port()
        paths = " ".join([f"{kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")])
        servers = "".join([
            f"server {{ listen 127.0.0.1:{port}{how}; {_SERVER % application} }}\n"
            for port, how in zip(ports, (" backlog=1024", " http2 backlog=1024"), strict=True)
        ])  # fmt: skip
        (directory / "nginx.conf").write_text(
            "daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid nginx.pid; error_log error.log crit;\n"
            f"events {{ worker_connections 10000; }}\nhttp {{ {paths} {_LIMIT} {servers} }}\n"
        )
        command = ["nginx", "-p", str(directory), "-e", "error.log", "-c", "nginx.conf"]
        with core(1):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        for port in ports:
            wait_for(port, process)
        self.url, self.http2 = [f"http://127.0.0.1:{port}" for port in ports]
        self._log = Followed(stack, directory / "seen.log")

    def seen(self, since: float) -> list[Seen]:
        """The requests answered since a time."""
        found = []
        for line in self._log.lines():
            when, status, source, forwarded = line.decode("latin-1").split(" ", 3)
            if float(when) >= since:
                first = forwarded.split(",")[0].strip()
                found.append(Seen(float(when), int(status), source if first == "-" else first))
        return found
