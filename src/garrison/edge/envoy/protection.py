"""How requests of a protected site come to the inspection, and its answers to the client.

Per route, so that associating a web ACL or changing how much of a body it sees drains no connection: the filters are in
every listener's chain, switched off, and a protected site's routes switch them on.
"""

from __future__ import annotations

from typing import Any

from garrison.access.sites import Site
from garrison.edge import internal
from garrison.edge.envoy.names import INSPECT, INSPECT_OPEN, SCRIPT, TELL, WORKERS, typed
from garrison.edge.world import Protection

Json = dict[str, Any]

_ORDER = """
function envoy_on_request(handle)
  local names = {}
  for name, _ in pairs(handle:headers()) do
    if name:sub(1, 1) ~= ":" and name:sub(1, 11) ~= "x-garrison-" and name:sub(1, 8) ~= "x-envoy-"
        and name ~= "x-forwarded-proto" and name ~= "x-request-id" then
      names[#names + 1] = name
    end
  end
  handle:headers():replace("x-garrison-order", table.concat(names, ":"))
end
"""
_STATUS = """
function envoy_on_response(handle)
  local headers = handle:headers()
  local status = headers:get("x-garrison-status")
  if status ~= nil then
    headers:replace(":status", status)
    headers:remove("x-garrison-status")
    headers:remove("x-envoy-upstream-service-time")
  end
end
"""


def _filter(*, fail_open: bool, site: str, seconds: float) -> Json:
    config: Json = {
        "failure_mode_allow": fail_open,
        "status_on_error": {"code": "ServiceUnavailable"},
        "with_request_body": {"max_request_bytes": 8192, "allow_partial_message": True},
        "allowed_headers": {"patterns": [{"safe_regex": {"regex": ".*"}}]},
        "http_service": {
            "server_uri": {"uri": "http://inspection", "cluster": WORKERS, "timeout": f"{seconds:g}s"},
            "authorization_request": {"headers_to_add": [{"key": internal.SITE, "value": site}]},
            "authorization_response": {
                "allowed_upstream_headers": {"patterns": [{"prefix": "x-amzn-waf-", "ignore_case": True}]},
                "allowed_client_headers": {"patterns": [{"safe_regex": {"regex": ".*"}}]},
            },
            # A worker that dies takes the inspections with it that it had begun; another one, or the next, has them.
            # Not many times: a request that kills whoever judges it must not have them all.
            "retry_policy": {
                "retry_on": "connect-failure,reset",
                "num_retries": 3,
                # The longest pause is also what Envoy gives a single try.
                "retry_back_off": {"base_interval": "0.01s", "max_interval": f"{seconds:g}s"},
            },
        },
    }
    return {
        "name": INSPECT_OPEN if fail_open else INSPECT,
        "disabled": True,
        "typed_config": typed("filters.http.ext_authz.v3.ExtAuthz", config),
    }


def filters(site: Site, listener: str, seconds: float, *, tls: bool) -> list[Json]:
    """The filters of a listener's chain that belong to inspection, all switched off. `seconds`: what it may take."""
    mutations: list[Json] = [
        {"remove_on_match": {"key_matcher": {"prefix": internal.PREFIX}}},
        {"remove_on_match": {"key_matcher": {"prefix": "x-amzn-waf-"}}},
        _tell(internal.ADDRESS, "%DOWNSTREAM_REMOTE_ADDRESS%"),
        _tell(internal.FORWARDED, "%REQ(x-forwarded-for)%"),
        _tell(internal.LENGTH, "%REQ(content-length)%"),
        _tell(internal.PROTOCOL, "%PROTOCOL%"),
        _tell(internal.SCHEME, "https" if tls else "http"),
    ]
    if tls:
        mutations += [
            _tell(internal.JA3, "%TLS_JA3_FINGERPRINT%"),
            _tell(internal.JA4, "%TLS_JA4_FINGERPRINT%"),
            _tell(internal.TLS_VERSION, "%DOWNSTREAM_TLS_VERSION%"),
            _tell(internal.TLS_CIPHER, "%DOWNSTREAM_TLS_CIPHER%"),
            _tell(internal.SERVER_NAME, "%REQUESTED_SERVER_NAME%"),
        ]
    return [
        {
            "name": TELL,
            "disabled": True,
            "typed_config": typed(
                "filters.http.header_mutation.v3.HeaderMutation", {"mutations": {"request_mutations": mutations}}
            ),
        },
        {"name": SCRIPT, "disabled": True, "typed_config": typed("filters.http.lua.v3.Lua")},
        _filter(fail_open=False, site=listener, seconds=seconds),
        _filter(fail_open=True, site=listener, seconds=seconds),
    ]


def _tell(name: str, value: str) -> Json:
    return {"append": {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}


def per_route(site: Site, protection: Protection | None) -> Json:
    """What switches inspection on for a site's routes."""
    if protection is None:
        return {}
    name = INSPECT_OPEN if site.fail_open else INSPECT
    body = {"max_request_bytes": protection.body, "allow_partial_message": True}
    mutations = {"request_mutations": [_tell(internal.WEB_ACL, protection.web_acl or internal.NO_WEB_ACL)]}
    script = (_ORDER if protection.order else "") + _STATUS
    return {
        TELL: typed("filters.http.header_mutation.v3.HeaderMutationPerRoute", {"mutations": mutations}),
        SCRIPT: typed("filters.http.lua.v3.LuaPerRoute", {"source_code": {"inline_string": script}}),
        name: typed("filters.http.ext_authz.v3.ExtAuthzPerRoute", {"check_settings": {"with_request_body": body}}),
    }
