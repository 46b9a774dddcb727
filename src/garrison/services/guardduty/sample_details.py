"""What sample findings are about: a resource and an action of each kind, with values that are reserved for examples.

Addresses are those of RFC 5737, the names AWS's samples use begin with `Generated`.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

ADDRESS = "198.51.100.0"
DOMAIN = "GeneratedFindingDomainName"
ROLE = "GeneratedFindingUserName"
NAMES = {
    "Instance": "i-99999999",
    "S3Bucket": "bucketName",
    "S3Object": "objectKey",
    "EKSCluster": "GeneratedFindingEKSClusterName",
    "Container": "GeneratedFindingContainerName",
    "ECSCluster": "GeneratedFindingECSClusterName",
}
"""What a sample's title calls its resource, by kind; of every other kind the role."""
_TAGS = [{"key": "GeneratedFindingInstanceTag1", "value": "GeneratedFindingInstanceValue1"}]
_REMOTE: Json = {"ipAddressV4": ADDRESS, "organization": {"asn": "64496", "asnOrg": "GeneratedFindingASNOrg"}}


def resource(kind: str, partition: str, account: str, region: str) -> Json:
    """`resource` of a type's sample."""
    place = f"{partition}:%s:{region}:{account}"
    instance: Json = {
        "instanceId": "i-99999999",
        "instanceType": "m3.xlarge",
        "imageId": "ami-99999999",
        "availabilityZone": f"{region}a",
        "instanceState": "running",
        "networkInterfaces": [
            {"networkInterfaceId": "eni-bfcffe88", "privateIpAddress": "10.0.0.1", "subnetId": "GeneratedSubnetId"}
        ],
        "tags": _TAGS,
    }
    key: Json = {
        "accessKeyId": "GeneratedFindingAccessKeyId",
        "principalId": "GeneratedFindingPrincipalId",
        "userName": ROLE,
        "userType": "Role",
    }
    bucket: Json = {
        "name": "bucketName",
        "arn": f"arn:{partition}:s3:::bucketName",
        "type": "Destination",
        "publicAccess": {"effectivePermission": "NOT_PUBLIC"},
    }
    cluster: Json = {
        "name": "GeneratedFindingEKSClusterName",
        "arn": f"arn:{place % 'eks'}:cluster/GeneratedFindingEKSClusterName",
        "vpcId": "GeneratedFindingEKSClusterVpcId",
        "status": "ACTIVE",
    }
    about: dict[str, Json] = {
        "AccessKey": {"accessKeyDetails": key},
        "Instance": {"instanceDetails": instance},
        "S3Bucket": {"s3BucketDetails": [bucket], "accessKeyDetails": key},
        "S3Object": {
            "s3BucketDetails": [
                {**bucket, "s3ObjectDetails": [{"key": "objectKey", "objectArn": f"{bucket['arn']}/objectKey"}]}
            ]
        },
        "EKSCluster": {
            "eksClusterDetails": cluster,
            "kubernetesDetails": {"kubernetesUserDetails": {"username": "GeneratedFindingUserName"}},
        },
        "Container": {"containerDetails": {"id": "abcdefghijklmn", "name": "GeneratedFindingContainerName"}},
        "ECSCluster": {
            "ecsClusterDetails": {
                "name": "GeneratedFindingECSClusterName",
                "arn": f"arn:{place % 'ecs'}:cluster/GeneratedFindingECSClusterName",
                "status": "ACTIVE",
            }
        },
        "Lambda": {
            "lambdaDetails": {
                "functionName": "GeneratedFindingLambdaFunctionName",
                "functionArn": f"arn:{place % 'lambda'}:function:GeneratedFindingLambdaFunctionName",
            }
        },
        "RDSDBInstance": {
            "rdsDbInstanceDetails": {
                "dbInstanceIdentifier": "GeneratedFindingDBInstanceId",
                "dbInstanceArn": f"arn:{place % 'rds'}:db:GeneratedFindingDBInstanceId",
                "engine": "Aurora Postgres",
            },
            "rdsDbUserDetails": {"user": "GeneratedFindingUserName", "authMethod": "Password"},
        },
        "EBSSnapshot": {"ebsSnapshotDetails": {"snapshotArn": f"arn:{partition}:ec2:{region}::snapshot/snap-99999999"}},
        "EC2Image": {"ec2ImageDetails": {"imageArn": f"arn:{partition}:ec2:{region}::image/ami-99999999"}},
        "BackupRecoveryPoint": {
            "recoveryPointDetails": {
                "recoveryPointArn": f"arn:{place % 'backup'}:recovery-point:GeneratedFinding",
                "backupVaultName": "GeneratedFindingVaultName",
            }
        },
    }
    return {"resourceType": kind, **about.get(kind, {})}


def action(kind: str) -> Json:
    """`service.action` of a type's sample."""
    port: Json = {"port": 80, "portName": "HTTP"}
    details: dict[str, tuple[str, Json]] = {
        "AWS_API_CALL": (
            "awsApiCallAction",
            {
                "api": "GeneratedFindingAPIName",
                "serviceName": "GeneratedFindingAPIServiceName",
                "callerType": "Remote IP",
                "remoteIpDetails": _REMOTE,
            },
        ),
        "NETWORK_CONNECTION": (
            "networkConnectionAction",
            {
                "connectionDirection": "OUTBOUND",
                "protocol": "TCP",
                "blocked": False,
                "localPortDetails": {"port": 39677, "portName": "Unknown"},
                "remotePortDetails": port,
                "localIpDetails": {"ipAddressV4": "10.0.0.23"},
                "remoteIpDetails": _REMOTE,
            },
        ),
        "DNS_REQUEST": ("dnsRequestAction", {"domain": DOMAIN, "protocol": "UDP", "blocked": False}),
        "PORT_PROBE": (
            "portProbeAction",
            {"blocked": False, "portProbeDetails": [{"localPortDetails": port, "remoteIpDetails": _REMOTE}]},
        ),
        "KUBERNETES_API_CALL": (
            "kubernetesApiCallAction",
            {
                "requestUri": "GeneratedFindingRequestURI",
                "verb": "list",
                "sourceIPs": [ADDRESS],
                "userAgent": "GeneratedFindingUserAgent",
                "remoteIpDetails": _REMOTE,
                "statusCode": 200,
            },
        ),
        "RDS_LOGIN_ATTEMPT": (
            "rdsLoginAttemptAction",
            {
                "remoteIpDetails": _REMOTE,
                "LoginAttributes": [{"user": "GeneratedFindingUserName", "successfulLoginAttempts": 1}],
            },
        ),
    }
    if kind not in details:
        return {}
    member, value = details[kind]
    return {"actionType": kind, member: value}
