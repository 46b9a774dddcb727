"""KMS through boto3, the aws command and the SDK for JavaScript: who manages keys, who uses them, what grants give."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.drivers import Boto3, Driver, JavaScript, Refused
from tests.clients.scenario import allow, policy
from tests.clients.server import Credentials, Server

pytestmark = pytest.mark.client

CONTEXT = {"tenant": "blue"}
MANAGES = (
    "kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*",
    "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion",
)  # fmt: skip
USES = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey")


class Account:
    """An account of its own, with people in it."""

    def __init__(self, driver: Driver, server: Server) -> None:
        self.driver = driver
        self.people = Boto3(server.url)  # the aws command takes seconds for what is only prepared here
        self.id, self.root = server.new_account(f"kms-{uuid.uuid4().hex[:8]}")

    def person(self, name: str, *statements: dict[str, Any]) -> tuple[str, Credentials]:
        """A user's ARN and keys."""
        arn: str = self.people.call(self.root, "iam", "CreateUser", UserName=name)["User"]["Arn"]
        if statements:
            document = policy(*statements)
            self.people.call(self.root, "iam", "PutUserPolicy", UserName=name, PolicyName="p", PolicyDocument=document)
        key = self.people.call(self.root, "iam", "CreateAccessKey", UserName=name)["AccessKey"]
        return arn, Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def kms(self, by: Credentials, operation: str, **params: Any) -> dict[str, Any]:
        return self.driver.call(by, "kms", operation, **params)

    def refused(self, by: Credentials, operation: str, **params: Any) -> str:
        with pytest.raises(Refused) as caught:
            self.kms(by, operation, **params)
        return caught.value.code

    def encrypted(self, by: Credentials, key: str, **params: Any) -> bytes:
        return base64.b64decode(self.kms(by, "Encrypt", KeyId=key, Plaintext=b"secret", **params)["CiphertextBlob"])


@pytest.fixture
def account(driver: Driver, server: Server) -> Account:
    """For each of the three clients."""
    return Account(driver, server)


@pytest.fixture(params=[Boto3, JavaScript])
def library(request: pytest.FixtureRequest, server: Server) -> Iterator[Account]:
    """For the two that are libraries."""
    made: Driver = request.param(server.url)
    yield Account(made, server)
    made.close()


def test_a_keys_administrator_cannot_use_it_and_its_user_cannot_manage_it(account: Account) -> None:
    manager_arn, manager = account.person("manager", allow("kms:CreateKey"))
    user_arn, user = account.person("user")
    separated = policy(
        {**allow(*MANAGES), "Principal": {"AWS": manager_arn}}, {**allow(*USES), "Principal": {"AWS": user_arn}}
    )
    key = account.kms(manager, "CreateKey", Policy=separated, Description="salaries")["KeyMetadata"]["Arn"]
    blob = account.encrypted(user, key, EncryptionContext=CONTEXT)
    opened = account.kms(user, "Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT)
    assert base64.b64decode(opened["Plaintext"]) == b"secret"
    assert account.refused(user, "Decrypt", CiphertextBlob=blob) == "InvalidCiphertextException"

    account.kms(manager, "PutKeyPolicy", KeyId=key, PolicyName="default", Policy=separated)
    for nobody in (manager, account.root):
        assert account.refused(nobody, "Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT, KeyId=key) == (
            "AccessDeniedException"
        )
    for nobody in (user, account.root):
        for operation, params in {
            "PutKeyPolicy": {"PolicyName": "default", "Policy": separated}, "DisableKey": {}, "ScheduleKeyDeletion": {},
        }.items():  # fmt: skip
            assert account.refused(nobody, operation, KeyId=key, **params) == "AccessDeniedException"


def test_grants_are_for_whom_what_and_how_long_they_say(library: Account) -> None:
    key = library.kms(library.root, "CreateKey")["KeyMetadata"]["Arn"]
    encrypts_arn, encrypts = library.person("encrypts")
    parent_arn, parent = library.person("parent")
    child_arn, child = library.person("child")
    retires_arn, retires = library.person("retires")

    def grant(by: Credentials, to: str, *operations: str, **params: Any) -> dict[str, Any]:
        return library.kms(by, "CreateGrant", KeyId=key, GranteePrincipal=to, Operations=list(operations), **params)

    first = grant(library.root, encrypts_arn, "Encrypt")
    blob = library.encrypted(encrypts, key, EncryptionContext=CONTEXT)
    assert library.refused(encrypts, "Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT) == (
        "AccessDeniedException"
    )

    only = {"EncryptionContextSubset": CONTEXT}
    grant(library.root, parent_arn, "Decrypt", "CreateGrant", Constraints=only)
    assert library.refused(
        parent, "CreateGrant", KeyId=key, GranteePrincipal=child_arn, Operations=["Decrypt"]
    ) == "AccessDeniedException"  # fmt: skip
    second = grant(parent, child_arn, "Decrypt", Constraints=only, RetiringPrincipal=retires_arn)
    assert library.kms(child, "Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT)["KeyId"] == key
    other = library.encrypted(encrypts, key, EncryptionContext={"tenant": "red"})
    assert library.refused(child, "Decrypt", CiphertextBlob=other, EncryptionContext={"tenant": "red"}) == (
        "AccessDeniedException"
    )

    library.kms(retires, "RetireGrant", GrantToken=second["GrantToken"])
    assert library.refused(child, "Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT) == "AccessDeniedException"
    library.kms(library.root, "RevokeGrant", KeyId=key, GrantId=first["GrantId"])
    assert library.refused(encrypts, "Encrypt", KeyId=key, Plaintext=b"x") == "AccessDeniedException"


def test_keys_of_every_kind_do_their_work(library: Account) -> None:
    def key(spec: str, usage: str) -> str:
        made = library.kms(library.root, "CreateKey", KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
        return str(made["KeyId"])

    def kms(operation: str, **params: Any) -> dict[str, Any]:
        return library.kms(library.root, operation, **params)

    for spec, algorithm in (
        ("ECC_NIST_P256", "ECDSA_SHA_256"),
        ("RSA_2048", "RSASSA_PSS_SHA_256"),
        ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512"),
        ("ML_DSA_65", "ML_DSA_SHAKE_256"),
    ):
        asked = {"KeyId": key(spec, "SIGN_VERIFY"), "Message": b"message", "SigningAlgorithm": algorithm}
        signature = base64.b64decode(kms("Sign", **asked)["Signature"])
        assert kms("Verify", Signature=signature, **asked)["SignatureValid"] is True
    mac = {"KeyId": key("HMAC_256", "GENERATE_VERIFY_MAC"), "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
    assert kms("VerifyMac", Mac=base64.b64decode(kms("GenerateMac", **mac)["Mac"]), **mac)["MacValid"] is True
    kem = {"KeyId": key("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"), "EncapsulationAlgorithm": "ML_KEM"}
    made = kms("Encapsulate", **kem)
    blob = base64.b64decode(made["SharedSecretCiphertextBlob"])
    assert kms("Decapsulate", SharedSecretCiphertextBlob=blob, **kem)["SharedSecret"] == made["SharedSecret"]
    data = kms("GenerateDataKey", KeyId=key("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), KeySpec="AES_256")
    opened = kms("Decrypt", CiphertextBlob=base64.b64decode(data["CiphertextBlob"]))
    assert opened["Plaintext"] == data["Plaintext"]


def test_lists_are_paged_and_aliases_stand_for_keys(library: Account) -> None:
    keys = {library.kms(library.root, "CreateKey")["KeyMetadata"]["KeyId"] for _ in range(3)}
    for n, key in enumerate(sorted(keys)):
        library.kms(library.root, "CreateAlias", AliasName=f"alias/k{n}", TargetKeyId=key)
    found = library.kms(library.root, "ListKeys")["Keys"]
    assert {entry["KeyId"] for entry in found} == keys
    aliases = {a["AliasName"]: a.get("TargetKeyId") for a in library.kms(library.root, "ListAliases")["Aliases"]}
    assert aliases["alias/k0"] == min(keys)
    assert aliases["alias/aws/ebs"] is None
