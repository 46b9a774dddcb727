"""DescribeRegions: the regions of this Garrison's partition, all of them enabled.

Garrison is in every region of its partition at once, so none needs opting in; those AWS would have an account opt in to
say `opted-in`. Source: EC2 API reference, "DescribeRegions"; account management guide, "Enable or disable AWS Regions".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.aws.partitions import dns_suffix, regions
from garrison.services.operation import operation
from garrison.store import Reader

# "Regions introduced before March 20, 2019 are enabled by default" (account management guide).
_ALWAYS_ON = {
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1",
    "eu-west-2", "eu-west-3", "sa-east-1",
}  # fmt: skip
_FILTERS: dict[str, Callable[[dict[str, str]], str]] = {
    "endpoint": lambda region: region["Endpoint"],
    "opt-in-status": lambda region: region["OptInStatus"],
    "region-name": lambda region: region["RegionName"],
}


@operation("ec2", "DescribeRegions", access="read")
def describe_regions(call: Call, reader: Reader) -> dict[str, Any]:
    suffix = dns_suffix(call.partition)
    found = [
        {
            "RegionName": name,
            "Endpoint": f"ec2.{name}.{suffix}",
            "OptInStatus": "opt-in-not-required" if call.partition != "aws" or name in _ALWAYS_ON else "opted-in",
        }
        for name in regions(call.partition)
    ]
    names = call.params.get("RegionNames")
    if names:
        known = {region["RegionName"] for region in found}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise AwsError("InvalidParameterValue", f"Invalid region names: ({','.join(unknown)})", status=400)
        found = [region for region in found if region["RegionName"] in names]
    for wanted in call.params.get("Filters", []):
        value = _FILTERS.get(wanted.get("Name", ""))
        if value is None:
            raise AwsError("InvalidParameterValue", f"The filter '{wanted.get('Name', '')}' is invalid", status=400)
        found = [region for region in found if value(region) in wanted.get("Values", [])]
    if call.params.get("DryRun"):
        raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", status=412)
    return {"Regions": found}
