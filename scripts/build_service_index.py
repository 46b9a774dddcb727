"""Condense the installed botocore's models into `src/garrison/aws/data/services.json.gz`.

Run after moving to another botocore: `python scripts/build_service_index.py`.
"""

from __future__ import annotations

import gzip
from importlib.metadata import version
from pathlib import Path

import msgspec

from garrison.aws.models import data_directory, model_file
from garrison.aws.service_entry import entry_of
from garrison.aws.service_index import FILE, Index


def main() -> None:
    entries = {}
    for directory in sorted(data_directory().iterdir()):
        try:
            path = model_file(directory.name)
        except KeyError:
            continue
        raw = path.read_bytes()
        entries[directory.name] = entry_of(directory.name, msgspec.json.decode(gzip.decompress(raw)))
    target = Path(__file__).parent.parent / "src/garrison/aws/data" / FILE
    data = msgspec.json.encode(Index(version("botocore"), entries))
    target.write_bytes(gzip.compress(data, 9, mtime=0))
    print(f"{target}: {len(entries)} services, {len(data)} bytes, {target.stat().st_size} compressed")


if __name__ == "__main__":
    main()
