"""Build `garrison/detect/data/amazon_ranges.txt` from the list of Amazon's address ranges in MISP's warning lists.

python -m scripts.build_amazon_ranges amazon-aws/list.json

The list is in the package pymispwarninglists (CC0 1.0). It ages, and Amazon's ranges grow around what there is: each
is widened to its /16 (/32 of IPv6), so that what is outside is outside for long.
"""

from __future__ import annotations

import ipaddress
import json
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src" / "garrison" / "detect" / "data" / "amazon_ranges.txt"
WIDTH = {4: 16, 6: 32}


def main() -> None:
    """Write the ranges."""
    listed = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    lines = [f"# Networks of Amazon's, widened; from MISP's warning list amazon-aws {listed['version']}, CC0 1.0"]
    for version, width in WIDTH.items():
        networks = [ipaddress.ip_network(text) for text in listed["list"]]
        wide = [n.supernet(new_prefix=width) if n.prefixlen > width else n for n in networks if n.version == version]
        lines += map(str, ipaddress.collapse_addresses(wide))  # type: ignore[type-var]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"wrote {TARGET.name}: {len(lines) - 1} networks")


if __name__ == "__main__":
    main()
