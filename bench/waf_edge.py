"""Requests per second and core through Envoy and the WAF, beside nginx with ModSecurity and its Core Rule Set.

    python -m bench.waf_edge [DIRECTORY]

The same requests go to both in the same run, both proxy to the same application, and what is told is how much CPU time
the processes that serve took for them (Envoy and the inspection worker; nginx's worker): other work on the machine does
not change it. The library's figure is the time that inspecting alone takes. With a DIRECTORY of labelled requests
(*.jsonl) it also tells how many of them are blocked, at the load balancer and at a distribution.

The peer is Debian's: apt-get install nginx libnginx-mod-http-modsecurity modsecurity-crs
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from scripts.score_waf import GROUPS, Row, files, through_url, web_acl
from tests.clients.server import Server
from tests.edge.clients import curl, edge_ports, until
from tests.edge.protected import protected
from tests.edge.waf import WebAcl

from bench.http_calls import free_port, wait_for
from bench.waf import inspector, microseconds, requests
from garrison.edge.status import read_status
from garrison.waf import Request, compile_web_acl
from garrison.waf.documents import completed, read_web_acl

COUNT = 1500
BODIES = (0, 1024)
AIM = 4.0
"""Times as many requests per second and core as ModSecurity."""
_TICKS = os.sysconf("SC_CLK_TCK")
_RULES = Path("/usr/share/modsecurity-crs/rules")
_SETUP = Path("/etc/modsecurity/crs/crs-setup.conf")
_MODULE = Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so")
_MODSECURITY = f"""
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess Off
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "json" "id:1,phase:1,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
Include {_SETUP}
Include {_RULES}/*.conf
"""


def nginx(stack: ExitStack, directory: Path, head: str, server: str) -> int:
    """Run an nginx with one worker and one server; its port."""
    directory.mkdir()
    port = free_port()
    log = "access_log off; client_body_temp_path b; proxy_temp_path p; "
    log += "fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;"
    (directory / "nginx.conf").write_text(
        f"{head} daemon off; worker_processes 1; pid nginx.pid; error_log error.log crit; events {{}}\n"
        f"http {{ {log} keepalive_requests 100000; server {{ listen 127.0.0.1:{port}; {server} }} }}\n"
    )
    command = ["nginx", "-p", str(directory), "-e", "error.log", "-c", "nginx.conf"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    wait_for(port, process)
    return port


def cpu(pids: Sequence[int]) -> float:
    """CPU seconds that processes have taken."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields) / _TICKS


def children(parent: int) -> list[int]:
    """Processes that a process started."""
    told = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in told.split()]


def rows(many: Sequence[Request]) -> list[Row]:
    """Requests as they are sent."""
    return [
        {
            "method": request.method,
            "target": request.target.decode("latin-1"),
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.headers],
            "body_b64": base64.b64encode(request.body).decode(),
        }
        for request in many
    ]


def blocks(url: str) -> bool:
    """Whether an injection is blocked there."""
    return curl(f"{url}/?q=1%27%20UNION%20SELECT%20name%20FROM%20users--", "-H", "Host: shop.example.com").status == 403


def per_core(url: str, pids: Callable[[], Sequence[int]], sent: list[Row]) -> float:
    """Requests per second of CPU time; none may be blocked, or the two would not do the same work."""
    judge = through_url(url)
    judge(sent[:100])
    before = cpu(pids())
    blocked = sum(judged.blocked for judged in judge(sent))
    took = cpu(pids()) - before
    if blocked:
        print(f"      {blocked} of {len(sent)} were blocked at {url}")
    return len(sent) / took


def behind(server: Server, kind: str, application: int) -> str:
    """A load balancer or a distribution behind the seven groups; its address."""
    site = protected(kind, server, application, "bench")
    site.protect(WebAcl(server, "bench", *web_acl(GROUPS, ())["Rules"], scope=site.scope))
    until(lambda: blocks(site.url), seconds=120)
    return site.url


def served(stack: ExitStack, directory: Path) -> tuple[Server, Callable[[], list[int]]]:
    """A Garrison, and its processes that serve requests."""
    server = stack.enter_context(Server(directory, "--edge", "envoy", "--edge-ports", edge_ports()))

    def pids() -> list[int]:
        status = read_status(server.data / "edge")
        assert status is not None
        assert status.envoy is not None
        return [status.envoy, *status.workers]

    return server, pids


def accuracy(url: str, directory: Path) -> None:
    """How many of the labelled requests are blocked there."""
    totals = {"attack": [0, 0], "benign": [0, 0]}
    for name, sent in files(directory):
        judged = through_url(url)(sent)
        blocked = sum(one.blocked for one in judged)
        print(f"      {name:24} {blocked:6} of {len(sent):6} blocked = {100 * blocked / len(sent):.2f} %")
        for row, one in zip(sent, judged, strict=True):
            totals[row["label"]][0] += one.blocked
            totals[row["label"]][1] += 1
    for label, (hit, n) in totals.items():
        print(f"      {label}: {hit} of {n} blocked = {100 * hit / max(1, n):.2f} %")


def main(directories: Sequence[str] = ()) -> None:
    """Measure and print."""
    missing = [str(path) for path in (_MODULE, _RULES, _SETUP) if not path.exists()]
    if shutil.which("nginx") is None or missing:
        print("The peer is missing: apt-get install nginx libnginx-mod-http-modsecurity modsecurity-crs")
        return
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        application = nginx(stack, place / "application", "", "location / { return 200 'ok'; }")
        (place / "modsecurity.conf").write_text(_MODSECURITY)
        module = f"load_module {_MODULE};"
        guard = f"modsecurity on; modsecurity_rules_file {place}/modsecurity.conf;"
        proxy = f"location / {{ proxy_pass http://127.0.0.1:{application}; }}"
        started = time.monotonic()
        peer = nginx(stack, place / "peer", module, f"{guard} {proxy}")
        print(f"ModSecurity and its Core Rule Set: up in {time.monotonic() - started:.1f} s")
        (master,) = [int((place / "peer" / "nginx.pid").read_text())]
        if not blocks(f"http://127.0.0.1:{peer}"):
            raise SystemExit("The peer does not block what it should.")
        started = time.monotonic()
        server, pids = served(stack, place / "data")
        url = behind(server, "load balancer", application)
        print(f"Load balancer and seven managed groups: up and blocking in {time.monotonic() - started:.1f} s")
        acl = compile_web_acl(read_web_acl(completed(web_acl(GROUPS, ()))))
        for body in BODIES:
            many = requests(COUNT, body)
            theirs = per_core(f"http://127.0.0.1:{peer}", lambda: children(master), rows(many))
            ours = per_core(url, pids, rows(many))
            alone = microseconds(inspector(acl), many[:300])
            mean = sum(alone) / len(alone)
            print(
                f"body {body:5} B: {ours:7.0f} requests per second and core through Envoy, ModSecurity {theirs:7.0f}: "
                f"{ours / theirs:.1f} x (aim {AIM:.0f} x); inspection alone {mean:.0f} us"
            )
        for directory in directories:
            for kind, at in (("load balancer", url), ("distribution", behind(server, "distribution", application))):
                print(f"{directory} at a {kind}:")
                accuracy(at, Path(directory))


if __name__ == "__main__":
    main(sys.argv[1:])
