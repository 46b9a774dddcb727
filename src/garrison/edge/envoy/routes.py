"""Routes of a listener as Envoy has them.

A route's path is matched on the request target as the client sent it, without query: nothing is decoded or normalized,
neither here nor on the way to the target, so that the target and the inspection see the same bytes.
"""

from __future__ import annotations

import json
from typing import Any

from garrison.access.sites import Condition, Fixed, Forward, Listener, Pool, Redirect, Route, Site
from garrison.edge import internal
from garrison.edge.envoy.names import CLIENT, ERRORS, ROUTE_SCRIPT, STICKY, short, typed
from garrison.edge.envoy.protection import per_route
from garrison.edge.envoy.scripts import forward_script, redirect_script
from garrison.edge.world import Protection

Json = dict[str, Any]


def route_configuration(site: Site, listener: Listener, protection: Protection | None) -> Json:
    """The route configuration of one listener."""
    pools = {pool.id: pool for pool in site.pools}
    host: Json = {
        "name": "all",
        "domains": ["*"],
        "routes": [_route(site, listener, route, pools) for route in listener.routes],
    }
    filters = per_route(site, protection)
    if site.error_pages:
        filters[ERRORS] = _error_pages(site, listener)
    if filters:
        host["typed_per_filter_config"] = filters
    configuration: Json = {
        "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
        "name": short(listener.id),
        "virtual_hosts": [host],
        "request_headers_to_remove": [*internal.TO_INSPECTION, "x-envoy-external-address", "x-envoy-internal"],
        "request_headers_to_add": [_header("x-forwarded-port", str(listener.public_port))],
        "ignore_port_in_host_matching": True,
    }
    _forwarded_for(site, configuration)
    if site.tls_headers and listener.certificates:
        configuration["request_headers_to_add"] += [
            _header("x-amzn-tls-version", "%DOWNSTREAM_TLS_VERSION%"),
            _header("x-amzn-tls-cipher-suite", "%DOWNSTREAM_TLS_CIPHER%"),
        ]
    return configuration


def _header(name: str, value: str, action: str = "OVERWRITE_IF_EXISTS_OR_ADD") -> Json:
    return {"header": {"key": name, "value": value}, "append_action": action}


def _literal(text: str) -> str:
    """A value that Envoy takes as it is: `%` begins its formatters."""
    return text.replace("%", "%%")


def _forwarded_for(site: Site, configuration: Json) -> None:
    """X-Forwarded-For on the way to the target; the inspection saw the client's own."""
    if site.xff == "append":
        value = "%DOWNSTREAM_REMOTE_ADDRESS%" if site.xff_port else "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"
        configuration["request_headers_to_add"].append(_header("x-forwarded-for", value, "APPEND_IF_EXISTS_OR_ADD"))
    elif site.xff == "remove":
        configuration["request_headers_to_remove"].append("x-forwarded-for")


def _route(site: Site, listener: Listener, route: Route, pools: dict[str, Pool]) -> Json:
    found: Json = {"name": route.priority, "match": _match(route.conditions)}
    # Behind a WAF the verdict comes first; these actions come after it, as they do at AWS.
    action = route.action
    if isinstance(action, Forward):
        _forward(site, route, action, pools, found)
    elif isinstance(action, Redirect):
        found["direct_response"] = {"status": 500}
        script = redirect_script(site, listener, action)
        found["typed_per_filter_config"] = {
            ROUTE_SCRIPT: typed("filters.http.lua.v3.LuaPerRoute", {"source_code": {"inline_string": script}})
        }
    else:
        _fixed(action, found)
    if route.response_headers:
        found.setdefault("response_headers_to_add", []).extend(
            [_header(name, _literal(value)) for name, value in route.response_headers]
        )
    return found


def _fixed(action: Fixed, found: Json) -> None:
    found["direct_response"] = {"status": action.status}
    if action.body:
        found["direct_response"]["body"] = {"inline_string": action.body}
        found["response_headers_to_add"] = [_header("content-type", f"{action.content_type}; charset=utf-8")]


def _forward(site: Site, route: Route, action: Forward, pools: dict[str, Pool], found: Json) -> None:
    there = [(pools[pool], weight) for pool, weight in action.pools if pool in pools and weight > 0]
    if not any(pool.targets for pool, _ in there):
        found["direct_response"] = {"status": 503}
        return
    longest = max(pool.read_timeout for pool, _ in there)
    action_json: Json = {
        # How long a target may take is said by how long nothing comes; uploads and downloads may take their time.
        "timeout": "0s",
        "idle_timeout": f"{min(site.idle_timeout, longest) if site.kind == 'CF' else site.idle_timeout:g}s",
        "max_stream_duration": {"max_stream_duration": "0s"},
    }
    if len(there) == 1:
        action_json["cluster"] = short(there[0][0].id)
    else:
        action_json["weighted_clusters"] = {
            "clusters": [{"name": short(pool.id), "weight": weight} for pool, weight in there]
        }
        if action.sticky:
            action_json["weighted_clusters"]["use_hash_policy"] = True
            cookie = {"name": "AWSALBTG", "ttl": f"{action.sticky}s", "path": "/"}
            action_json["hash_policy"] = [{"cookie": cookie}]
    if route.host is not None:
        action_json["host_rewrite_literal"] = route.host
    if route.prefix:
        # The target is put together of what is configured and what the client sent, byte by byte.
        action_json["regex_rewrite"] = {
            "pattern": {"regex": "^/"},
            "substitution": route.prefix.replace("\\", "\\\\") + "/",
        }
    found["route"] = action_json
    if route.target is not None or route.query is not None or route.cookies is not None:
        found["typed_per_filter_config"] = {
            ROUTE_SCRIPT: typed(
                "filters.http.lua.v3.LuaPerRoute", {"source_code": {"inline_string": forward_script(route)}}
            )
        }
    if route.headers:
        found["request_headers_to_add"] = [_header(name, _literal(value)) for name, value in route.headers]
    cookies = [pool.sticky for pool, _ in there if pool.sticky is not None]
    if cookies:
        name, seconds = cookies[0]
        state = typed(
            "http.stateful_session.cookie.v3.CookieBasedSessionState",
            {"cookie": {"name": name, "path": "/", "ttl": f"{seconds}s"}},
        )
        session = {"session_state": {"name": "envoy.http.stateful_session.cookie", "typed_config": state}}
        found.setdefault("typed_per_filter_config", {})[STICKY] = typed(
            "filters.http.stateful_session.v3.StatefulSessionPerRoute", {"stateful_session": session}
        )


def _match(conditions: tuple[Condition, ...]) -> Json:
    match: Json = {"prefix": "/"}
    headers: list[Json] = []
    for condition in conditions:
        either = _either(condition)
        if condition.field == "path":
            if condition.patterns:
                match.pop("prefix", None)
                match["safe_regex"] = {"regex": either}
        elif condition.field == "host":
            headers.append(_regex(":authority", rf"{either}(?::[0-9]+)?"))
        elif condition.field == "header":
            headers.append(_regex(condition.name, either))
        elif condition.field == "query":
            headers.append(_regex(":path", rf"(?i)[^?]*\?(?:.*&)?{either}(?:&.*)?"))
        elif condition.field == "method":
            headers.append(_regex(":method", either))
        elif condition.field == "source":
            ranges = [_range(network) for network in condition.networks]
            match["filter_state"] = [{"key": CLIENT, "address_match": {"ranges": ranges}}]
    if headers:
        match["headers"] = headers
    return match


def _either(condition: Condition) -> str:
    """One expression for all patterns of a condition."""
    joined = "|".join([f"(?:{pattern})" for pattern in condition.patterns])
    return f"(?i)(?:{joined})" if condition.ignore_case and condition.field != "query" else f"(?:{joined})"


def _regex(header: str, expression: str) -> Json:
    return {"name": header, "string_match": {"safe_regex": {"regex": expression}}}


def _range(network: str) -> Json:
    address, _, length = network.partition("/")
    return {"address_prefix": address, "prefix_len": int(length)}


def _error_pages(site: Site, listener: Listener) -> Json:
    """What is shown in place of a target's errors."""
    matchers = []
    for page in site.error_pages:
        policy: Json = {"status_code": page.shown_status or page.status}
        if page.path is not None:
            scheme = "https" if listener.certificates else "http"
            policy["uri"] = f"{scheme}://{site.host}{page.path}"
            action = typed("http.custom_response.redirect_policy.v3.RedirectPolicy", policy)
        else:
            action = typed("http.custom_response.local_response_policy.v3.LocalResponsePolicy", policy)
        status = {
            "input": {
                "name": "status",
                "typed_config": {"@type": "type.googleapis.com/envoy.type.matcher.v3.HttpResponseStatusCodeMatchInput"},
            },
            "value_match": {"exact": str(page.status)},
        }
        matchers.append(
            {
                "predicate": {"single_predicate": status},
                "on_match": {"action": {"name": "page", "typed_config": action}},
            }
        )
    return typed(
        "filters.http.custom_response.v3.CustomResponse",
        {"custom_response_matcher": {"matcher_list": {"matchers": matchers}}},
    )


def compact(value: Any) -> str:
    """JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
