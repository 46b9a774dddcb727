"""Calls that name their resource in a way the upstream might read differently are asked for on all, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws.reference import Unmapped, resolve

REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("sqs", "SendMessage", {"QueueUrl": "http://h/123456789012/secret?x=/123456789012/mine"}),
    ("sqs", "SendMessage", {"QueueUrl": "http://h/123456789012/secret#/123456789012/mine"}),
    ("sqs", "SendMessage", {"QueueUrl": "http://h/123456789012/mine%2Fx"}),
    ("lambda", "Invoke", {"FunctionName": "f:mine", "Qualifier": "other"}),
    ("lambda", "Invoke", {"FunctionName": "a:b:c:d"}),
    ("lambda", "GetFunction", {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:layer:x"}),
    ("s3", "GetObject", {"Bucket": "arn:aws:s3:::b", "Key": "k"}),
    ("s3", "GetObject", {"Bucket": "arn:aws:s3::123456789012:accesspoint/x.mrap", "Key": "k"}),
    ("s3", "PutBucketPolicy", {"Bucket": "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap"}),
    ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "c/d?x=1"}),
    ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "c"}),
    ("dynamodb", "GetItem", {"TableName": "arn:aws:dynamodb:eu-west-1:123456789012:table/t/index/i", "Key": {}}),
    ("dynamodb", "RestoreTableToPointInTime", {"TargetTableName": "new"}),
    ("secretsmanager", "GetSecretValue", {"SecretId": "arn:aws:s3:::x"}),
    ("sns", "Publish", {"Message": "m"}),
    ("sns", "CreateTopic", {"Name": "t", "Attributes": {"SQSSuccessFeedbackRoleArn": "role"}}),
    ("ec2", "TerminateInstances", {"InstanceIds": []}),
    ("ec2", "CreateTags", {"Resources": ["unheard-of-1"], "Tags": []}),
    ("ec2", "CreateFlowLogs", {"ResourceIds": ["x-1"], "ResourceType": "Other"}),
]


@pytest.mark.parametrize(("service", "operation", "params"), REFUSED)
def test_what_is_not_surely_understood_is_refused(service: str, operation: str, params: dict[str, Any]) -> None:
    with pytest.raises(Unmapped):
        resolve(service, operation, params, account="123456789012", region="eu-west-1", partition="aws")


def test_network_interfaces_that_are_none_do_not_hide_the_subnet() -> None:
    params = {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1, "SubnetId": "subnet-1", "NetworkInterfaces": []}
    checks = resolve("ec2", "RunInstances", params, account="123456789012", region="eu-west-1", partition="aws")
    assert "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1" in {check.resource for check in checks}


def test_a_message_to_a_number_and_a_topic_is_asked_for_on_both() -> None:
    params = {"PhoneNumber": "+15550100", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t", "Message": "m"}
    checks = resolve("sns", "Publish", params, account="123456789012", region="eu-west-1", partition="aws")
    assert {check.resource for check in checks} == {params["TopicArn"], "*"}
