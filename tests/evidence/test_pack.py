"""Whatever byte of a pack is changed afterwards, verification says where."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path

import pytest

from garrison.assess.signers import LocalSigner
from garrison.evidence.pack import BadPack, is_pack, packed, verified
from garrison.evidence.signing import pem

FILES = {"report.html": b"<p>all is well" * 40, "evidence.jsonl": b'{"n":1}\n' * 20, "empty.csv": b""}


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> LocalSigner:
    return LocalSigner(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def made(signer: LocalSigner) -> bytes:
    return packed(FILES, {"framework": "ours", "run": "1"}, signer)


def test_any_program_opens_it_and_the_same_files_give_the_same_bytes(signer: LocalSigner, made: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in FILES} == FILES
    assert verified(made)["run"] == "1"
    assert verified(made, pem(signer.public_key))["framework"] == "ours"
    assert packed(dict(reversed(FILES.items())), {"run": "1", "framework": "ours"}, signer) == made
    assert is_pack(made)
    assert not is_pack(b"PK\x03\x04nothing")


def test_every_single_flipped_byte_is_found(made: bytes) -> None:
    missed = []
    for at in range(len(made)):
        for bit in (0, 5):
            spoiled = bytearray(made)
            spoiled[at] ^= 1 << bit
            try:
                verified(bytes(spoiled))
            except BadPack:
                continue
            missed.append(at)
    assert missed == []


@pytest.mark.parametrize("name", [*FILES, "manifest.json", "manifest.sig", "public-key.pem"])
def test_it_says_in_which_file(made: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        info = archive.getinfo(name)
    frame = info.header_offset + 10  # the time of day in the file's header
    start = info.header_offset + 30 + len(name)
    for at in (frame, start + info.compress_size // 2) if info.file_size else (frame,):
        spoiled = bytearray(made)
        spoiled[at] ^= 4
        with pytest.raises(BadPack, match=name.replace(".", r"\.")):
            verified(bytes(spoiled))
    entry = made.rindex(b"PK\x01\x02") + 12
    with pytest.raises(BadPack, match=f"Byte {entry}, in the archive's directory"):
        verified(made[:entry] + b"\x01" + made[entry + 1 :])


def test_an_archive_with_something_added_or_twice_is_refused(made: bytes, tmp_path: Path) -> None:
    for name in ("more.txt", "report.html"):
        file = tmp_path / name
        file.write_bytes(made)
        with zipfile.ZipFile(file, "a") as archive, warnings.catch_warnings(action="ignore"):
            archive.writestr(name, "forged")
        with pytest.raises(BadPack, match=name):
            verified(file.read_bytes())
    with pytest.raises(BadPack):
        verified(b"MZ" + made)
    with pytest.raises(BadPack):
        verified(made + b"\n")


def test_it_is_signed_by_whom_one_trusts(made: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadPack, match="not signed by that key"):
        verified(made, pem(LocalSigner(tmp_path / "other").public_key))
