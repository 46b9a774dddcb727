"""A load balancer as the edge serves it."""

from __future__ import annotations

from garrison.access import certificates, sites
from garrison.access.runtime import Runtime
from garrison.access.sites import Health, HealthCheck, Pool, Route, Site, Target
from garrison.services.elbv2 import actions, attributes, conditions, ssl_policies
from garrison.services.elbv2.resources import (
    FORWARDS,
    HEALTH,
    LISTENER,
    LOAD_BALANCER,
    RULE,
    TARGET_GROUP,
    HealthRow,
    Listener,
    LoadBalancer,
    TargetGroup,
    TargetRow,
)
from garrison.services.elbv2.targets import key
from garrison.store import Reader, Resource, Transaction


class LoadBalancers:
    """The `access.sites.SiteProvider` of load balancers."""

    def site(self, reader: Reader, runtime: Runtime, arn: str) -> Site | None:
        """A load balancer with its listeners and the target groups they forward to."""
        row = reader.by_id(LOAD_BALANCER, arn)
        if row is None:
            return None
        listeners = reader.page(LISTENER, row.account, region=row.region, parent=arn)
        found, groups = [], set()
        for listener in listeners:
            rules = reader.page(RULE, row.account, region=row.region, parent=listener.id)
            for source in (listener.id, *[rule.id for rule in rules]):
                groups |= {link.target for link in reader.targets(FORWARDS, source)}
            routes = [
                Route(
                    id=rule.id,
                    action=actions.translated(rule.body.actions),
                    conditions=tuple([conditions.translated(one) for one in rule.body.conditions]),
                    priority=str(int(rule.name)),
                    response_headers=_response_headers(listener.body),
                )
                for rule in rules
            ]
            routes.append(
                Route(
                    listener.body.default_rule,
                    actions.translated(listener.body.actions),
                    response_headers=_response_headers(listener.body),
                )
            )
            found.append(
                sites.Listener(
                    id=listener.id,
                    port=listener.body.local_port,
                    public_port=listener.body.port,
                    routes=tuple(routes),
                    certificates=_certificates(reader, runtime, row, listener),
                    tls_from=ssl_policies.oldest(listener.body.ssl_policy),
                )
            )
        rows = [reader.by_id(TARGET_GROUP, group) for group in sorted(groups)]
        pools = tuple([_pool(runtime, group) for group in rows if group is not None])
        return _site(row, tuple(found), pools)

    def record_health(self, tx: Transaction, pool: str, health: dict[str, Health]) -> None:
        """Keep the health of a target group's targets."""
        row = tx.by_id(HEALTH, pool)
        if row is not None:
            tx.update(row, HealthRow(health))
            return
        group = tx.by_id(TARGET_GROUP, pool)
        if group is not None:
            tx.insert(HEALTH, group.account, pool, HealthRow(health), id=pool, region=group.region, created=0.0)


def _site(row: Resource[LoadBalancer], listeners: tuple[sites.Listener, ...], pools: tuple[Pool, ...]) -> Site:
    def of(name: str) -> str:
        return attributes.value(attributes.LOAD_BALANCER, row.body.attributes, name)

    return Site(
        arn=row.id,
        kind="ALB",
        account=row.account,
        host=row.body.dns_name,
        listeners=listeners,
        pools=pools,
        fail_open=of("waf.fail_open.enabled") == "true",
        idle_timeout=float(of("idle_timeout.timeout_seconds")),
        keep_alive=float(of("client_keep_alive.seconds")),
        xff=of("routing.http.xff_header_processing.mode"),
        xff_port=of("routing.http.xff_client_port.enabled") == "true",
        preserve_host=True,
        drop_invalid_headers=of("routing.http.drop_invalid_header_fields.enabled") == "true",
        http2=of("routing.http2.enabled") == "true",
        tls_headers=of("routing.http.x_amzn_tls_version_and_cipher_suite.enabled") == "true",
        server="awselb/2.0",
    )


def _response_headers(listener: Listener) -> tuple[tuple[str, str], ...]:
    held = listener.attributes
    return tuple([(name, held[key]) for key, name in attributes.RESPONSE_HEADERS.items() if held.get(key)])


def _certificates(
    reader: Reader, runtime: Runtime, row: Resource[LoadBalancer], listener: Resource[Listener]
) -> tuple[sites.Certificate, ...]:
    if listener.body.protocol != "HTTPS":
        return ()
    names = (row.body.dns_name.lower(), "localhost", "127.0.0.1", "::1")
    wanted = [listener.body.certificate or "", *listener.body.certificates]
    found = [certificates.find(reader, runtime, row.account, row.region, arn, names=names) for arn in wanted]
    # A certificate that was deleted since leaves the development CA's: the listener goes on, and clients see why.
    return tuple([one for one in found if one is not None]) or (sites.Certificate(names),)


def _pool(runtime: Runtime, row: Resource[TargetGroup]) -> Pool:
    body = row.body

    def of(name: str) -> str:
        return attributes.value(attributes.TARGET_GROUP, body.attributes, name)

    sticky = None
    if of("stickiness.enabled") == "true":
        kind = of("stickiness.type")
        sticky = ("AWSALB" if kind == "lb_cookie" else "AWSALBAPP-0", int(of(f"stickiness.{kind}.duration_seconds")))
    return Pool(
        id=row.id,
        protocol=body.protocol.lower(),
        targets=tuple([Target(key(one), _host(runtime, body, one), one.port) for one in body.targets]),
        algorithm=of("load_balancing.algorithm.type"),
        check=HealthCheck(
            protocol=body.check_protocol,
            port=None if body.check_port == "traffic-port" else int(body.check_port),
            path=body.check_path,
            interval=float(body.check_interval),
            timeout=float(body.check_timeout),
            healthy_after=body.healthy_threshold,
            unhealthy_after=body.unhealthy_threshold,
            codes=body.codes,
        ),
        sticky=sticky,
        draining=float(of("deregistration_delay.timeout_seconds")),
    )


def _host(runtime: Runtime, group: TargetGroup, target: TargetRow) -> str:
    if group.target_type == "instance":
        return runtime.edge.instances.get(target.id, "127.0.0.1")
    return target.id


sites.provide_sites("elasticloadbalancing", LoadBalancers())
