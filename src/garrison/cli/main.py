"""The `garrison` command. Each command group is one file, imported only when it is called."""

from __future__ import annotations

import importlib
import json
import platform
from typing import Any

import click

from garrison import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    # name: (module, attribute), in the order `garrison --help` shows them
    "up": ("up", "up"),
    "down": ("server", "down"),
    "status": ("server", "status"),
    "wait": ("server", "wait"),
    "reset": ("server", "reset"),
    "env": ("environment", "env"),
    "exec": ("environment", "exec_"),
    "aws": ("environment", "aws"),
    "tour": ("tour", "tour"),
    "logs": ("logs", "logs"),
    "explain": ("explain", "explain"),
    "simulate": ("simulate", "simulate"),
    "test": ("scenarios", "test"),
    "replay": ("replay", "replay"),
    "export": ("export", "export"),
    "policy": ("policy", "policy"),
    "lab": ("lab", "lab"),
    "assess": ("assess", "assess"),
    "audit": ("audit", "audit"),
    "evidence": ("evidence", "evidence"),
    "compliance-centre": ("compliance_centre", "compliance_centre"),
    "waf": ("waf", "waf"),
    "scan": ("scan", "scan"),
    "inspector": ("inspector", "inspector"),
    "shield": ("shield", "shield"),
    "detect": ("detect", "detect"),
    "account": ("account", "account"),
    "kms": ("kms", "kms"),
    "clock": ("clock", "clock"),
    "totp": ("totp", "totp"),
    "story": ("story", "story"),
    "responsibility": ("responsibility", "responsibility"),
    "models": ("models", "models"),
    "edge": ("edge", "edge"),
    "coverage": ("coverage", "coverage"),
    "doctor": ("doctor", "doctor"),
}


class LazyGroup(click.Group):
    """A group whose commands are imported on use, so that `garrison env` costs milliseconds."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, attribute = COMMANDS[cmd_name]
            command = getattr(importlib.import_module(f"garrison.cli.{module}"), attribute)
            assert isinstance(command, click.Command)
            return command
        return super().get_command(ctx, cmd_name)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="garrison")
def cli() -> None:
    """AWS's security layer on your own machine: it really decides, and it can show why.

    Start with `garrison up`, or let `garrison tour` show you around.
    """


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def version(as_json: bool) -> None:
    """What is installed."""
    import botocore

    facts: dict[str, Any] = {
        "schema": 1,
        "garrison": __version__,
        "python": platform.python_version(),
        "botocore": botocore.__version__,
    }
    if as_json:
        click.echo(json.dumps(facts))
    else:
        for name, value in facts.items():
            if name != "schema":
                click.echo(f"{name} {value}")


def main() -> None:
    """Entry point. An interrupt ends with 130 and no traceback."""
    try:
        status = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        raise SystemExit(130) from None
    except click.exceptions.Exit as e:
        raise SystemExit(e.exit_code) from None
    except click.ClickException as e:
        e.show()
        raise SystemExit(e.exit_code) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
    raise SystemExit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
