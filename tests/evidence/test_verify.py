"""Whatever is done to evidence afterwards, verification says so."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from garrison.assess.ledger import Ledger, LedgerError, Run
from garrison.assess.signers import LocalSigner
from garrison.evidence import merkle
from garrison.evidence.canonical import NotCanonical, canonical
from garrison.evidence.exceptions import standing
from garrison.evidence.signing import ECDSA_SHA_256, pem


class P256:
    """A signer as KMS is one."""

    name = "a key of KMS"
    algorithm = ECDSA_SHA_256

    def __init__(self) -> None:
        self._key = generate_private_key(SECP256R1())
        self.public_key = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, ECDSA(SHA256()))


@pytest.fixture
def signer(tmp_path: Path) -> LocalSigner:
    return LocalSigner(tmp_path / "data")


@pytest.fixture
def ledger(tmp_path: Path, signer: LocalSigner) -> Ledger:
    """Three runs of five records each."""
    made = Ledger(tmp_path / "evidence")
    for run in range(3):
        made.append(({"type": "result", "check": f"c{n}", "subject": f"s{run}"} for n in range(5)), signer)
    return made


def lines(run: Run) -> list[bytes]:
    return run.path.read_bytes().splitlines(keepends=True)


def problems(ledger: Ledger) -> str:
    found = ledger.verify()
    assert not found.intact
    return "\n".join(f"{p.where}: {p.what}" for p in found.problems)


def test_what_was_written_verifies(ledger: Ledger) -> None:
    found = ledger.verify()
    assert found.intact
    assert (found.runs, found.records, len(found.keys)) == (3, 15, 1)


def test_any_flipped_bit_is_found(ledger: Ledger) -> None:
    rng = random.Random(4)
    files = [*(run.path for run in ledger.runs()), ledger.directory / "head.json"]
    for _ in range(100):
        path = rng.choice(files)
        before = path.read_bytes()
        at = rng.randrange(len(before))
        path.write_bytes(before[:at] + bytes([before[at] ^ (1 << rng.randrange(8))]) + before[at + 1 :])
        assert not ledger.verify().intact, (path.name, at)
        path.write_bytes(before)
    assert ledger.verify().intact


def test_an_altered_record_is_named(ledger: Ledger) -> None:
    path = ledger.runs()[1].path
    path.write_bytes(path.read_bytes().replace(b'"check":"c2"', b'"check":"cX"'))
    assert f"runs/{path.name}:3: its content does not match its hash" in problems(ledger)


def test_a_dropped_record_is_found(ledger: Ledger) -> None:
    run = ledger.runs()[0]
    kept = lines(run)
    run.path.write_bytes(b"".join(kept[:2] + kept[3:]))
    assert "it does not follow the record before it" in problems(ledger)


def test_a_run_cut_off_in_the_middle_is_found(ledger: Ledger) -> None:
    run = ledger.runs()[2]
    run.path.write_bytes(b"".join(lines(run)[:3]))
    assert "the run was cut off" in problems(ledger)


def test_a_chain_cut_off_at_its_end_is_found(ledger: Ledger) -> None:
    ledger.runs()[2].path.unlink()
    assert "the chain was cut off" in problems(ledger)


def test_a_missing_run_is_found(ledger: Ledger) -> None:
    ledger.runs()[1].path.unlink()
    assert "does not follow the one before it" in problems(ledger)


def test_swapped_runs_are_found(ledger: Ledger) -> None:
    first, second = (run.path for run in ledger.runs()[:2])
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    assert "runs are missing or were swapped" in problems(ledger)


def test_a_run_signed_by_somebody_else_is_found(ledger: Ledger, signer: LocalSigner, tmp_path: Path) -> None:
    """Who can write everything anew with a key of his own is caught by the key kept elsewhere."""
    theirs = Ledger(tmp_path / "theirs")
    for _ in range(3):
        theirs.append([{"type": "result", "check": "all-well"}], LocalSigner(tmp_path / "their-data"))
    assert theirs.verify().intact
    found = theirs.verify(pinned=pem(signer.public_key))
    assert any("it is signed with the key" in problem.what for problem in found.problems)
    assert ledger.verify(pinned=pem(signer.public_key)).intact


def test_an_older_state_put_back_is_found_by_the_head_kept_elsewhere(ledger: Ledger, signer: LocalSigner) -> None:
    head = (ledger.directory / "head.json").read_bytes()
    last = ledger.append([{"type": "result", "check": "late"}], signer)
    known = ledger.verify().head
    last.path.unlink()
    (ledger.directory / "head.json").write_bytes(head)
    assert ledger.verify().intact
    assert not ledger.verify(head_hash=known).intact


def test_a_writer_stopped_before_the_head_loses_nothing(ledger: Ledger, signer: LocalSigner) -> None:
    head = (ledger.directory / "head.json").read_bytes()
    ledger.append([{"type": "result", "check": "late"}], signer)
    (ledger.directory / "head.json").write_bytes(head)
    assert ledger.verify().intact
    ledger.append([{"type": "result", "check": "later"}], signer)
    assert ledger.verify().runs == 5


def test_nothing_is_written_after_a_run_without_seal(ledger: Ledger, signer: LocalSigner) -> None:
    run = ledger.runs()[-1]
    run.path.write_bytes(b"".join(lines(run)[:-1]))
    with pytest.raises(LedgerError, match="has no seal"):
        ledger.append([{"type": "result"}], signer)


def test_signatures_of_kms_keys_verify(tmp_path: Path) -> None:
    made = Ledger(tmp_path / "kms")
    made.append([{"type": "result"}], P256())
    made.append([{"type": "result"}], LocalSigner(tmp_path / "data"))
    found = made.verify()
    assert found.intact
    assert len(found.keys) == 2


def test_secrets_do_not_become_evidence(tmp_path: Path, signer: LocalSigner) -> None:
    made = Ledger(tmp_path / "e")
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    observed = {
        "SecretAccessKey": secret,
        "password": "hunter2-hunter2",
        "AccountPasswordPresent": 1,
        "text": "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
        "line": f"AKIAIOSFODNN7EXAMPLE:{secret}",
        "environment": {"DB": "password=s3cr3t-value"},
        "policy": {"Action": "secretsmanager:GetSecretValue"},
    }
    run = made.append([{"type": "result", "observed": observed}], signer)
    text = run.path.read_text()
    for gone in (secret, "hunter2", "MIIB", "s3cr3t"):
        assert gone not in text
    kept = json.loads(text.splitlines()[0])["observed"]
    assert kept["AccountPasswordPresent"] == 1
    assert kept["policy"]["Action"] == "secretsmanager:GetSecretValue"


def test_one_value_has_one_spelling() -> None:
    assert canonical({"b": [1, True, None], "a": "é\u2028\n"}) == '{"a":"é\u2028\\n","b":[1,true,null]}'.encode()
    for bad in (1.5, {"a": float("nan")}, 2**60, {"\U0001f600": 1}, object()):
        with pytest.raises(NotCanonical):
            canonical(bad)


def test_the_merkle_root_is_that_of_rfc_6962() -> None:
    """Certificate Transparency's own test vectors, for leaves of hashes of ours: the tree of three is h(h(a,b),c)."""
    import hashlib

    a, b, c = (hashlib.sha256(bytes([n])).hexdigest() for n in range(3))
    leaf = [hashlib.sha256(b"\0" + bytes.fromhex(x)).digest() for x in (a, b, c)]
    left = hashlib.sha256(b"\1" + leaf[0] + leaf[1]).digest()
    assert merkle.root([a, b, c]) == hashlib.sha256(b"\1" + left + leaf[2]).hexdigest()


def test_an_exception_ends_with_its_time_or_its_revocation() -> None:
    record = {"type": "exception", "id": "e1", "check": "iam.root-mfa", "subject": "arn:aws:iam::1*", "account": "*",
              "owner": "ana", "reason": "moving", "granted": 1000, "expires": 2000}  # fmt: skip
    (granted,) = standing([record])
    assert granted.covers("iam.root-mfa", "111122223333", "arn:aws:iam::111122223333:root", 1500)
    assert not granted.covers("iam.root-mfa", "111122223333", "arn:aws:iam::111122223333:root", 2000)
    assert not granted.covers("iam.root-use", "111122223333", "arn:aws:iam::111122223333:root", 1500)
    assert not granted.covers("iam.root-mfa", "111122223333", "arn:aws:iam::211122223333:root", 1500)
    assert standing([record, {"type": "revocation", "exception": "e1"}]) == []


def test_a_public_key_that_was_touched_anywhere_is_told(ledger: Ledger) -> None:
    key = P256()
    ledger.append([{"type": "result", "check": "c"}], key)
    file = next(path for path in (ledger.directory / "keys").iterdir() if path.read_bytes() == pem(key.public_key))
    whole = file.read_bytes()
    for at in range(len(whole)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            found = ledger.verify()
        except LedgerError as e:
            assert "key" in str(e)  # noqa: PT017
        else:
            assert not found.intact, at
