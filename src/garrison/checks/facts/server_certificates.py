"""Server certificates IAM keeps."""

from __future__ import annotations

from typing import Any

from garrison.checks.api import Api, pages
from garrison.checks.fact import fact


@fact("server-certificates", "iam:ListServerCertificates")
def server_certificates(api: Api) -> list[dict[str, Any]]:
    """As ListServerCertificates has them."""
    return list(pages(api, "iam", "ListServerCertificates", "ServerCertificateMetadataList"))
