"""Where objects are: folders in the data directory that stand for buckets, and the upstream that has S3."""

from __future__ import annotations

from typing import Any

from garrison.access.objects import S3, Folders, Objects, Several
from garrison.gateway.settings import Settings
from garrison.gateway.upstream.origin import read_origins

FOLDER = "buckets"
"""In the data directory."""


def objects_of(settings: Settings) -> Objects:
    """The buckets of a Garrison. A folder is asked before the upstream."""
    folders = Folders(settings.data_dir / FOLDER)
    origin = read_origins(settings.upstreams).of("s3")
    if origin is None:
        return Several(folders)
    return Several(folders, S3(_client(settings, origin.url)))


def _client(settings: Settings, url: str) -> Any:
    from botocore.config import Config
    from botocore.session import Session

    return Session().create_client(
        "s3",
        region_name=settings.region,
        endpoint_url=url,
        aws_access_key_id=settings.upstream_access_key_id,
        aws_secret_access_key=settings.upstream_secret_access_key,
        aws_session_token=settings.upstream_session_token,
        config=Config(
            s3={"addressing_style": "path"},
            connect_timeout=settings.upstream_timeout,
            read_timeout=settings.upstream_timeout,
            retries={"total_max_attempts": 2},
        ),
    )
