"""What is to be served, as the edge's process puts it together for a data plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from garrison.access.sites import Certificate, Site, Target


class Protection(msgspec.Struct, frozen=True):
    """What is inspected of a site's requests."""

    web_acl: str
    """ARN of the web ACL that must judge; empty: none, but something else is asked (countries)."""
    body: int = 8192
    """Bytes of the body."""
    order: bool = False
    """Whether any rule looks at the order of headers."""


class World(msgspec.Struct, frozen=True, eq=False):
    """What is to be served."""

    sites: tuple[Site, ...]
    protected: Mapping[str, Protection]
    """By site ARN."""
    usable: Mapping[str, Sequence[Target]]
    """By pool id: the targets that requests may go to."""
    certificates: dict[Certificate, tuple[Path, Path]]
    """Files of certificates and keys."""
