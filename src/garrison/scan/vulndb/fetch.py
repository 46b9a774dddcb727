"""Feeds over HTTP: asked whether they changed, resumed where a download broke off."""

from __future__ import annotations

import http.client
import os
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from garrison import __version__

MOST_BYTES = 4 << 30
"""One feed is no larger than this."""
_PIECE = 1 << 18
_SECONDS = 60


class FetchError(ValueError):
    """A feed could not be had; the message names it and the reason."""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """Where a source is published."""

    url: str
    file: str = ""
    """Its name on disk, whose end says what it is; empty: as in the URL."""
    default: bool = True
    """Updated when no feed is named."""


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A feed on disk."""

    path: Path
    changed: bool
    """False: the server says that it is what it was."""
    etag: str = ""
    modified: str = ""


class _Part(msgspec.Struct):
    url: str
    validator: str


def feeds(path: Path | None = None) -> dict[str, Feed]:
    """The feeds of a file, or Garrison's own. Raises `FetchError`."""
    try:
        text = path.read_text() if path else resources.files(__package__).joinpath("feeds.toml").read_text()
        return msgspec.convert(tomllib.loads(text), dict[str, Feed])
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as e:
        raise FetchError(f"{path} is no list of feeds: {e}") from e


def fetch(
    name: str,
    feed: Feed,
    folder: Path,
    *,
    etag: str = "",
    modified: str = "",
    progress: Callable[[int, int | None], None] | None = None,
) -> Fetched:
    """The feed in `folder`. `etag` and `modified` are what the server said of the copy that is in the database.

    A download that breaks off leaves a `.part` file, which the next one goes on with if the server still has the same.
    Raises `FetchError`.
    """
    parts = urlsplit(feed.url)
    if parts.scheme not in ("http", "https"):
        raise FetchError(f"{name}: {feed.url} is no http or https address")
    leaf = feed.file or f"{name}-{unquote(parts.path).rpartition('/')[2] or 'feed'}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path, part, note = folder / leaf, folder / f"{leaf}.part", folder / f"{leaf}.part.json"
    headers = {"User-Agent": f"garrison/{__version__}"}
    start = _resumable(part, note, feed.url, headers)
    if not start and path.exists():
        if etag:
            headers["If-None-Match"] = etag
        elif modified:
            headers["If-Modified-Since"] = modified
    request = urllib.request.Request(feed.url, headers=headers)  # noqa: S310 - the scheme is checked above
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            told = response.headers
            start = start if response.status == 206 else 0
            total = int(told["Content-Length"]) + start if (told["Content-Length"] or "").isdigit() else None
            if total is not None and total > MOST_BYTES:
                raise FetchError(f"{name}: {feed.url} is {total} bytes; no more than {MOST_BYTES} are taken")
            note.write_bytes(msgspec.json.encode(_Part(feed.url, told["ETag"] or told["Last-Modified"] or "")))
            done = _receive(response, part, start, total, progress)
            if total is not None and done < total:
                raise FetchError(f"{name}: the connection ended after {done} of {total} bytes; the next update goes on")
            part.replace(path)
            note.unlink(missing_ok=True)
            return Fetched(path=path, changed=True, etag=told["ETag"] or "", modified=told["Last-Modified"] or "")
    except urllib.error.HTTPError as e:
        if e.code == 304:
            return Fetched(path=path, changed=False, etag=etag, modified=modified)
        if e.code == 416:
            part.unlink(missing_ok=True)
        raise FetchError(f"{name}: {feed.url} answered {e.code} {e.reason}") from e
    except (OSError, http.client.HTTPException) as e:
        reason = getattr(e, "reason", None) or e
        raise FetchError(f"{name}: {feed.url} cannot be reached: {reason}") from e


def _resumable(part: Path, note: Path, url: str, headers: dict[str, str]) -> int:
    """Bytes that are there already; sets the headers that ask for the rest."""
    try:
        known = msgspec.json.decode(note.read_bytes(), type=_Part)
        size = part.stat().st_size
    except (OSError, msgspec.MsgspecError):
        return 0
    if known.url != url or not known.validator or known.validator.startswith("W/") or not size:
        return 0
    headers |= {"Range": f"bytes={size}-", "If-Range": known.validator}
    return size


def _receive(
    response: http.client.HTTPResponse,
    part: Path,
    start: int,
    total: int | None,
    progress: Callable[[int, int | None], None] | None,
) -> int:
    done = start
    with part.open("ab" if start else "wb") as file:
        while True:
            try:
                piece = response.read(_PIECE)
            except http.client.IncompleteRead as e:
                file.write(e.partial)
                return done + len(e.partial)
            if not piece:
                break
            done += len(piece)
            if done > MOST_BYTES:
                raise FetchError(f"more than {MOST_BYTES} bytes came")
            file.write(piece)
            if progress is not None:
                progress(done, total)
        file.flush()
        os.fsync(file.fileno())
    return done


def chosen(known: Mapping[str, Feed], names: tuple[str, ...]) -> dict[str, Feed]:
    """The named feeds, or the default ones. Raises `FetchError` for a name that is none."""
    unknown = [name for name in names if name not in known]
    if unknown:
        raise FetchError(f"There is no feed named {', '.join(unknown)}. There are: {', '.join(known)}")
    return {n: f for n, f in known.items() if (n in names if names else f.default)}
