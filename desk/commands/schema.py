"""desk schema."""

from contextlib import suppress

import click

from desk import render, schema
from desk.commands.common import command, data
from desk.errors import NotFoundError
from desk.session import Session, pass_session


class _Kind(click.Choice[str]):
    """A kind by its name, or by the beginning of one."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        fits = [kind for kind in self.choices if value and kind.startswith(value)]
        return super().convert(fits[0] if len(fits) == 1 else value, param, ctx)


@command(
    "schema",
    "desk schema > .vscode/desk-ticket.json",
    "desk schema article > .vscode/desk-article.json",
    "desk schema desk > .vscode/desk-policy.json",
)
@click.argument("kind", type=_Kind(schema.KINDS), default=schema.TICKET, metavar="[KIND]")
@click.option("--plain", is_flag=True, help="Without the values that this desk knows.")
@pass_session
def schema_(session: Session, kind: str, plain: bool) -> None:
    """Print a JSON Schema, by which an editor completes and checks files of a desk.

    KIND is ticket (also where none is given), article or desk.yaml; its beginning will do. Within
    a desk it offers the values that desk.yaml knows, and refuses no other. docs/schema.md tells
    how an editor is told.
    """
    policy = None
    if kind != schema.POLICY and not plain:
        with suppress(NotFoundError):
            policy = session.desk.policy
    data(render.as_json(schema.of(kind, policy)) + "\n")
