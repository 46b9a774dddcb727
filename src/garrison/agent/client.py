"""The agent's calls: signed, with the credentials every AWS client finds, to the endpoint they are told."""

from __future__ import annotations

from typing import Any

import botocore.config
import botocore.exceptions
import botocore.session

from garrison import __version__
from garrison.aws import own

_TRANSIENT = (
    botocore.exceptions.EndpointConnectionError,
    botocore.exceptions.ConnectionError,
    botocore.exceptions.HTTPClientError,
)
_LATER = (
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "InternalServerException",
    "InternalFailure",
    "ServiceUnavailable",
)


class NoEndpoint(Exception):
    """It is not said where Garrison is: the calls would go to AWS."""


class Unreachable(Exception):
    """The server is away or busy: to be tried again later."""


class Refused(Exception):
    """The server said no; `code` is AWS's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Inspector:
    """What the agent asks of a server. Every method raises `Unreachable` or `Refused`."""

    def __init__(self, session: botocore.session.Session | None = None) -> None:
        """Credentials, region and endpoint by the usual chain (AWS_ENDPOINT_URL, profiles, ...). Raises
        `NoEndpoint`."""
        session = session or botocore.session.Session()
        own.teach(session)
        region = session.get_config_variable("region") or "us-east-1"
        config = botocore.config.Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 2},
            user_agent_extra=f"garrison-inspector-agent/{__version__}",
        )
        try:
            self._garrison = session.create_client("garrison", region_name=region, config=config)
            self._inspector = session.create_client("inspector2", region_name=region, config=config)
            self._sts = session.create_client("sts", region_name=region, config=config)
        except botocore.exceptions.BotoCoreError as error:
            raise NoEndpoint(str(error)) from error
        self.endpoint: str = self._garrison.meta.endpoint_url
        if any(".amazonaws.com" in c.meta.endpoint_url for c in (self._garrison, self._inspector)):
            raise NoEndpoint("Set AWS_ENDPOINT_URL (or endpoint_url of the profile) to where Garrison is.")

    def _call(self, client: Any, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(client, operation)(**parameters)
        except botocore.exceptions.ClientError as error:
            told = error.response.get("Error", {})
            code, status = (
                str(told.get("Code", "")),
                error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0),
            )
            if code in _LATER or status >= 500 or status == 429:
                raise Unreachable(f"{operation}: {code}: {told.get('Message', '')}") from error
            raise Refused(code, str(told.get("Message", ""))) from error
        except _TRANSIENT as error:
            raise Unreachable(str(error)) from error
        except botocore.exceptions.BotoCoreError as error:  # no credentials, expired ones: somebody has to do something
            raise Refused(type(error).__name__, str(error)) from error
        return answer

    def put(self, **resource: Any) -> dict[str, Any]:
        """PutResourceInventory."""
        return self._call(self._garrison, "put_resource_inventory", resource)

    def place(self) -> tuple[str, str, str]:
        """Partition, region and account that the calls are made in."""
        arn = self._call(self._sts, "get_caller_identity", {})["Arn"].split(":")
        return arn[1], str(self._garrison.meta.region_name), arn[4]

    def delete(self, resource: str) -> None:
        """DeleteResourceInventory; nothing if the server does not know it."""
        try:
            self._call(self._garrison, "delete_resource_inventory", {"resourceId": resource})
        except Refused as error:
            if error.code != "ResourceNotFoundException":
                raise

    def tasks(self, resource: str) -> dict[str, Any] | None:
        """ListResourceTasks; None: the server does not know the resource."""
        try:
            return self._call(self._garrison, "list_resource_tasks", {"resourceId": resource})
        except Refused as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise

    def session(self, step: str, **parameters: Any) -> None:
        """StartCisSession, SendCisSessionTelemetry, SendCisSessionHealth, StopCisSession, by botocore's name."""
        self._call(self._inspector, step, parameters)
