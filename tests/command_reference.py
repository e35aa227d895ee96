"""Writes docs/commands.md from each command's help: `python -m tests.command_reference`."""

from collections.abc import Iterator
from pathlib import Path

import click

from desk import cli

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
_HEAD = """\
# Commands

Made from `desk --help` and `desk COMMAND --help` by `python -m tests.command_reference`; do not
edit it by hand. Exit codes, formats and the layout of a desk stand in [format.md](format.md).
"""


def text() -> str:
    """The whole page."""
    names = cli.cli.context_settings["help_option_names"]
    context = click.Context(
        cli.cli, info_name="desk", help_option_names=names, max_content_width=80, terminal_width=80
    )
    parts = [_HEAD, _block(cli.cli.get_help(context))]
    parts += _sections(cli.cli, context)
    return "\n".join(parts)


def _sections(group: click.Group, context: click.Context) -> Iterator[str]:
    """A section for each command of a group, and for those of the groups in it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(
            command, info_name=name, parent=context, max_content_width=80, terminal_width=80
        )
        yield f"## {inner.command_path}\n\n{_block(command.get_help(inner))}"
        if isinstance(command, click.Group):
            yield from _sections(command, inner)


def _block(help_text: str) -> str:
    lines = "\n".join(line.rstrip() for line in help_text.splitlines())
    return f"```text\n{lines}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
