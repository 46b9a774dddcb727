"""What Garrison's processes hold through a long flood from a hundred thousand addresses.

`GARRISON_FLOOD_SECONDS` makes it shorter than its ten minutes. Needs wrk: apt-get install wrk
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from garrison.access.floods import read_floods
from garrison.edge.status import read_status
from tests.clients.server import Server
from tests.edge.application import Application
from tests.edge.clients import Balancer, client, edge_ports, forward, until
from tests.edge.flood import Crowd, person
from tests.edge.waf import WebAcl

pytestmark = pytest.mark.soak

SECONDS = int(os.environ.get("GARRISON_FLOOD_SECONDS", "600"))
MOST = 50.0
"""MB that all processes together may hold more than before."""
SCRIPT = """
function request()
  local n = math.random(0, 99999)
  local headers = {["Host"] = "shop.example.com", ["user-agent"] = "flooder/1"}
  headers["x-forwarded-for"] = string.format("203.%d.%d.%d", n / 65536, n / 256 % 256, n % 256)
  return wrk.format("GET", "/login?" .. math.random(0, 2^31 - 1), headers)
end
"""


@pytest.fixture
def garrison(tmp_path: Path) -> Iterator[Server]:
    options = ("--edge", "envoy", "--edge-ports", edge_ports(), "--shield-learning", "fast")
    with Server(tmp_path / "data", *options) as running:
        yield running


def held(server: Server) -> dict[str, float]:
    """MB of memory of its own that each process holds."""
    status = read_status(server.data / "edge")
    assert status is not None
    assert server.process is not None
    pids = {"gateway": server.process.pid, "edge": status.pid, "envoy": status.envoy}
    pids |= {f"worker {number}": pid for number, pid in enumerate(status.workers)}
    found = {}
    for name, pid in pids.items():
        said = Path(f"/proc/{pid}/status").read_text()
        (anonymous,) = [line.split()[1] for line in said.splitlines() if line.startswith("RssAnon")]
        found[name] = int(anonymous) / 1024
    return found


def attacked(server: Server) -> bool:
    said = read_floods(server.data / "edge")
    return said is not None and any(one.attack is not None and one.sources > 1000 for one in said.resources)


def test_a_flood_from_a_hundred_thousand_addresses_leaves_memory_as_it_was(garrison: Server, tmp_path: Path) -> None:
    if shutil.which("wrk") is None:
        pytest.fail("wrk is needed: apt-get install wrk")
    (tmp_path / "flood.lua").write_text(SCRIPT)
    with Application("shop") as application:
        web, shield = Balancer(garrison, "shop"), client(garrison, "shield")
        _, url = web.listen(80, forward(web.group("shop", application.port)))
        WebAcl(garrison, "shop").protect(web.arn)
        shield.create_subscription()
        shield.create_protection(Name="shop", ResourceArn=web.arn)
        shield.enable_application_layer_automatic_response(ResourceArn=web.arn, Action={"Block": {}})
        with Crowd(url, 24, rate=12, ask=person, network="127.0.1") as crowd:
            until(
                lambda: any(one.ready for one in getattr(read_floods(garrison.data / "edge"), "resources", ())),
                seconds=60,
            )
            time.sleep(5)
            before = held(garrison)
            command = ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "-s", str(tmp_path / "flood.lua"), url]
            flood = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            most, seen = before, False
            began = time.monotonic()
            while flood.poll() is None:
                time.sleep(1)
                now = held(garrison)
                seen = seen or attacked(garrison)
                application.seen.clear()
                if sum(now.values()) > sum(most.values()):
                    most = now
            assert flood.stdout is not None
            print("\n" + flood.stdout.read())
    grown = sum(most.values()) - sum(before.values())
    for name, size in before.items():
        print(f"{name}: {size:.1f} MB before, {most.get(name, 0):.1f} MB when most was held")
    print(f"{grown:.1f} MB more in all, {crowd.share(200, since=began):.2%} of legitimate requests answered")
    assert seen
    assert grown < MOST
    assert garrison.process is not None
    assert garrison.process.poll() is None
