"""YAML of advisories: plain data, times left as they are written, nothing that grows when it is read."""

from __future__ import annotations

import re
from typing import Any

import yaml

from garrison.scan.vulndb.record import NotUnderstood

_ANCHOR = re.compile(rb"(?:^|[:\[,-]) *&\w", re.MULTILINE)


class _Loader(yaml.CSafeLoader):
    pass


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load(data: bytes) -> Any:
    """The document. Raises `NotUnderstood`, also for anchors: a few bytes of them can stand for gigabytes."""
    if b"&" in data and b"*" in data and _ANCHOR.search(data):
        raise NotUnderstood("it has anchors, which are not read")
    try:
        return yaml.load(data, _Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        raise NotUnderstood(f"no YAML: {str(e).splitlines()[0]}") from e
