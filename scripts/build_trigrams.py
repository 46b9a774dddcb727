"""Counts which three letters follow each other in names that people give to things, for `detect/baseline/trigrams.bin`.

    python -m scripts.build_trigrams NAMES

NAMES is a file with a name at the start of each line; what follows a tab is left out. The table in the tree was made
of the names of about a million published software packages: short names made by people, as domain names are.
"""

from __future__ import annotations

import math
import sys
import zlib
from pathlib import Path

from garrison.detect.baseline.words import FILE, SCALE, SIZE, symbols


def main(source: Path) -> None:
    counts = [0.5] * SIZE**3
    seen: set[str] = set()
    for line in source.read_text(encoding="utf-8", errors="replace").splitlines():
        name = line.partition("\t")[0].lower().rpartition("/")[2]
        if name in seen:
            continue
        seen.add(name)
        for word in name.replace("_", "-").replace(".", "-").split("-"):
            if 4 <= len(word) <= 24 and word.isascii():
                coded = symbols(word)
                for a, b, c in zip(coded, coded[1:], coded[2:], strict=False):
                    counts[(a * SIZE + b) * SIZE + c] += 1
    table = bytearray(SIZE**3)
    for pair in range(SIZE**2):
        row = counts[pair * SIZE : (pair + 1) * SIZE]
        total = sum(row)
        for n, count in enumerate(row):
            value = round(SCALE * math.log(count / total * SIZE))
            table[pair * SIZE + n] = max(-127, min(127, value)) & 0xFF
    (Path("src/garrison/detect/baseline") / FILE).write_bytes(zlib.compress(bytes(table), 9))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
