"""Listeners and their certificates."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access import certificates, sites
from garrison.access.call import Call
from garrison.access.ports import NoPort, give_port_back, take_port
from garrison.services.elbv2 import actions, arns, find, quotas, ssl_policies, tags
from garrison.services.elbv2.errors import certificate_not_found, error, validation
from garrison.services.elbv2.load_balancers import drop_listener
from garrison.services.elbv2.paging import page
from garrison.services.elbv2.resources import LISTENER, Listener
from garrison.services.operation import operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def shown(row: Resource[Listener]) -> dict[str, Any]:
    """A listener as answers show it."""
    body = row.body
    found: dict[str, Any] = {
        "ListenerArn": row.id,
        "LoadBalancerArn": row.parent,
        "Port": body.port,
        "Protocol": body.protocol,
        "DefaultActions": body.actions,
    }
    if body.protocol == "HTTPS":
        found["Certificates"] = [{"CertificateArn": body.certificate}]
        found["SslPolicy"] = body.ssl_policy
        found["MutualAuthentication"] = {"Mode": "off"}
    return found


def _duplicate(load_balancer: str) -> Exception:
    return error(
        "DuplicateListener", f"A listener already exists on this port for this load balancer '{load_balancer}'"
    )


def _check_protocol(protocol: str) -> str:
    if protocol not in ("HTTP", "HTTPS"):
        raise validation(f"Listener protocol '{protocol}' must be one of 'HTTPS, HTTP'")
    return protocol


def _check_extras(params: dict[str, Any]) -> None:
    if (params.get("MutualAuthentication") or {}).get("Mode", "off") != "off":
        raise error("InvalidConfigurationRequest", "Mutual authentication is not supported here")
    if params.get("AlpnPolicy"):
        raise validation("ALPN policies can only be specified for TLS listeners")


def _tls(call: Call, reader: Reader, protocol: str, old: Listener | None) -> tuple[str | None, str | None]:
    """(certificate ARN, SSL policy) of the call, or as they were. Raises what the service would."""
    params = call.params
    given = params.get("Certificates")
    if protocol == "HTTP":
        if given:
            raise validation("Certificates cannot be specified for HTTP listeners")
        if params.get("SslPolicy"):
            raise validation("SSL policies cannot be specified for HTTP listeners")
        return None, None
    if given is not None and len(given) != 1:
        raise validation("You must specify exactly one certificate")
    if given and "IsDefault" in given[0]:
        raise validation("IsDefault cannot be specified for the certificate of a listener")
    arn = given[0].get("CertificateArn", "") if given else None if old is None else old.certificate
    if arn is None:
        raise validation("A certificate must be specified for HTTPS listeners")
    if given:
        _check_certificate(call, reader, arn)
    policy = params.get("SslPolicy") or (old.ssl_policy if old is not None else None) or ssl_policies.DEFAULT
    ssl_policies.check(policy)
    return arn, policy


def _check_certificate(call: Call, reader: Reader, arn: str) -> None:
    if certificates.find(reader, call.runtime, call.account, call.region, arn, names=()) is None:
        raise certificate_not_found(arn)


@operation("elbv2", "CreateListener", access="write")
def create_listener(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    balancer = find.load_balancer(call, tx)
    protocol = _check_protocol(params["Protocol"])
    _check_extras(params)
    given = tags.given(call)
    certificate, policy = _tls(call, tx, protocol, None)
    wanted = actions.checked(call, tx, params["DefaultActions"], balancer.id)
    if tx.get(LISTENER, call.account, str(params["Port"]), region=call.region, parent=balancer.id) is not None:
        raise _duplicate(balancer.id)
    quotas.check_listeners(call, tx, balancer.id)
    arn = arns.below(balancer.id, "listener")
    body = Listener(
        protocol=protocol,
        port=params["Port"],
        local_port=_take(call, tx, params["Port"], arn),
        actions=wanted,
        default_rule=arns.below(arn, "listener-rule"),
        certificate=certificate,
        ssl_policy=policy,
        tags=given,
    )
    row = tx.insert(
        LISTENER,
        call.account,
        str(params["Port"]),
        body,
        id=arn,
        region=call.region,
        parent=balancer.id,
        created=call.now,
    )
    actions.link(tx, call.account, arn, wanted)
    sites.changed(tx)
    return {"Listeners": [shown(row)]}


def _take(call: Call, tx: Transaction, public: int, owner: str) -> int:
    try:
        return take_port(tx, call.runtime.edge, public, owner)
    except NoPort as e:
        raise error("OperationNotPermitted", f"The listener cannot be opened on this machine: {e}") from None


@operation("elbv2", "DescribeListeners", access="read")
def describe_listeners(call: Call, reader: Reader) -> dict[str, Any]:
    balancer, wanted = call.params.get("LoadBalancerArn"), call.params.get("ListenerArns")
    if bool(balancer) == bool(wanted):
        raise validation("You must specify either listener ARNs or a load balancer ARN")
    if wanted:
        rows = [find.listener(call, reader, arn) for arn in dict.fromkeys(wanted)]
    else:
        row = find.load_balancer(call, reader)
        rows = reader.page(LISTENER, call.account, region=call.region, parent=row.id)
    shown_rows, rest = page(call, rows, key=lambda row: row.id)
    return {"Listeners": [shown(row) for row in shown_rows], **rest}


@operation("elbv2", "ModifyListener", access="write")
def modify_listener(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    row = find.listener(call, tx)
    old = row.body
    protocol = _check_protocol(params.get("Protocol", old.protocol))
    _check_extras(params)
    certificate, policy = _tls(call, tx, protocol, old if old.protocol == "HTTPS" else None)
    new = msgspec.structs.replace(old, protocol=protocol, certificate=certificate, ssl_policy=policy)
    if protocol == "HTTP":
        new = msgspec.structs.replace(new, certificates=())
    if "DefaultActions" in params:
        wanted = actions.checked(call, tx, params["DefaultActions"], row.parent)
        new = msgspec.structs.replace(new, actions=wanted)
        actions.link(tx, call.account, row.id, wanted)
    port = params.get("Port", old.port)
    if port != old.port:
        if tx.get(LISTENER, call.account, str(port), region=call.region, parent=row.parent) is not None:
            raise _duplicate(row.parent)
        give_port_back(tx, old.local_port)
        new = msgspec.structs.replace(new, port=port, local_port=_take(call, tx, port, row.id))
    try:
        row = tx.update(row, new, name=str(port), updated=call.now)
    except AlreadyExists:
        raise _duplicate(row.parent) from None
    sites.changed(tx)
    return {"Listeners": [shown(row)]}


@operation("elbv2", "DeleteListener", access="write")
def delete_listener(call: Call, tx: Transaction) -> dict[str, Any]:
    drop_listener(tx, find.listener(call, tx))
    sites.changed(tx)
    return {}


def _listed(row: Resource[Listener]) -> list[dict[str, Any]]:
    body = row.body
    first = [] if body.certificate is None else [{"CertificateArn": body.certificate, "IsDefault": True}]
    return first + [{"CertificateArn": arn, "IsDefault": False} for arn in body.certificates]


def _https(call: Call, reader: Reader) -> Resource[Listener]:
    row = find.listener(call, reader)
    if row.body.protocol != "HTTPS":
        raise validation("Certificates can only be specified for HTTPS listeners")
    return row


@operation("elbv2", "AddListenerCertificates", access="write")
def add_listener_certificates(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _https(call, tx)
    new = list(row.body.certificates)
    for one in call.params["Certificates"]:
        if "IsDefault" in one:
            raise validation("IsDefault cannot be specified when certificates are added")
        arn = one.get("CertificateArn", "")
        _check_certificate(call, tx, arn)
        if arn not in new:
            new.append(arn)
    if len(new) > quotas.limit(call, "certificates-per-application-load-balancer"):
        raise error("TooManyCertificates", "The maximum number of certificates per load balancer has been reached")
    tx.update(row, msgspec.structs.replace(row.body, certificates=tuple(new)), updated=call.now)
    sites.changed(tx)
    return {"Certificates": [{"CertificateArn": one["CertificateArn"]} for one in call.params["Certificates"]]}


@operation("elbv2", "RemoveListenerCertificates", access="write")
def remove_listener_certificates(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _https(call, tx)
    gone = {one.get("CertificateArn") for one in call.params["Certificates"]}
    if row.body.certificate in gone and row.body.certificate not in row.body.certificates:
        raise error("OperationNotPermitted", "The default certificate of a listener cannot be removed")
    left = tuple([arn for arn in row.body.certificates if arn not in gone])
    tx.update(row, msgspec.structs.replace(row.body, certificates=left), updated=call.now)
    sites.changed(tx)
    return {}


@operation("elbv2", "DescribeListenerCertificates", access="read")
def describe_listener_certificates(call: Call, reader: Reader) -> dict[str, Any]:
    numbered = enumerate(_listed(find.listener(call, reader)))
    shown_rows, rest = page(call, numbered, key=lambda entry: f"{entry[0]:05d}")
    return {"Certificates": [one for _, one in shown_rows], **rest}
