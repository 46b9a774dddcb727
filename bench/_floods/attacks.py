"""Attacks with other people's tools, on the core that the defenders are not on. Loopback only."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.edge.flood import AGENTS, PATHS

from bench._floods.defenders import Garrison, Nginx, core

PACKAGES = {"wrk": "wrk", "h2load": "nghttp2-client", "slowhttptest": "slowhttptest", "nginx": "nginx-light"}
"""Command -> the Debian package that has it."""
BROWSER = {"accept": "text/html", "accept-language": "en", "accept-encoding": "gzip"}
AGENT = "@agent"
"""Stands for the user agent of any of the people's browsers."""

Defender = Garrison | Nginx
Commands = Callable[[Defender, float, int, Path], list[list[str]]]
"""(who is attacked, requests per second wanted, seconds, directory for files) -> commands"""


@dataclass(frozen=True)
class Attack:
    """One case."""

    name: str
    tool: str | None
    """The command it needs; None: a client of our own."""
    commands: Commands
    requests: bool = True
    """Whether it is one of requests. Otherwise it is of connections: what counts is that nobody notices."""

    def start(
        self, stack: ExitStack, defender: Defender, rate: float, seconds: int, directory: Path
    ) -> list[subprocess.Popen[bytes]]:
        """Begin it; it ends by itself, or with the stack. What it says is in `directory/said`."""
        started = []
        for command in self.commands(defender, rate, seconds, directory):
            with open(directory / "said", "ab") as output, core(0):
                process = subprocess.Popen(command, stdout=output, stderr=output, cwd=directory)
            stack.callback(process.wait)
            stack.callback(process.kill)
            started.append(process)
        return started


@dataclass(frozen=True)
class Shape:
    """What the requests of a flood are like."""

    paths: Sequence[str] = ("/",)
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    sources: int = 0
    """Forwarded addresses, by a hop that is trusted; 0: it comes from the attacker's own address."""
    busting: bool = False
    """Whether each request has a query of its own."""
    full: bool = False
    """As fast as it can, instead of at the rate wanted."""

    def script(self, rate: float, seed: int) -> str:
        """For wrk."""
        headers = ", ".join([f'["{name}"] = {_value(value)}' for name, value in self.headers.items()])
        source = "" if not self.sources else 'headers["x-forwarded-for"] = address(math.random(SOURCES) - 1)'
        query = '.. "?" .. word() .. "=" .. word()' if self.busting else ""
        delay = "" if self.full else f"function delay() return {round(connections(rate) / rate * 1000)} end"
        return f"""
            math.randomseed({seed})
            local paths, agents, SOURCES = {_list(self.paths)}, {_list(AGENTS)}, {self.sources}
            local function word() return string.format("%x", math.random(0, 2^31 - 1)) end
            local function address(n) return string.format("203.%d.%d.%d", 1 + n / 65536, n / 256 % 256, n % 256) end
            function request()
              local headers = {{["Host"] = "shop.example.com", {headers}}}
              {source}
              return wrk.format("{self.method}", paths[math.random(#paths)] {query}, headers, "")
            end
            {delay}
        """


def connections(rate: float) -> int:
    """Of a flood: more than the application, an eighth as fast, lets wait for the second it lets anybody wait."""
    return max(32, round(0.4 * rate))


def _value(text: str) -> str:
    return "agents[math.random(#agents)]" if text == AGENT else f'"{text}"'


def _list(texts: Sequence[str]) -> str:
    return "{" + ", ".join([f'"{text}"' for text in texts]) + "}"


def wrk(name: str, shape: Shape, seed: int = 1) -> Attack:
    """Requests of a shape, by wrk."""

    def commands(defender: Defender, rate: float, seconds: int, directory: Path) -> list[list[str]]:
        (directory / "attack.lua").write_text(shape.script(rate, seed))
        sizes = [f"-c{connections(rate)}", f"-d{seconds}s", "--timeout", "10s"]
        return [["wrk", "-t1", *sizes, "-s", "attack.lua", defender.url]]

    return Attack(name, "wrk", commands)


def _wrk_plain(defender: Defender, rate: float, seconds: int, directory: Path) -> list[list[str]]:
    return [["wrk", "-t1", f"-c{connections(rate)}", f"-d{seconds}s", "--timeout", "10s", defender.url]]


def _streams(rate: float) -> int:
    return min(100, max(8, connections(rate) // 8))


def _h2load(defender: Defender, rate: float, seconds: int, directory: Path) -> list[list[str]]:
    return [["h2load", "-t1", "-c8", f"-m{_streams(rate)}", "-D", str(seconds), defender.http2]]


def _h2load_many(defender: Defender, rate: float, seconds: int, directory: Path) -> list[list[str]]:
    one = ["h2load", "-t1", "-c1", f"-m{_streams(rate)}", "-D", str(seconds), defender.http2, "-H"]
    return [[*one, f"x-forwarded-for: 203.1.0.{n}"] for n in range(8)]


def _slow(mode: str, *options: str) -> Attack:
    names = {"-H": "slowloris", "-B": "slow POST", "-X": "slow read"}

    def commands(defender: Defender, rate: float, seconds: int, directory: Path) -> list[list[str]]:
        url = defender.url + ("/catalogue" if mode == "-X" else "/")
        # A response each is asked for by who reads slowly: at a rate that is no flood of requests by itself.
        each = "20" if mode == "-X" else "200"
        connections = ["-c", "600", "-r", each, "-l", str(seconds), "-g", "-o", "slow", "-p", "3"]
        return [["slowhttptest", mode, *connections, *options, "-u", url]]

    return Attack(f"{names[mode]} (slowhttptest)", "slowhttptest", commands, requests=False)


def _own(what: str) -> Commands:
    def commands(defender: Defender, rate: float, seconds: int, directory: Path) -> list[list[str]]:
        url = defender.http2 if what == "resets" else defender.url
        root = Path(__file__).parents[2]
        code = f"import sys; sys.path.insert(0, {str(root)!r}); from bench._floods.clients import {what}; "
        return [[sys.executable, "-c", f"{code}{what}({url!r}, {seconds})"]]

    return commands


_PERSON = {**BROWSER, "user-agent": AGENT}
FIXED = (
    Attack("wrk, one source", "wrk", _wrk_plain),
    Attack("h2load, one source", "h2load", _h2load),
    wrk(
        "wrk, 500 forwarded sources",
        Shape(("/login",), "POST", {"user-agent": "python-requests/2.31"}, sources=500, full=True),
    ),
    Attack("h2load, 8 forwarded sources", "h2load", _h2load_many),
    wrk("cache-busting queries, 60 sources", Shape(PATHS[:2], headers=_PERSON, sources=60, busting=True)),
    wrk("hidden in normal requests, 20 sources", Shape(PATHS, headers=_PERSON, sources=20)),
    _slow("-H", "-i", "5"),
    _slow("-B", "-i", "5", "-s", "8192"),
    _slow("-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32"),
    Attack("HTTP/2 rapid reset", None, _own("resets"), requests=False),
    Attack("connection flood, 3 sources", None, _own("connections"), requests=False),
)


def drawn(seed: int, count: int) -> list[Attack]:
    """Shapes that nobody chose."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        tool = rng.choice(["curl/8.5.0", "Go-http-client/1.1", "okhttp/4.9", "", "Mozilla/5.0 (compatible; Loader/1)"])
        browser = rng.random() < 0.4
        agent = AGENT if browser else tool
        headers = {**(BROWSER if browser or rng.random() < 0.3 else {}), **({"user-agent": agent} if agent else {})}
        if rng.random() < 0.2:
            headers["referer"] = f"http://{rng.getrandbits(30):x}.example.net/"
        paths = rng.choice([("/",), ("/login",), PATHS[:1], PATHS, ("/search?q=tea",)])
        shape = Shape(
            paths, rng.choice(["GET", "GET", "GET", "POST"]), headers,
            sources=rng.choice([0, 1, 5, 25, 200, 5000] if not browser else [0, 1, 5, 25]),
            busting="?" not in paths[0] and rng.random() < 0.3, full=rng.random() < 0.3,
        )  # fmt: skip
        who = f"{shape.sources or 'own'} source{'s' if shape.sources > 1 else ''}"
        what = f"{shape.method} {paths[0] if len(paths) == 1 else 'any path'}{'?random' if shape.busting else ''}"
        how = "browsers" if browser else tool or "no user agent"
        made.append(wrk(f"drawn {number + 1}: {what}, {how}, {who}", shape, seed + number))
    return made
