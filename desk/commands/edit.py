"""desk edit, and what `desk kb edit` shares with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

import click

from desk import codec, lifecycle, yamltext
from desk.commands.common import (
    F,
    Verb,
    at_option,
    at_terminal,
    changed_records,
    command,
    conclude,
    from_stdin,
    ids_argument,
    parts_of_ids,
    report,
    tell,
)
from desk.commands.open import check_field_name
from desk.commands.outcome import Outcome, failed
from desk.commands.reading import rights
from desk.errors import DamagedError, ManyError, RefusedError, UsageError
from desk.lifecycle import Act
from desk.model import Record, Value
from desk.session import Session, pass_session
from desk.store import as_ticket

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Editing(Generic[R]):
    """How records of a kind are edited.

    `as_kind` refuses others, `setting` is the field and value that FIELD and VALUE mean,
    `edited` the record with other fields, `said` what is told of it.
    """

    as_kind: Callable[[Record], R]
    setting: Callable[[R, str, str, datetime], tuple[str, Value]]
    edited: Callable[[R, Act, Mapping[str, Value]], R]
    said: Callable[[R], str]


_TICKETS = Editing(as_ticket, lifecycle.setting, lifecycle.edited, lambda _: "is changed")


def set_option(function: F) -> F:
    """--set, which gives fields other values."""
    return click.option(
        "--set", "settings", metavar="FIELD=VALUE", multiple=True, help="May be repeated."
    )(function)


@command(
    "edit",
    "desk edit 7k3f",
    'desk edit 7k3f --set title="VPN drops hourly" --set asset=PC-1042',
    "desk edit 7k3f --set requester.email=li.wei@example.com --set tags=vpn,remote",
    "desk list category:vpn -f ids | desk edit - --set site=北京",
    cls=Verb,
)
@ids_argument
@set_option
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
    edit(session, ids, settings, session.act(at), _TICKETS)


def edit(
    session: Session, ids: Sequence[str], settings: Sequence[str], act: Act, kind: Editing[R]
) -> None:
    """Give the records that are named other fields: by FIELD=VALUE, else in the editor."""
    parts = parts_of_ids(ids)
    settings = [_with_stdin(setting) for setting in settings]
    if settings:
        outcomes = changed_records(
            session, parts, act, kind.as_kind, lambda one: _set(one, act, settings, kind), kind.said
        )
        report(session, outcomes)
        return
    if not at_terminal():
        raise UsageError(
            "say what to change with --set FIELD=VALUE; there is no terminal to edit at"
        )
    _edit_in_editor(session, parts, act, kind)


def _with_stdin(setting: str) -> str:
    """The FIELD=VALUE, with standard input where VALUE is `-`."""
    if not setting.endswith("=-"):
        return setting
    return setting[:-1] + from_stdin(f"--set {setting[:-2]}")


def _set(record: R, act: Act, settings: Sequence[str], kind: Editing[R]) -> R:
    change: dict[str, Value] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals:
            raise UsageError(f"--set {setting!r} is no FIELD=VALUE, such as --set asset=PC-1042")
        check_field_name(name)
        so_far = replace(record, head={**record.head, **change})
        field, value = kind.setting(so_far, name, text, act.at)
        change[field] = value
    return kind.edited(record, act, change)


def _edit_in_editor(session: Session, parts: Sequence[str], act: Act, kind: Editing[R]) -> None:
    """Each in the editor, one after the other."""
    outcomes: list[Outcome] = []
    for part in parts:
        try:
            outcomes.append(_edited_in_editor(session, act, part, kind))
            tell(outcomes[-1].sentence)
        except ManyError.ONE_RECORD as error:
            outcomes.append(failed(error, given=part))
    conclude(session, outcomes)


def _edited_in_editor(session: Session, act: Act, part: str, kind: Editing[R]) -> Outcome:
    from desk import articles
    from desk.commands import editor

    record = kind.as_kind(session.desk.read(session.named(part)))
    articles.check_read_whole(record, rights(session))
    before = yamltext.dump_value(codec.as_dict(record, log=False))
    text = editor.written(before, suffix=".yaml")
    if text == before:
        return Outcome(record.id, f"{record.id} is as it was; nothing was changed", given=part)
    with editor.keeping(text, suffix=".yaml"):
        wanted = _head_in(text)
        change: dict[str, Value] = {
            name: wanted.get(name)
            for name in {**record.head, **wanted}
            if record.head.get(name) != wanted.get(name)
        }
        (outcome,) = changed_records(
            session,
            [record.id],
            act,
            kind.as_kind,
            lambda now: kind.edited(now, act, change),
            kind.said,
        )
        if outcome.error:
            raise outcome.error
    return outcome._replace(given=part)


def _head_in(text: str) -> dict[str, Value]:
    try:
        return dict(codec.load(text).head)
    except DamagedError as error:
        raise RefusedError(str(error.in_file("what came back from the editor"))) from error
