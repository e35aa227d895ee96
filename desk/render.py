r"""Records and rows to text: tables, JSON, CSV …

Machine formats carry every character of the data (JSON and YAML write what a terminal would
act on as escapes); text for people shows such characters as `\x1b`, `\u202e`.
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from desk import codec, dates, markdown, model, yamltext
from desk.errors import Place, UsageError
from desk.model import Change, Event, Record, Ticket, Value
from desk.yamltext import unsafe

FOR_PEOPLE = ("table", "markdown")
FORMATS = ("table", "json", "ndjson", "csv", "tsv", "yaml", "markdown", "ids")
Row = Mapping[str, Value]

_NARROWEST = 6
# Characters that take two columns each, or one, whatever stands beside them: no need for wcwidth,
# which takes long to import.
_WIDE = (("\u4e00", "\u9fff"), ("\uff01", "\uff60"), ("\u3001", "\u3029"), ("\u3041", "\u3096"),
         ("\u30a0", "\u30ff"), ("\u3400", "\u4dbf"), ("\uac00", "\ud7a3"),
         ("\U00020000", "\U0002fffd"), ("\U00030000", "\U0003fffd"))  # fmt: skip
_NARROW = ((" ", "~"), ("\u00c0", "\u024f"), ("\u0391", "\u03a1"), ("\u03a3", "\u03c9"),
           ("\u0410", "\u044f"), ("\u2018", "\u201d"), ("\u2026", "\u2026"))  # fmt: skip
# How many characters of a long text are shown on each side of a mistake in it.
_AROUND = 20
# What is led by `'` already is led by one more, so that taking one off gives the text back.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_guard = ContextVar("_guard", default=True)


def safe(text: str, *, lines: bool = False) -> str:
    """Text that a terminal may be sent: what it would act on is shown as an escape.

    With `lines` line breaks and tabs stay.
    """
    return text if text.isprintable() else unsafe("" if lines else "\n\t").sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if match[0] in "\n\t\r":
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[match[0]]
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def as_json(value: object, *, indent: int | None = 2) -> str:
    """JSON with Chinese as it is and what a terminal would act on as escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return unsafe().sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if ord(match[0]) != 0x7F else "\\u007f"


def rows(rows: Sequence[Row], form: str, columns: Sequence[str] = ()) -> str:
    """Rows in one of FORMATS, each with its end of line; `columns` narrows and orders them.

    As ids each one stands there once. Raises UsageError for ids of rows that have none.
    """
    if columns and form != "ids":
        rows = [{name: row.get(name) for name in columns} for row in rows]
    if form == "json":
        return as_json(rows) + "\n"
    if form == "ndjson":
        return ndjson(map(json.JSONEncoder(ensure_ascii=False).encode, rows))
    if form == "yaml":
        return yamltext.dump_value([dict(row) for row in rows])
    if form == "ids":
        if any("id" not in row for row in rows):
            raise UsageError("these rows have no ids; take another --format")
        return "".join(f"{one}\n" for one in dict.fromkeys(row["id"] for row in rows))
    flat = rows if columns else [flattened(row) for row in rows]
    names = list(columns) or list(dict.fromkeys(name for row in flat for name in row))
    if form == "csv":
        return csv(flat, names)
    if form == "tsv":
        return tsv(flat, names)
    cells = [[shown(row.get(name)) for name in names] for row in flat]
    return markdown_table(cells, names) if form == "markdown" else table(cells, names)


def ndjson(lines: Iterable[str]) -> str:
    """Lines of JSON, each with its end; characters that act on a terminal are escaped."""
    return unsafe().sub(_json_escape, "".join(f"{line}\n" for line in lines))


def flattened(row: Row) -> dict[str, Value]:
    """A row whose mappings are taken apart: `requester.name`."""
    flat: dict[str, Value] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{part}": item for part, item in value.items()}
        else:
            flat[name] = value
    return flat


def cell(value: Value) -> str:
    """A value as the text of one cell: lists and mappings as JSON, nothing as empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_json(value, indent=None) if isinstance(value, dict | list) else str(value)


@contextmanager
def without_guard() -> Iterator[None]:
    """Within the block CSV and TSV hold text that a spreadsheet would run as it is."""
    token = _guard.set(False)
    try:
        yield
    finally:
        _guard.reset(token)


def guarded(text: str) -> str:
    """The text, led by `'` where a spreadsheet would take it for a formula.

    Unchanged within `without_guard`.
    """
    return f"'{text}" if _guard.get() and _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text that `guarded` made this one of."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text


def _guarded(value: Value) -> str:
    return guarded(value) if isinstance(value, str) else cell(value)


def csv(rows: Iterable[Row], names: Sequence[str]) -> str:
    """RFC 4180 with a header; text that a spreadsheet would run is led by `'`."""
    header = [guarded(name) for name in names]
    cells = ([_guarded(row.get(name)) for name in names] for row in rows)
    return "".join(csv_lines(itertools.chain([header], cells))) if names else ""


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows of cells as they are, each as a line of RFC 4180 with its end."""
    import csv
    from types import SimpleNamespace

    lines: list[str] = []
    # With RFC 4180's own line ends the writer quotes a lone \r too; ours are \n.
    writer = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n")
    for row in rows:
        writer.writerow(row)
        yield lines.pop().removesuffix("\r\n") + "\n"


def tsv(rows: Iterable[Row], names: Sequence[str]) -> str:
    """Tab-separated with a header; tab, line break and backslash in a cell are escaped."""
    if not names:
        return ""
    escapes = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
    lines = [
        [_guarded(name) for name in names],
        *([_guarded(row.get(name)) for name in names] for row in rows),
    ]
    return "".join("\t".join(text.translate(escapes) for text in line) + "\n" for line in lines)


def shown(value: Value) -> str:
    """A value as a person reads it in a table."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return safe(", ".join(cell(item) for item in value))
    return safe(cell(value))


def table(
    rows: Sequence[Sequence[str]], headers: Sequence[str], width: int = 0, whole: int = 1
) -> str:
    """A table of cells; with a `width` the widest columns are cut so that lines fit it.

    The first `whole` columns never are.
    """
    lines: list[Sequence[str]] = [[safe(name, lines=True) for name in headers], *rows]
    if width:
        lines = [*_fitted(lines, width, whole)]
    widths = [max(map(_widest, column)) for column in zip(*lines, strict=True)]
    return "".join(
        "  ".join(map(_padded, parts, widths)).rstrip() + "\n"
        for line in lines
        for parts in itertools.zip_longest(*(cell.split("\n") for cell in line), fillvalue="")
    )


def _widest(cell: str) -> int:
    """The columns of the widest line of a cell."""
    return max(map(columns_of, cell.split("\n")))


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns_of(text))


def markdown_table(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> str:
    """A table of cells in GitHub's Markdown, whatever they hold; nothing without columns."""
    if not headers:
        return ""
    lines = [[markdown.escaped(safe(text)) for text in line] for line in (headers, *rows)]
    widths = [max(3, *map(columns_of, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "".join(f"| {' | '.join(map(_padded, line, widths))} |\n" for line in lines)


def _fitted(lines: Sequence[Sequence[str]], width: int, whole: int) -> list[list[str]]:
    """The cells, the widest behind the `whole` ones cut until lines fit or no more can go."""
    widths = [max(map(_widest, column)) for column in zip(*lines, strict=True)]
    over = sum(widths) + 2 * (len(widths) - 1) - width
    while over > 0 and max(widths[whole:], default=0) > _NARROWEST:
        widths[widths.index(max(widths[whole:]), whole)] -= 1
        over -= 1
    return [[cut(text, room) for text, room in zip(line, widths, strict=True)] for line in lines]


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes: East Asian characters take two."""
    if text.isascii():
        return len(text)
    widths = [_width(character) for character in text]
    if all(widths):
        return sum(widths)
    from wcwidth import wcswidth

    return max(wcswidth(text), 0)


def _width(character: str) -> int:
    """The columns of a character that takes them whatever stands beside it, else 0."""
    if any(first <= character <= last for first, last in _WIDE):
        return 2
    return any(first <= character <= last for first, last in _NARROW)


def cut(text: str, width: int) -> str:
    """The text, shortened with `…` to so many columns if it is wider."""
    if columns_of(text) <= width:
        return text
    text = text[:width]
    while text and columns_of(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def marked(place: Place) -> str:
    """What stands around a place and a line of `^` below it, each with its end of line."""
    text, start, end, _ = place
    first = max(0, start - _AROUND) if start > 2 * _AROUND else 0
    last = min(len(text), max(end, start + 1) + _AROUND, first + 6 * _AROUND)
    before = ("…" if first else "") + safe(text[first:start])
    at, after = safe(text[start : min(end, last)]), safe(text[min(end, last) : last])
    more = "…" if last < len(text) else ""
    under = " " * columns_of(before) + "^" * max(1, columns_of(at))
    return f"  {before}{at}{after}{more}\n  {under}\n"


def aligned(pairs: Iterable[tuple[str, str]]) -> str:
    """`label  value` lines, of those that have a value."""
    kept = [(label, value) for label, value in pairs if value]
    width = max((columns_of(label) for label, _ in kept), default=0)
    return "".join(f"{_padded(label, width)}  {value}\n" for label, value in kept)


# --- one record ----------------------------------------------------------------------------

_LONG = ("description", "symptoms", "cause", "solution", "body")
# Events that hold all that a record began with.
_FIRST = ("open", "new")
_WHY = ("escalate", "reopen", "hold")
_LISTS = ("steps", "parts", "config_changes")
_TRIED = ("note", "reply", "resolve")


def record(
    shown_record: Record,
    now: datetime,
    more: Iterable[tuple[str, str]] = (),
    *,
    clocks: str = "",
    plan: str = "",
) -> str:
    """A record for a person: a hand-over if it was escalated, its fields, text and log.

    `more` are (label, value) beside its fields, `clocks` is a table of a ticket's, `plan` the
    text that a major incident is handled by.
    """
    title = f"{shown_record.id}  {safe(shown_record.title)}\n"
    body = [title, _fields(shown_record, now, more)]
    body += [f"\nClocks\n{_indented(clocks)}"] if clocks else []
    body += [f"\nPlan for a major incident\n{_indented(plan)}"] if plan else []
    if (
        isinstance(shown_record, Ticket)
        and shown_record.live
        and (handed := _handover(shown_record))
    ):
        body.insert(1, handed)
    texts = ((name, shown_record.text(name)) for name in _LONG)
    body += [f"\n{name.capitalize()}\n{_indented(text)}" for name, text in texts if text]
    if shown_record.log:
        undos = model.undoings(shown_record.log)
        log = (event(one, _undo_of(one, undos)) for one in shown_record.log)
        body.append("\nLog\n" + "".join(log))
    return "".join(body)


def _fields(shown_record: Record, now: datetime, more: Iterable[tuple[str, str]]) -> str:
    pairs = []
    for name, value in codec.as_dict(shown_record, log=False).items():
        if name == "requester" and isinstance(value, dict):
            pairs.append((name, ", ".join(safe(str(part)) for part in value.values())))
        elif name == "opened" and isinstance(shown_record, Ticket):
            age = dates.in_words((now - shown_record.opened).total_seconds())
            pairs.append((name, f"{value} ({age} ago)"))
        elif name not in ("id", "title", *_LONG):
            pairs.append((safe(name), shown(value)))
    return aligned((*pairs, *more))


def markdown_record(shown_record: Record) -> str:
    """A record in Markdown: a heading, its fields, its texts as they are, its log."""
    head = codec.as_dict(shown_record, log=False)
    fields = [[n, shown(v)] for n, v in head.items() if n not in ("id", "title", *_LONG)]
    title = markdown.escaped(safe(shown_record.title))
    parts = [f"## {shown_record.id}: {title}\n", markdown_table(fields, ("field", "value"))]
    for name in _LONG:
        if text := shown_record.text(name).strip("\n"):
            parts += [f"### {name.capitalize()}\n", markdown.fenced(safe(text, lines=True))]
    if shown_record.log:
        parts += ["### Log\n", markdown_table(*history_table(shown_record))]
    return "\n".join(parts)


def _handover(ticket: Ticket) -> str:
    """What the next one must know, for a ticket that was escalated; else empty."""
    escalation = model.last(ticket.log, "escalate")
    if not escalation:
        return ""
    before = [one for one in model.standing(ticket.log) if one.n < escalation.n]
    tried = [text for one in before for text in _attempts(one)]
    lines = [
        f"Hand-over ({safe(escalation.text('escalation'))} escalation by {safe(escalation.by)}, "
        f"{escalation.at})\n",
        f"  why          {_hanging(escalation.text('because'))}\n",
        f"  description  {_hanging(ticket.text('description') or 'none was written down')}\n",
    ]
    shown_tried = tried or ["nothing was written down"]
    lines += [f"  tried        {_hanging(text)}\n" for text in shown_tried]
    return "".join([*lines, "\n"])


def _attempts(one: Event) -> list[str]:
    """What an event says of attempts: notes, replies, steps, solutions, and why they failed."""
    if one.did in _WHY:
        return [f"{one.did}: {one.text('because')}"] if one.text("because") else []
    if one.did not in _TRIED:
        return []
    lists = [words for name in _LISTS if isinstance(words := one.words.get(name), list)]
    texts = [one.text("text"), *(str(item) for items in lists for item in items)]
    return [text for text in (*texts, one.text("solution")) if text]


def _hanging(text: str) -> str:
    return safe(text.strip("\n"), lines=True).replace("\n", "\n" + " " * 15)


def _indented(text: str) -> str:
    lines = safe(text.strip("\n"), lines=True).split("\n")
    return "".join(f"  {line}\n" if line else "\n" for line in lines)


_Undos = Mapping[tuple[str, str, str], Event]


def _undo_of(one: Event, undos: _Undos) -> Event | None:
    """The event that took this one back."""
    return None if one.did == model.UNDO else undos.get(model.mark(one))


def event(one: Event, undo: Event | None = None) -> str:
    """An event for a person: a line with who, what, when and its changes, then its words.

    `undo` is the event that took it back.
    """
    audience = {"note": " (internal)", "reply": " (public)"}.get(one.did, "")
    head = f"  {one.at}  {safe(one.by)}  {safe(one.did)}{audience}"
    if one.change and one.did not in _FIRST:
        head += f": {changes(one)}"
    head += f" [taken back {undo.at}]" if undo else ""
    words = (_word(name, word) for name, word in one.words.items())
    return "".join([f"{head}\n", *(f"      {line}\n" for word in words for line in word)])


def _word(name: str, word: Value) -> list[str]:
    """The lines of one of an event's words: its text, behind its name unless that is `text`."""
    label = "" if name == "text" else f"{safe(name)}: "
    if name == "outbox" and isinstance(word, list):
        return [f"to tell {_told(item)}" for item in word]
    if isinstance(word, list):
        return [label.rstrip(), *(f"- {safe(cell(item))}" for item in word)]
    return f"{label}{safe(cell(word), lines=True)}".split("\n")


def _told(entry: Value) -> str:
    """An entry of an outbox: whom to tell what."""
    if not isinstance(entry, dict):
        return shown(entry)
    return safe(": ".join(cell(part) for part in entry.values()))


def changes(one: Event) -> str:
    """What an event changed, on one line: `status new → resolved, team network`."""
    return moves(one.change)


def moves(change: Change) -> str:
    """Changes of fields, as `changes` has those of an event.

    Of a text of several lines those that differ: `body + a new line`, `body - one that went`.
    """
    return ", ".join(f"{safe(name)} {_move(was, to)}" for name, (was, to) in change.items())


def _move(was: Value, to: Value) -> str:
    if isinstance(was, str) and isinstance(to, str) and "\n" in was + to:
        gone, come = _differing(was.split("\n"), to.split("\n"))
        was, to = "\n".join(gone), "\n".join(come)
        if not (gone and come):
            return f"{'-' if gone else '+'} {cut(shown(was or to), 60) or 'an empty line'}"
    before = "" if was is None else f"{cut(shown(was), 60)} → "
    return f"{before}{'none' if to is None else cut(shown(to), 60)}"


def _differing(one: Sequence[str], other: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The lines of two texts from the first that differs to the last."""
    least = min(len(one), len(other))
    start = next((n for n in range(least) if one[n] != other[n]), least)
    rest = range(1, least - start + 1)
    end = next((n for n in rest if one[-n] != other[-n]), least - start + 1) - 1
    return one[start : len(one) - end], other[start : len(other) - end]


def history_rows(shown_record: Record) -> list[dict[str, Value]]:
    """The log as rows for a table: at, by, did, what changed and what was said.

    What was taken back is said of the verb.
    """
    undos = model.undoings(shown_record.log)
    return [
        {
            "n": one.n,
            "at": one.at,
            "by": one.by,
            "did": f"{one.did} [taken back]" if _undo_of(one, undos) else one.did,
            "change": "" if one.did in _FIRST else changes(one),
            "words": "; ".join(f"{name}: {shown(word)}" for name, word in one.words.items()),
        }
        for one in shown_record.log
    ]


def history_table(shown_record: Record) -> tuple[list[list[str]], list[str]]:
    """The log as cells of a table, and its headers."""
    rows = history_rows(shown_record)
    return [[shown(value) for value in row.values()] for row in rows], list(rows[0] if rows else ())
