"""Operations of Account Management that are not here, and why."""

from garrison.services.operation import unsupported

unsupported(
    "account", ("EnableRegion", "DisableRegion"), "Garrison is in every region of its partition, and always"
)  # fmt: skip
unsupported(
    "account",
    ("StartPrimaryEmailUpdate", "AcceptPrimaryEmailUpdate", "GetPrimaryEmailUpdateStatus"),
    "an account's address is the operator's to set",
)
unsupported("account", ("SendPhoneNumberVerification", "VerifyPhoneNumber"), "nobody is called by phone")
unsupported("account", ("GetGovCloudAccountInformation",), "an account is of one partition")
