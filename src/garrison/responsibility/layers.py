"""The layers of a service, from the building up, and what each party has to do at each of them.

The ten layers refine AWS's picture of the shared responsibility model
(aws.amazon.com/compliance/shared-responsibility-model), which divides "security of the cloud" from "security in the
cloud"; `Group` is the simple view people know from it.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Group(StrEnum):
    """The simple view: five layers, and two concerns that go through all of them."""

    PHYSICAL = "Physical"
    INFRASTRUCTURE = "Infrastructure"
    OPERATING_SYSTEM = "Operating system"
    APPLICATION = "Application"
    DATA = "Data"
    ACROSS = "Across all layers"


class Layer(msgspec.Struct, frozen=True):
    """One layer. The duties are what a party has there, where a service says nothing more precise."""

    id: str
    title: str
    group: Group
    means: str
    """What belongs to it."""
    customer: str
    """The customer's duty, with `{name}` for the service."""
    provider: str
    """The provider's."""
    operator: tuple[str, ...]
    """What whoever runs the machines must do, and show, where no provider does."""


LAYERS: tuple[Layer, ...] = (
    Layer(
        "facility",
        "Facility",
        Group.PHYSICAL,
        "buildings, power, access to rooms, destruction of media",
        "Control who reaches the room the machines stand in.",
        "Guards and powers the data centres, and destroys media at the end of their life.",
        (
            "Control and record who reaches the room the machines stand in.",
            "Destroy or erase disks before they leave it.",
            "Know what power, cooling and fire cost you, and have tried the fail-over.",
        ),
    ),
    Layer(
        "host",
        "Host and hypervisor",
        Group.INFRASTRUCTURE,
        "hardware, network fabric, hypervisor, the service's own control plane",
        "Patch and isolate the hosts.",
        "Runs and patches hardware, network and hypervisor, and isolates customers from each other.",
        (
            "Patch kernel, firmware and hypervisor of the hosts; show the versions.",
            "Encrypt the hosts' disks, the data directory among them.",
            "Let only administrators log on to the hosts, by name and with MFA.",
        ),
    ),
    Layer(
        "guest-os",
        "Guest OS",
        Group.OPERATING_SYSTEM,
        "the operating system the workload or the service runs on",
        "Patch and harden the operating system.",
        "Patches and hardens the operating system below the service.",
        (
            "Patch and harden the operating system the service runs on.",
            "Scan it for vulnerabilities, and keep the report.",
        ),
    ),
    Layer(
        "runtime",
        "Runtime or engine",
        Group.OPERATING_SYSTEM,
        "language runtime, database or broker engine, container runtime, the service's software",
        "Keep runtime and engine at a supported, patched version.",
        "Patches the software of {name} itself.",
        (
            "Keep Garrison and the servers behind it at a patched version.",
            "Verify what you install against its published digests, and keep its SBOM.",
        ),
    ),
    Layer(
        "network-config",
        "Network configuration",
        Group.APPLICATION,
        "reachability, security groups, endpoints, TLS, protection at the edge",
        "Let {name} be reached only from where it must be.",
        "Keeps customers' networks apart and offers TLS on every endpoint.",
        ("Put TLS and a firewall in front of the endpoint.", "Absorb floods: nobody upstream does it for you."),
    ),
    Layer(
        "app",
        "Application",
        Group.APPLICATION,
        "your code and what it depends on, queries, images, pipelines",
        "Write, scan and patch what you run on {name}.",
        "Offers the building blocks the application uses.",
        ("Nothing beyond the customer's part.",),
    ),
    Layer(
        "encryption",
        "Encryption",
        Group.DATA,
        "whether and with which keys data is encrypted, at rest and on the way",
        "Choose the keys {name} encrypts with, and who may use them.",
        "Encrypts with the keys you chose, and keeps key material in its HSMs.",
        ("Keep the master key away from the data it seals, and back it up.",),
    ),
    Layer(
        "data",
        "Data",
        Group.DATA,
        "content: classification, access, backup, retention, where it lies",
        "Classify what you keep in {name}, share it on purpose only, back it up and delete it in time.",
        "Keeps what you stored, durably and where you put it.",
        ("Back up the store, and have restored it once.",),
    ),
    Layer(
        "identity",
        "Identity and access",
        Group.ACROSS,
        "who may do what: principals, policies, sign-in",
        "Give each principal only the {name} actions it needs, with MFA for people.",
        "Decides every request by the policies you wrote.",
        ("Guard the root keys and the admin token of the data directory.",),
    ),
    Layer(
        "logging",
        "Logging and detection",
        Group.ACROSS,
        "records of what happened, alarms, response",
        "Record {name} calls in a trail, keep the records, and act on what they show.",
        "Records API calls and offers the services that keep and watch them.",
        ("Keep the logs of the hosts too, and send a copy off the machine.",),
    ),
)

BY_ID: dict[str, Layer] = {layer.id: layer for layer in LAYERS}
