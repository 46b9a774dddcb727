"""What has which tags, over boto3."""

from __future__ import annotations

import pytest

from tests.clients.drivers import Boto3, Refused
from tests.clients.scenario import allow, policy
from tests.clients.server import Server

pytestmark = pytest.mark.client


def test_tagged_resources_are_found_by_type_and_tags_in_pages(server: Server) -> None:
    driver = Boto3(server.url)
    account, root = server.new_account("tagging")
    for name, team in (("a", "blue"), ("b", "red"), ("c", "blue")):
        tags = [{"Key": "team", "Value": team}]
        driver.call(root, "iam", "CreatePolicy", PolicyName=name, PolicyDocument=policy(allow("s3:Get*")), Tags=tags)
    driver.call(root, "iam", "CreatePolicy", PolicyName="untagged", PolicyDocument=policy(allow("s3:Get*")))
    driver.call(root, "iam", "CreateUser", UserName="ana", Tags=[{"Key": "team", "Value": "blue"}])

    def found(**params: object) -> list[str]:
        answer = driver.call(root, "resourcegroupstaggingapi", "GetResources", **params)
        return [one["ResourceARN"].rpartition("/")[2] for one in answer["ResourceTagMappingList"]]

    assert found() == ["a", "b", "c"]
    assert found(ResourceTypeFilters=["iam:policy"], TagFilters=[{"Key": "team", "Values": ["blue"]}]) == ["a", "c"]
    assert found(TagFilters=[{"Key": "cost"}]) == []
    assert found(ResourceARNList=[f"arn:aws:iam::{account}:policy/b"]) == ["b"]
    page = driver.call(root, "resourcegroupstaggingapi", "GetResources", ResourcesPerPage=2)
    assert found(ResourcesPerPage=2, PaginationToken=page["PaginationToken"]) == ["c"]
    assert driver.call(root, "resourcegroupstaggingapi", "GetTagKeys")["TagKeys"] == ["team"]
    assert driver.call(root, "resourcegroupstaggingapi", "GetTagValues", Key="team")["TagValues"] == ["blue", "red"]
    with pytest.raises(Refused, match="invalid or expired"):
        found(ResourcesPerPage=2, PaginationToken="bm90IG91cnM=")
