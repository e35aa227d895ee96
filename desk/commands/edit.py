"""desk edit."""

from dataclasses import replace

import click

from desk import codec, lifecycle, model, yamltext
from desk.commands.common import (
    Verb,
    at_option,
    at_terminal,
    change_each,
    changed_each,
    command,
    conclude,
    from_stdin,
    ids_argument,
    parts_of_ids,
    tell,
)
from desk.commands.open import check_field_name
from desk.commands.outcome import Outcome, failed
from desk.errors import DamagedError, ManyError, RefusedError, UsageError
from desk.lifecycle import Act
from desk.model import Ticket, Value
from desk.session import Session, pass_session


@command(
    "edit",
    "desk edit 7k3f",
    'desk edit 7k3f --set title="VPN drops hourly" --set asset=PC-1042',
    "desk edit 7k3f --set requester.email=li.wei@example.com --set tags=vpn,remote",
    "desk list category:vpn -f ids | desk edit - --set site=北京",
    cls=Verb,
)
@ids_argument
@click.option("--set", "settings", metavar="FIELD=VALUE", multiple=True, help="May be repeated.")
@at_option
@pass_session
def edit_(
    session: Session, ids: tuple[str, ...], settings: tuple[str, ...], at: str | None
) -> None:
    """Change the text, requester, tags and custom fields of tickets.

    An empty VALUE takes a field out. Without --set the head opens in the editor; what comes
    back is validated before it is kept. Status, priority, team and the like have commands of
    their own.
    """
    act = session.act(at)
    parts = parts_of_ids(ids)
    settings = tuple(_with_stdin(setting) for setting in settings)
    if settings:
        change_each(
            session, parts, act, lambda ticket: _set(ticket, act, settings), lambda _: "is changed"
        )
        return
    if not at_terminal():
        raise UsageError(
            "say what to change with --set FIELD=VALUE; there is no terminal to edit at"
        )
    outcomes: list[Outcome] = []
    for part in parts:
        try:
            outcomes.append(_edit_in_editor(session, act, part))
            tell(outcomes[-1].sentence)
        except ManyError.ONE_RECORD as error:
            outcomes.append(failed(error, given=part))
    conclude(session, outcomes)


def _with_stdin(setting: str) -> str:
    """The FIELD=VALUE, with standard input where VALUE is `-`."""
    if not setting.endswith("=-"):
        return setting
    return setting[:-1] + from_stdin(f"--set {setting[:-2]}")


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


def _edit_in_editor(session: Session, act: Act, part: str) -> Outcome:
    from desk.commands import editor

    ticket = session.desk.read(session.named(part))
    if not isinstance(ticket, Ticket):
        raise RefusedError(f"{ticket.id} is an article; this command is for tickets")
    before = yamltext.dump_value(codec.as_dict(ticket, log=False))
    text = editor.written(before, suffix=".yaml")
    if text == before:
        return Outcome(ticket.id, f"{ticket.id} is as it was; nothing was changed", given=part)
    with editor.keeping(text, suffix=".yaml"):
        wanted = _head_in(text)
        change: dict[str, Value] = {
            name: wanted.get(name)
            for name in {**ticket.head, **wanted}
            if ticket.head.get(name) != wanted.get(name)
        }
        (outcome,) = changed_each(
            session,
            [ticket.id],
            act,
            lambda now: lifecycle.edited(now, act, change),
            lambda _: "is changed",
        )
        if outcome.error:
            raise outcome.error
    return replace(outcome, given=part)


def _head_in(text: str) -> dict[str, Value]:
    try:
        return dict(codec.load(text).head)
    except DamagedError as error:
        raise RefusedError(str(error.in_file("what came back from the editor"))) from error
