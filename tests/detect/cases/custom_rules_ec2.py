"""Custom detection rules over EC2."""

from __future__ import annotations

from typing import Any

from garrison.detect.events import ApiCall
from tests.detect.case import Case, fires, near
from tests.detect.making import OTHER, api

INSTANCE = "i-0aa11bb22cc33dd44"
PASSWORD = "CredentialAccess:EC2/UnsecuredCredentials"
TOOLS = "DefenseImpairment:EC2/DisableOrModifyTools"
USER_DATA = "Persistence:EC2/BootOrLogonInitializationScripts"
SSH_KEY = "LateralMovement:EC2/RemoteServices"
SSH_OPEN = "Persistence:EC2/ExternalRemoteServices"
EC2_SHARED = "Exfiltration:EC2/TransferDataToCloudAccount"


def _instance(**attribute: Any) -> ApiCall:
    return api("ec2", "ModifyInstanceAttribute", {"instanceId": INSTANCE, **attribute})


def _ingress(low: int, high: int, cidr: str, protocol: str = "tcp") -> ApiCall:
    many = (
        {"ipv6Ranges": {"items": [{"cidrIpv6": cidr}]}} if ":" in cidr else {"ipRanges": {"items": [{"cidrIp": cidr}]}}
    )
    rule = {"ipProtocol": protocol, "fromPort": low, "toPort": high, "groups": {}, **many}
    return api("ec2", "AuthorizeSecurityGroupIngress", {"groupId": "sg-1", "ipPermissions": {"items": [rule]}})


def _image(**who: str) -> ApiCall:
    permission = {"add": {"items": [who]}}
    return api("ec2", "ModifyImageAttribute", {"imageId": "ami-1", "launchPermission": permission})


def _snapshot(change: str, **who: str) -> ApiCall:
    permission = {change: {"items": [who]}}
    return api("ec2", "ModifySnapshotAttribute", {"snapshotId": "snap-1", "createVolumePermission": permission})


CASES: tuple[Case, ...] = (
    fires("a password of an instance is asked for", PASSWORD, api("ec2", "GetPasswordData", {"instanceId": INSTANCE})),
    fires(
        "somebody who may not asks for a password",
        PASSWORD,
        api("ec2", "GetPasswordData", {"instanceId": INSTANCE}, error="Client.UnauthorizedOperation"),
    ),
    near(
        "a password is asked for of an instance there is not, and a console is read",
        (PASSWORD,),
        api("ec2", "GetPasswordData", {"instanceId": INSTANCE}, error="Client.InvalidInstanceID.NotFound"),
        api("ec2", "GetConsoleOutput", {"instanceId": INSTANCE}),
    ),
    fires("user data is changed", USER_DATA, _instance(userData="<sensitiveDataRemoved>")),
    fires("user data is changed, the old way", USER_DATA, _instance(attribute="userData", value="aGk=")),
    fires("an instance is kept from being terminated", TOOLS, _instance(disableApiTermination={"value": True})),
    fires(
        "flow logs are deleted",
        TOOLS,
        api("ec2", "DeleteFlowLogs", {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-1"}}}),
    ),
    near(
        "an instance may be terminated again, changes its groups, and flow logs are made",
        (TOOLS, USER_DATA),
        _instance(disableApiTermination={"value": False}),
        _instance(groupSet={"items": [{"groupId": "sg-1"}]}),
        api("ec2", "CreateFlowLogs", {"CreateFlowLogsRequest": {}}),
    ),
    fires(
        "a key is pushed to an instance",
        SSH_KEY,
        api("ec2-instance-connect", "SendSSHPublicKey", {"instanceId": INSTANCE, "instanceOSUser": "root"}),
    ),
    fires(
        "a key is pushed to a serial console",
        SSH_KEY,
        api("ec2-instance-connect", "SendSerialConsoleSSHPublicKey", {"instanceId": INSTANCE}),
    ),
    near(
        "a key pair is made, a push is refused",
        (SSH_KEY,),
        api("ec2", "CreateKeyPair", {"keyName": "mine"}),
        api("ec2-instance-connect", "SendSSHPublicKey", {"instanceId": INSTANCE}, error="AccessDenied"),
    ),
    fires("SSH is opened to the internet", SSH_OPEN, _ingress(22, 22, "0.0.0.0/0")),
    fires("many ports, SSH among them, are opened to the internet of IPv6", SSH_OPEN, _ingress(20, 1024, "::/0")),
    fires("everything is opened to the internet", SSH_OPEN, _ingress(-1, -1, "0.0.0.0/0", protocol="-1")),
    fires(
        "a rule is changed into SSH for the internet",
        SSH_OPEN,
        api(
            "ec2",
            "ModifySecurityGroupRules",
            {
                "ModifySecurityGroupRulesRequest": {
                    "GroupId": "sg-1",
                    "SecurityGroupRule": {
                        "SecurityGroupRuleId": "sgr-1",
                        "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "0.0.0.0/0"},
                    },
                }
            },
        ),
    ),
    near(
        "SSH is opened to an office, HTTPS to the internet, a group to itself",
        (SSH_OPEN,),
        _ingress(22, 22, "203.0.113.0/24"),
        _ingress(443, 443, "0.0.0.0/0"),
        api(
            "ec2",
            "AuthorizeSecurityGroupIngress",
            {"groupId": "sg-1", "ipPermissions": {"items": [{"ipProtocol": "-1", "groups": {"items": [{}]}}]}},
        ),
        api("ec2", "AuthorizeSecurityGroupEgress", {"groupId": "sg-1", "cidrIp": "0.0.0.0/0"}),
    ),
    fires("an image is made public", EC2_SHARED, _image(group="all")),
    fires("an image is shared with another account", EC2_SHARED, _image(userId=OTHER)),
    fires("a snapshot is shared with another account", EC2_SHARED, _snapshot("add", userId=OTHER)),
    near(
        "an image is shared within, a snapshot no longer",
        (EC2_SHARED,),
        _image(userId="111122223333"),
        _image(organizationArn="arn:aws:organizations::111122223333:organization/o-exampleorg1"),
        _snapshot("remove", userId=OTHER),
        api("ec2", "ModifyImageAttribute", {"imageId": "ami-1", "description": {"value": "base"}}),
    ),
)  # fmt: skip
