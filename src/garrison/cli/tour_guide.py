"""Who leads through the tour: shows, runs and remembers."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.syntax import Syntax

from garrison.cli.instance import Instance


@dataclass
class Guide:
    """Shows, runs and remembers. A step whose outcome is not the one announced ends the tour with exit code 1."""

    garrison: Instance
    directory: Path
    env: dict[str, str]
    interactive: bool
    console: Console = field(default_factory=lambda: Console(highlight=False))

    def chapter(self, title: str, text: str) -> None:
        """A heading and what to look at; waits for Enter when somebody is there."""
        self.console.print()
        self.console.print(Panel(text.strip(), title=f"[bold]{title}[/bold]", title_align="left", border_style="cyan"))
        if self.interactive:
            click.prompt("", prompt_suffix="press Enter ", default="", show_default=False)

    def file(self, name: str, content: str) -> None:
        """Write a file the next commands use, and show it with line numbers."""
        (self.directory / name).write_text(content)
        self.console.print(f"[dim]{name}:[/dim]")
        self.console.print(
            Syntax(content.rstrip(), "json", line_numbers=True, word_wrap=True, background_color="default")
        )

    def run(self, command: str, *, fails: bool = False, quiet: bool = False) -> str:
        """Print a command, run it, print and return its output; `fails` says that it is meant to be refused."""
        self.console.print(f"\n[bold green]$[/bold green] [bold]{escape(command)}[/bold]", soft_wrap=True)
        done = subprocess.run(
            shlex.split(command), cwd=self.directory, env=self.env, capture_output=True, text=True, check=False
        )
        said = (done.stdout + done.stderr).strip()
        if said and not (quiet and done.returncode == 0):
            self.console.print(escape(said), style="red" if done.returncode else "", soft_wrap=True)
        if (done.returncode != 0) != fails:
            raise click.ClickException(f"That was meant to {'be refused' if fails else 'succeed'}.")
        return done.stdout

    def profile(self, name: str, key: dict[str, Any]) -> None:
        """Keep credentials as a profile of this tour's own credentials file."""
        lines = [f"[{name}]", f"aws_access_key_id = {key['AccessKeyId']}"]
        lines += [f"aws_secret_access_key = {key['SecretAccessKey']}"]
        if "SessionToken" in key:
            lines += [f"aws_session_token = {key['SessionToken']}"]
        with open(self.directory / "credentials", "a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n\n")
        self.console.print(f"[dim]kept as profile {name}[/dim]")
