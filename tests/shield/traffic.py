"""Traffic made up for tests: an application's people, and attacks of eight kinds with drawn particulars."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from garrison.waf.request import Location, Request

Make = Callable[[random.Random], Request]


@dataclass(frozen=True)
class Browser:
    agent: str
    headers: tuple[tuple[bytes, bytes], ...]
    ja4: str


def _browser(number: int) -> Browser:
    common = [(b"accept", b"text/html"), (b"accept-encoding", b"gzip"), (b"accept-language", b"en")]
    if number % 2:
        common.append((b"sec-fetch-mode", b"navigate"))
    if number % 3 == 0:
        common.append((b"cookie", b"session=1"))
    return Browser(f"Mozilla/5.0 (Number {number})", tuple(common), f"t13d15{number:02d}h2_8daaf6152771_b0da82dd1658")


BROWSERS = tuple(_browser(number) for number in range(8))
PATHS = tuple(f"/{part}/{number}" for part in ("shop", "item", "help", "news") for number in range(10))
COUNTRIES = ("DE", "FR", "US", "PL")


def _weighted(rng: random.Random, count: int) -> int:
    return min(count - 1, int(rng.paretovariate(0.7)) - 1)


def address(number: int, first: int = 20) -> str:
    return f"{first + number // 65536 % 100}.{number // 256 % 256}.{number % 256}.7"


def people(sources: int) -> Make:
    """Legitimate requests of so many people; who are the busy ones is not the same from one to the next."""

    def make(rng: random.Random) -> Request:
        number = rng.randrange(sources)
        browser = BROWSERS[number % len(BROWSERS)]
        query = f"?page={rng.randrange(9)}" if rng.random() < 0.15 else ""
        posted = rng.random() < 0.05
        return Request(
            method="POST" if posted else "GET",
            target=("/cart" if posted else PATHS[_weighted(rng, len(PATHS))] + query).encode(),
            headers=((b"host", b"shop.example.com"), (b"user-agent", browser.agent.encode()), *browser.headers),
            source_ip=address(number),
            location=Location(COUNTRIES[number % len(COUNTRIES)], "", 64500 + number % 12),
            ja4=browser.ja4,
        )

    return make


def _tool(
    rng: random.Random,
    *,
    source: str,
    target: str,
    agent: str | None = None,
    method: str = "GET",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    ja4: str = "t13i100200_0000000000ff_111111111111",
    country: str = "",
) -> Request:
    given = () if agent is None else ((b"user-agent", agent.encode()),)
    return Request(
        method=method,
        target=target.encode(),
        headers=((b"host", b"shop.example.com"), *given, *headers),
        source_ip=source,
        location=Location(country or rng.choice(COUNTRIES), "", 64500 + rng.randrange(12)),
        ja4=ja4,
    )


def one_source(rng: random.Random, sources: int) -> Make:
    path = rng.choice(PATHS)
    return lambda r: _tool(r, source="203.0.113.9", target=path)


def botnet(rng: random.Random, sources: int) -> Make:
    many = rng.choice([500, 5_000, 100_000])
    path = rng.choice(["/", PATHS[0], "/login"])
    return lambda r: _tool(r, source=address(r.randrange(many), 130), target=path, agent="python-requests/2.31")


def cache_busting(rng: random.Random, sources: int) -> Make:
    browser = rng.choice(BROWSERS)
    path = rng.choice(PATHS[:5])
    many = rng.choice([20, 2_000])
    return lambda r: _tool(
        r, source=address(r.randrange(many), 130), target=f"{path}?{r.getrandbits(40):x}={r.getrandbits(40):x}",
        agent=browser.agent, headers=browser.headers, ja4=browser.ja4,
    )  # fmt: skip


def hidden(rng: random.Random, sources: int) -> Make:
    """Just like people's, but for how much each source asks."""
    many = rng.choice([1, 5, 20])
    like = people(sources)

    def make(r: random.Random) -> Request:
        request = like(r)
        return Request(
            method=request.method, target=request.target, headers=request.headers, location=request.location,
            ja4=request.ja4, source_ip=address(r.randrange(many), 130),
        )  # fmt: skip

    return make


def forwarded(rng: random.Random, sources: int) -> Make:
    """Through a proxy that people use too, from forwarded addresses without end."""

    def make(r: random.Random) -> Request:
        given = address(r.randrange(100_000), 150).encode()
        return _tool(
            r, source=address(3), target="/login", method="POST", agent=BROWSERS[1].agent,
            headers=((b"x-forwarded-for", given), (b"content-type", b"application/x-www-form-urlencoded")),
        )  # fmt: skip

    return make


def changing_agents(rng: random.Random, sources: int) -> Make:
    many = rng.choice([1_000, 100_000])
    return lambda r: _tool(
        r, source=address(r.randrange(many), 130), target=r.choice(PATHS), agent=f"Mozilla/5.0 ({r.getrandbits(48)})",
        headers=((b"accept", b"*/*"), (b"cache-control", b"no-cache")),
    )  # fmt: skip


def copied_browser(rng: random.Random, sources: int) -> Make:
    """A real browser driven by a machine: only where it goes and what it speaks TLS with give it away."""
    browser = rng.choice(BROWSERS)
    path = rng.choice(PATHS)
    return lambda r: _tool(
        r, source=address(r.randrange(3_000), 130), target=path, agent=browser.agent, headers=browser.headers,
        ja4="t13d1516h2_8daaf6152771_02713d6af862",
    )  # fmt: skip


def one_network(rng: random.Random, sources: int) -> Make:
    country = rng.choice(["BR", "DE"])
    return lambda r: _tool(
        r, source=f"198.51.{100 + r.randrange(3)}.{r.randrange(256)}", target=r.choice(PATHS), country=country,
        agent=r.choice(BROWSERS).agent, headers=r.choice(BROWSERS).headers, ja4=r.choice(BROWSERS).ja4,
    )  # fmt: skip


SHAPES = {
    one.__name__: one
    for one in (
        one_source, botnet, cache_busting, hidden, forwarded, changing_agents, copied_browser, one_network,
    )
}  # fmt: skip
