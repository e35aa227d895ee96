"""A record as a row of cells, and the record in such a row: what a CSV export is made of (pure).

Nothing is lost on the way there and back. A cell is the text of its field; where that could be
taken for something else (no value, a number, a list …) or holds what a terminal would act on,
it is JSON. docs/export.md describes it.
"""

from collections.abc import Mapping

from desk import codec, jsontext, model, render
from desk.errors import DamagedError
from desk.model import REQUESTER_FIELDS, Record, Value

LOG = "log"
_OF_REQUESTER = {f"requester.{name}": name for name in REQUESTER_FIELDS}
_BEFORE = model.TICKET_FIELDS[: model.TICKET_FIELDS.index("requester")]
_BEHIND = model.TICKET_FIELDS[len(_BEFORE) + 1 :]
_OF_ARTICLES = tuple(name for name in model.ARTICLE_FIELDS if name not in model.TICKET_FIELDS)
TICKET_COLUMNS = (*_BEFORE, *_OF_REQUESTER, *_BEHIND)
_KNOWN = frozenset((*TICKET_COLUMNS, "requester", *_OF_ARTICLES, LOG))
_TEXTS = {
    kind: frozenset(fields) - {"major", "requester"} - model.LIST_FIELDS
    for kind, fields in (("ticket", model.TICKET_FIELDS), ("article", model.ARTICLE_FIELDS))
}


def columns(seen: set[str], *, articles: bool) -> list[str]:
    """The names of all columns, in order, where `seen` are those that some row has."""
    always = (*TICKET_COLUMNS, *(_OF_ARTICLES if articles else ()))
    return [*always, *sorted(seen.difference(always, (LOG,))), LOG]


def row(record: Record) -> dict[str, str]:
    """The cells of a record by the names of their columns; a cell that is empty is not there."""
    fields = codec.as_dict(record)
    log = fields.pop("log")
    texts = _texts_of(record.id)
    cells: dict[str, str] = {}
    for name, value in fields.items():
        if name == "requester" and texts is _TEXTS["ticket"]:
            cells |= _requester(value)
        else:
            cells[_header(name)] = _cell(value, is_text=name in texts)
    return {**cells, LOG: render.as_json(log, indent=None)} if log else cells


def record(cells: Mapping[str, str]) -> Record:
    """The record in a row of cells, by the headers of their columns.

    Raises DamagedError for what is no record.
    """
    texts = _texts_of(cells.get("id", ""))
    fields: dict[str, Value] = {}
    requester: dict[str, Value] = {}
    for header, cell in cells.items():
        name = _name(header)
        if not cell:
            continue
        if header in _OF_REQUESTER and texts is _TEXTS["ticket"]:
            requester[_OF_REQUESTER[header]] = _value(cell, is_text=True)
        else:
            fields[name] = _value(cell, is_text=name in texts)
    if requester:
        whole = fields.get("requester")
        fields["requester"] = {**whole, **requester} if isinstance(whole, dict) else requester
    return codec.from_dict(fields)


def _texts_of(record_id: str) -> frozenset[str]:
    """The fields that are always text in the record of that id."""
    return _TEXTS["article" if record_id.startswith("KB-") else "ticket"]


def _requester(value: Value) -> dict[str, str]:
    """A cell for each part where these are the usual ones in the usual order, else one in all."""
    usual = [name for name in REQUESTER_FIELDS if isinstance(value, dict) and name in value]
    if not isinstance(value, dict) or not value or list(value) != usual:
        return {"requester": _cell(value, is_text=False)}
    return {f"requester.{name}": _cell(part, is_text=True) for name, part in value.items()}


def _header(name: str) -> str:
    """The header of a field's column: its name, as JSON where that is another column's."""
    if name in _OF_REQUESTER or name == LOG:
        return render.as_json(name, indent=None)
    return name if name in _KNOWN else _cell(name, is_text=True)


def _name(header: str) -> str:
    return header if header in _KNOWN else str(_value(header, is_text=True) or "")


def _cell(value: Value, *, is_text: bool) -> str:
    """A value as a cell that `_value` makes the same value of."""
    if isinstance(value, str):
        cell = render.guarded(value)
        if render.safe(value, lines=True) == value and _value(cell, is_text=is_text) == value:
            return cell
    return render.as_json(value, indent=None)


def _value(cell: str, *, is_text: bool) -> Value:
    """The value in a cell, None in an empty one.

    Where the field `is_text` only a JSON text is JSON.
    """
    if not cell:
        return None
    text = render.unguarded(cell)
    if is_text and text[0] != '"':
        return text
    try:
        value = jsontext.parse(text)
    except DamagedError:
        return text
    return value if isinstance(value, str) or not is_text else text
