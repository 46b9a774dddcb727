"""EC2's resource types by the prefix of an id: `vol-0abc` is a `volume`.

CreateTags and DeleteTags name resources by id alone. Source: the examples of ids in the EC2 API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PREFIXES = {
    "acl": "network-acl",
    "ami": "image",
    "cagw": "carrier-gateway",
    "cb": "capacity-block",
    "cgw": "customer-gateway",
    "coip-pool": "coip-pool",
    "cr": "capacity-reservation",
    "crf": "capacity-reservation-fleet",
    "cvpn-endpoint": "client-vpn-endpoint",
    "dopt": "dhcp-options",
    "eice": "instance-connect-endpoint",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "export-ami": "export-image-task",
    "export-i": "export-instance-task",
    "fl": "vpc-flow-log",
    "fleet": "fleet",
    "afi": "fpga-image",
    "h": "dedicated-host",
    "hr": "host-reservation",
    "i": "instance",
    "iew": "instance-event-window",
    "igw": "internet-gateway",
    "import-ami": "import-image-task",
    "import-snap": "import-snapshot-task",
    "ipam": "ipam",
    "ipam-pool": "ipam-pool",
    "ipam-scope": "ipam-scope",
    "ipv4pool-ec2": "ipv4pool-ec2",
    "ipv6pool-ec2": "ipv6pool-ec2",
    "key": "key-pair",
    "lgw": "local-gateway",
    "lgw-rtb": "local-gateway-route-table",
    "lgw-vif": "local-gateway-virtual-interface",
    "lgw-vif-grp": "local-gateway-virtual-interface-group",
    "lgw-vpc-assoc": "local-gateway-route-table-vpc-association",
    "lt": "launch-template",
    "nat": "natgateway",
    "nia": "network-insights-analysis",
    "nip": "network-insights-path",
    "nis": "network-insights-access-scope",
    "nisa": "network-insights-access-scope-analysis",
    "pcx": "vpc-peering-connection",
    "pg": "placement-group",
    "pl": "prefix-list",
    "replacevol": "replace-root-volume-task",
    "rtb": "route-table",
    "scr": "subnet-cidr-reservation",
    "sfr": "spot-fleet-request",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "sir": "spot-instances-request",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "tgw-attach": "transit-gateway-attachment",
    "tgw-connect-peer": "transit-gateway-connect-peer",
    "tgw-mcast-domain": "transit-gateway-multicast-domain",
    "tgw-ptb": "transit-gateway-policy-table",
    "tgw-rtb": "transit-gateway-route-table",
    "tmf": "traffic-mirror-filter",
    "tmfr": "traffic-mirror-filter-rule",
    "tms": "traffic-mirror-session",
    "tmt": "traffic-mirror-target",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpce-svc": "vpc-endpoint-service",
    "vpn": "vpn-connection",
}

NAMED_OTHERWISE = frozenset({"key-pair", "placement-group"})
"""Types whose ARNs hold a name, which only state knows from the id."""


def resource_type(identifier: str) -> str | None:
    """The type of an id, or None for one of no known kind."""
    found = PREFIXES.get(identifier.rpartition("-")[0])
    return None if found in NAMED_OTHERWISE else found


ROOT_DEVICES = frozenset({"/dev/xvda", "/dev/sda1", "/dev/sda", "/dev/xvda1"})
"""What images call their root volume."""


def implied_volume(params: Mapping[str, Any]) -> str | None:
    """`true` unless a launch says itself what its root volume is to be: then the image does, which only state knows."""
    for mapping in params.get("BlockDeviceMappings") or ():
        if mapping.get("Ebs") and mapping.get("DeviceName") in ROOT_DEVICES:
            return None
    return "true"
