"""`garrison story`: something is wrong, what that costs, how it is put right, and the same tried again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from garrison.cli.instance import Unreachable, instance
from garrison.cli.output import SCHEMA, output_option, print_rows

if TYPE_CHECKING:
    from garrison.stories import Stage, Told


@click.group()
def story() -> None:
    """Before and after: stories that happen in throw-away accounts of the running Garrison."""


@story.command("list")
@output_option()
def list_(output: str) -> None:
    """The stories there are."""
    from garrison.stories import stories

    rows = [
        {
            "story": one.id,
            "title": one.title,
            "who": one.who,
            "challenge": one.challenge,
            "lesson": one.lesson,
            "checks": list(one.checks),
            "needs": [*one.needs, *(["upstream"] if one.upstream else [])],
        }
        for one in stories().values()
    ]
    print_rows(rows, ("story", "title", "who", "needs"), output, name="stories")


@story.command()
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "every", is_flag=True, help="Every story.")
@click.option("-o", "--output", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
def run(names: tuple[str, ...], every: bool, output: str) -> None:
    """Tell stories: set up what is wrong, try it, put it right, try it again. Their accounts are closed afterwards.

    Exit code 1 when something before or after was not as it had to be.
    """
    from garrison.checks.api import NotRead
    from garrison.stories import StoryError, stories

    known = stories()
    for name in names:
        if name not in known:
            raise click.UsageError(f"There is no story {name}. garrison story list lists them.")
    if not names and not every:
        raise click.UsageError("Name a story, or --all. garrison story list lists them.")
    stage = _stage()
    told: list[Told] = []
    for name in known if every else dict.fromkeys(names):
        one = known[name]
        if output == "text":
            click.echo(f"\n{click.style(one.title, bold=True)}  {one.who}\n{one.challenge}\n")
        try:
            told.append(stage.tell(one, click.echo if output == "text" else lambda line: None))
        except StoryError as e:
            if not every:
                raise click.ClickException(str(e)) from e
            click.echo(str(e), err=True)
            continue
        except NotRead as e:
            raise Unreachable(str(e)) from e
        if output == "text":
            _ending(told[-1])
    if output == "json":
        import msgspec

        click.echo(json.dumps({"schema": SCHEMA, "stories": msgspec.to_builtins(told)}, indent=2))
    elif output == "html":
        from garrison.stories.html import html

        click.echo(html(told), nl=False)
    if not all(one.held for one in told):
        raise SystemExit(1)


def _stage() -> Stage:
    """The running Garrison. Raises `Unreachable`."""

    from garrison.cli.assess_report import signer
    from garrison.cli.lab_room import operator
    from garrison.stories import Stage

    garrison = instance()
    region = garrison.credentials().get("region", "us-east-1")
    server = garrison.server()
    if server is None:
        raise Unreachable("Garrison is not running. Start it first: garrison up --detach")
    garrison.trust()
    return Stage(garrison.data, operator(garrison), garrison.url(), region, signer)


def _ending(told: Told) -> None:
    click.echo("")
    for one in told.changes:
        click.echo(f"  {one.change}: {one.check}: {one.reason}")
    runs: list[Any] = [side.run for side in (told.before, told.after) if side is not None]
    if runs:
        click.echo(f"  evidence: runs {' and '.join(runs)} in stories/evidence of the data directory")
    if told.held:
        click.echo(click.style(f"It holds. {told.lesson}", fg="green"))
    else:
        click.echo(click.style(f"It does not hold. {told.problem}", fg="red"))
