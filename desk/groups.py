"""Groups of commands whose modules are imported only when a command is asked for."""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """A group of commands that are known by name before their modules are imported.

    `known` has for each command (its module in desk.commands, its line in the help); the
    command `merge-driver` is `merge_driver_` in its module. `aliases` are other names.
    """

    def __init__(
        self,
        *args: Any,
        known: Mapping[str, tuple[str, str]],
        aliases: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        self.aliases = aliases or {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.known)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        name = self.aliases.get(cmd_name, cmd_name)
        if name not in self.known:
            return None
        module = importlib.import_module(f"desk.commands.{self.known[name][0]}")
        command: click.Command = getattr(module, f"{name.replace('-', '_')}_")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in {*self.known, *self.aliases} and args[0][:1] != "-":
            from desk.errors import nearest

            asked = " ".join((*ctx.command_path.split()[1:], args[0]))
            ctx.fail(f"there is no command {asked!r}; {nearest(args[0], self.known)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in self.known.items()])
