"""What `garrison doctor` says of a kernel that is not made for floods."""

from __future__ import annotations

from pathlib import Path

from garrison.edge.kernel import advice


def kernel(root: Path, **numbers: int) -> Path:
    for name, number in numbers.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n")
    return root


def test_a_kernel_that_would_lose_a_flood_is_told_what_to_change(tmp_path: Path) -> None:
    root = kernel(
        tmp_path,
        net__core__somaxconn=128,
        net__ipv4__tcp_max_syn_backlog=128,
        net__ipv4__tcp_syncookies=0,
        net__netfilter__nf_conntrack_max=65536,
        net__netfilter__nf_conntrack_count=65000,
    )
    found = list(advice(root, files=1024))
    assert [state for _, state, _ in found] == ["note"] * 5
    told = " ".join([said for _, _, said in found])
    for wanted in (
        "sysctl -w net.core.somaxconn=4096",
        "sysctl -w net.ipv4.tcp_max_syn_backlog=4096",
        "sysctl -w net.ipv4.tcp_syncookies=1",
        "ulimit -n 41024",
        "sysctl -w net.netfilter.nf_conntrack_max=131072",
    ):
        assert wanted in told


def test_a_kernel_that_is_made_for_it_is_left_alone_and_what_it_does_not_have_is_not_asked_for(tmp_path: Path) -> None:
    root = kernel(tmp_path, net__core__somaxconn=4096, net__ipv4__tcp_max_syn_backlog=8192, net__ipv4__tcp_syncookies=1)
    found = list(advice(root, files=1 << 20))
    assert [(what, state) for what, state, _ in found] == [
        ("net.core.somaxconn", "ok"),
        ("net.ipv4.tcp_max_syn_backlog", "ok"),
        ("net.ipv4.tcp_syncookies", "ok"),
        ("open files", "ok"),
    ]
