"""DescribeRegions through a real client's parser."""

from __future__ import annotations

import pytest

from tests.clients.drivers import Boto3, Refused
from tests.clients.server import Server

pytestmark = pytest.mark.client


def test_regions_of_the_partition_are_listed_and_filtered(server: Server) -> None:
    driver = Boto3(server.url)
    everything = driver.call(server.root, "ec2", "DescribeRegions")["Regions"]
    names = [region["RegionName"] for region in everything]
    assert {"us-east-1", "eu-central-1", "af-south-1"} <= set(names)
    assert not any("global" in name or name.startswith("cn-") for name in names)
    one = driver.call(server.root, "ec2", "DescribeRegions", RegionNames=["eu-west-1"])["Regions"]
    assert one == [
        {"RegionName": "eu-west-1", "Endpoint": "ec2.eu-west-1.amazonaws.com", "OptInStatus": "opt-in-not-required"}
    ]
    filters = [{"Name": "opt-in-status", "Values": ["opted-in"]}]
    opted = driver.call(server.root, "ec2", "DescribeRegions", Filters=filters)["Regions"]
    assert "af-south-1" in {region["RegionName"] for region in opted}
    assert "us-east-1" not in {region["RegionName"] for region in opted}


def test_unknown_regions_are_refused(server: Server) -> None:
    with pytest.raises(Refused) as caught:
        Boto3(server.url).call(server.root, "ec2", "DescribeRegions", RegionNames=["mars-1"])
    assert caught.value.code == "InvalidParameterValue"
