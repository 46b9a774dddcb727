"""botocore, as collectors and probes use it: clients for one set of keys, answers as JSON values."""

from __future__ import annotations

import base64
import threading
from datetime import datetime
from functools import cache
from typing import Any

from garrison.aws import own
from garrison.checks.api import UNSERVED, NotRead, Refused
from garrison.checks.probe import Keys

_creating = threading.Lock()
Clients = dict[tuple[str, str, Keys | None], Any]


@cache
def session() -> Any:
    """One botocore session for all, so that models are loaded once. It looks for no credentials of its own."""
    from botocore.session import Session

    made = Session()
    own.teach(made)
    return made


def client(known: Clients, service: str, region: str, keys: Keys | None, endpoint: str | None, *, attempts: int) -> Any:
    """A client for these keys; without keys, one that does not sign. `known` keeps those made before."""
    found = known.get((service, region, keys))
    if found is None:
        from botocore import UNSIGNED
        from botocore.config import Config

        config = Config(
            retries={"total_max_attempts": attempts, "mode": "standard"},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=16,
            parameter_validation=False,
            user_agent_extra="garrison-assess",
            **({"signature_version": UNSIGNED} if keys is None else {}),
        )
        with _creating:
            found = known[service, region, keys] = session().create_client(
                service,
                region_name=region,
                endpoint_url=endpoint,
                config=config,
                aws_access_key_id=None if keys is None else keys.access_key_id,
                aws_secret_access_key=None if keys is None else keys.secret_access_key,
                aws_session_token=None if keys is None else keys.session_token,
            )
    return found


def invoke(made: Any, operation: str, params: dict[str, Any]) -> tuple[dict[str, Any], Refused | None, int]:
    """One call: what came out, the error if there was one, and the HTTP status. Raises `NotRead` if nobody answers."""
    from botocore import xform_name
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        output = getattr(made, xform_name(operation))(**params)
    except ClientError as e:
        error = e.response.get("Error", {})
        status = int(e.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        code = str(error.get("Code") or status)
        if status == 501 or (status in (404, 405) and code.isdigit()):
            code = next(iter(sorted(UNSERVED)))
        return {}, Refused(code, str(error.get("Message", ""))), status
    except (BotoCoreError, OSError, ValueError, LookupError) as e:  # an answer in no form the model knows, too
        raise NotRead(f"{made.meta.service_model.service_name}:{operation}", f"{type(e).__name__}: {e}") from e
    status = int(output.pop("ResponseMetadata", {}).get("HTTPStatusCode", 200))
    plain: dict[str, Any] = jsonable(output)
    return plain, None, status


def jsonable(value: Any) -> Any:
    """Times as ISO 8601 texts, bytes as base64 texts."""
    match value:
        case datetime():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {k: jsonable(v) for k, v in value.items()}
        case list() | tuple():
            return [jsonable(v) for v in value]
    return value
