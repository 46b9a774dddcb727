"""What the AWS Encryption SDK and the S3 Encryption Client do with KMS; run in their own environment by the tests.

Arguments: the endpoint, and JSON with the names of two keys. Prints one JSON object of what happened.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import boto3
import botocore.session
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import (
    CreateAwsKmsDiscoveryKeyringInput,
    CreateAwsKmsKeyringInput,
    DiscoveryFilter,
)
from aws_encryption_sdk import EncryptionSDKClient
from s3_encryption import S3EncryptionClient, S3EncryptionClientConfig
from s3_encryption.materials.kms_keyring import KmsKeyring

CONTEXT = {"purpose": "tests", "ключ": "значение"}


def failure(call: Any, *arguments: Any, **named: Any) -> str:
    try:
        call(*arguments, **named)
    except Exception as e:
        return type(e).__name__
    return ""


def encryption_sdk(endpoint: str, key: str, other: str, account: str) -> dict[str, Any]:
    client = EncryptionSDKClient()
    providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
    kms = boto3.client("kms", endpoint_url=endpoint)

    def strict(arn: str) -> Any:
        return providers.create_aws_kms_keyring(CreateAwsKmsKeyringInput(kms_key_id=arn, kms_client=kms))

    def discovery(accounts: list[str]) -> Any:
        only = DiscoveryFilter(account_ids=accounts, partition="aws")
        return providers.create_aws_kms_discovery_keyring(
            CreateAwsKmsDiscoveryKeyringInput(kms_client=kms, discovery_filter=only)
        )

    plaintext = b"secret " * 10_000
    message, _ = client.encrypt(source=plaintext, keyring=strict(key), encryption_context=CONTEXT)
    opened, header = client.decrypt(source=message, keyring=strict(key), encryption_context=CONTEXT)
    found, _ = client.decrypt(source=message, keyring=discovery([account]))
    tampered = bytearray(message)
    tampered[-200] ^= 1
    context = message.replace(b"tests", b"tasks")
    return {
        "strict": opened == plaintext and header.encryption_context.items() >= CONTEXT.items(),
        "discovery": found == plaintext,
        "another account": failure(client.decrypt, source=message, keyring=discovery(["999999999999"])),
        "another key": failure(client.decrypt, source=message, keyring=strict(other)),
        "tampered": failure(client.decrypt, source=bytes(tampered), keyring=strict(key)),
        "another context": failure(client.decrypt, source=context, keyring=strict(key)),
    }


def s3_client(endpoint: str, key: str) -> dict[str, Any]:
    plain = boto3.client("s3", endpoint_url=endpoint)
    kms = boto3.client("kms", endpoint_url=endpoint)
    plain.create_bucket(Bucket="sealed")
    client = S3EncryptionClient(
        boto3.client("s3", endpoint_url=endpoint), S3EncryptionClientConfig(keyring=KmsKeyring(kms, key))
    )
    client.put_object(Bucket="sealed", Key="letter", Body=b"dear diary", EncryptionContext={"a": "b"})
    opened = client.get_object(Bucket="sealed", Key="letter", EncryptionContext={"a": "b"})["Body"].read()
    stored = plain.get_object(Bucket="sealed", Key="letter")
    body, meta = stored["Body"].read(), stored["Metadata"]
    plain.put_object(Bucket="sealed", Key="letter", Body=bytes([body[0] ^ 1]) + body[1:], Metadata=meta)
    return {
        "round trip": opened == b"dear diary",
        "sealed in the bucket": b"diary" not in body,
        "tampered": failure(lambda: client.get_object(Bucket="sealed", Key="letter")["Body"].read()),
    }


def main() -> None:
    endpoint, asked = sys.argv[1], json.loads(sys.argv[2])
    told: dict[str, Any] = {
        "versions": botocore.session.Session().user_agent().split()[0],
        "sdk": encryption_sdk(endpoint, asked["key"], asked["other"], asked["account"]),
    }
    if asked.get("s3"):
        told["s3"] = s3_client(endpoint, asked["key"])
    print(json.dumps(told))


if __name__ == "__main__":
    main()
