"""desk edit."""

import click

from desk import codec, lifecycle, model, yamltext
from desk.commands.common import (
    at_option,
    at_terminal,
    change_each,
    command,
    from_stdin,
    ids_argument,
    parts_of_ids,
    tell,
)
from desk.commands.open import check_field_name
from desk.errors import DamagedError, DeskError, ManyError, RefusedError, UsageError
from desk.lifecycle import Act
from desk.model import Ticket, Value
from desk.session import Session, pass_session


@command(
    "edit",
    "desk edit 7k3f",
    'desk edit 7k3f --set title="VPN drops hourly" --set asset=PC-1042',
    "desk edit 7k3f --set requester.email=li.wei@example.com --set tags=vpn,remote",
)
@ids_argument
@click.option("--set", "settings", metavar="FIELD=VALUE", multiple=True, help="May be repeated.")
@at_option
@pass_session
def edit_(
    session: Session, ids: tuple[str, ...], settings: tuple[str, ...], at: str | None
) -> None:
    """Change a ticket's text, requester, tags and custom fields.

    An empty VALUE takes a field out. Without --set the head opens in the editor; what comes
    back is validated before it is kept. Status, priority, team and the like have commands of
    their own.
    """
    act = session.act(at)
    settings = tuple(_with_stdin(setting) for setting in settings)
    if settings:
        change_each(
            session, ids, act, lambda ticket: _set(ticket, act, settings), lambda _: "is changed"
        )
        return
    if not at_terminal():
        raise UsageError(
            "say what to change with --set FIELD=VALUE; there is no terminal to edit at"
        )
    failures: list[DeskError] = []
    for part in parts_of_ids(ids):
        try:
            _edit_in_editor(session, act, part)
        except ManyError.ONE_RECORD as error:
            failures.append(error)
    ManyError.raise_any(failures)


def _with_stdin(setting: str) -> str:
    """The FIELD=VALUE, with standard input where VALUE is `-`."""
    return setting[:-1] + from_stdin() if setting.endswith("=-") else setting


def _set(ticket: Ticket, act: Act, settings: tuple[str, ...]) -> Ticket:
    change: dict[str, Value] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals:
            raise UsageError(f"--set {setting!r} is no FIELD=VALUE, such as --set asset=PC-1042")
        check_field_name(name)
        so_far = model.Ticket({**ticket.head, **change}, ())
        field, value = lifecycle.setting(so_far, name, text, act.at)
        change[field] = value
    return lifecycle.edited(ticket, act, change)


def _edit_in_editor(session: Session, act: Act, part: str) -> None:
    from desk.commands import editor

    ticket = session.desk.read(session.named(part))
    if not isinstance(ticket, Ticket):
        raise RefusedError(f"{ticket.id} is an article; this command is for tickets")
    before = yamltext.dump_value(codec.as_dict(ticket, log=False))
    text = editor.written(before, suffix=".yaml")
    if text == before:
        tell(f"{ticket.id} is as it was; nothing was changed")
        return
    with editor.keeping(text, suffix=".yaml"):
        wanted = _head_in(text)
        change: dict[str, Value] = {
            name: wanted.get(name)
            for name in {**ticket.head, **wanted}
            if ticket.head.get(name) != wanted.get(name)
        }
        change_each(
            session,
            [ticket.id],
            act,
            lambda now: lifecycle.edited(now, act, change),
            lambda _: "is changed",
        )


def _head_in(text: str) -> dict[str, Value]:
    try:
        return dict(codec.load(text).head)
    except DamagedError as error:
        raise RefusedError(str(error.in_file("what came back from the editor"))) from error
