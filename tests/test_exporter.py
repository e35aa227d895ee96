"""What is exported can be taken back: the same files, byte for byte. And what is refused."""

import csv
import gzip
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import codec, exporter, merge, render, restorer, store
from desk.errors import DamagedError
from desk.model import Article, Event, Record, Ticket
from desk.rehearsal import RehearsedDesk
from tests import strategies
from tests.conftest import NOW, add, policy_text

FORMS = ("ndjson", "csv", "sqlite")
ID, OTHER = "T-261121-A0001", "T-261121-A0002"
AT = NOW.isoformat()


def ticket(record_id: str = ID, **fields: object) -> Ticket:
    head = {"title": "打印机卡纸", "status": "new", "opened": AT, **fields}
    return Ticket({"id": record_id}, ()).add("open", NOW, "chen", head)  # type: ignore[arg-type]


def export(form: str, records: Sequence[Record], path: Path) -> Path:
    """Write an export of the records, as the command does."""
    if form == "sqlite":
        exporter.sqlite(records, str(path))
        return path
    with path.with_suffix(".spool").open("w+", encoding="utf-8") as spool:
        lines = {
            "ndjson": lambda: exporter.ndjson(records),
            "csv": lambda: exporter.csv(records, spool, articles=True),
        }[form]()
        path.write_bytes("".join(lines).encode())
    return path


def take(desk: store.Desk, path: Path, **more: object) -> restorer.Report:
    return restorer.restore(desk, path, now=NOW, by="lin", **more)  # type: ignore[arg-type]


def files(desk: store.Desk) -> dict[str, str]:
    return {name: desk.text(store.path_of(name)) for name in desk.ids()}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A new folder for each example."""
    return (tmp_path_factory.mktemp("back") for _ in iter(int, 1))  # type: ignore[return-value]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=15)
@given(records=st.lists(strategies.records(), max_size=4, unique_by=lambda one: one.id))
def test_every_record_comes_back_as_the_same_file(folders, form: str, records: list[Record]):
    folder = next(folders)
    desk = store.make(str(folder / "desk"), policy_text())
    path = export(form, records, folder / "export")
    report = take(desk, path)
    assert (report.created, report.refused) == (len(records), ())
    assert files(desk) == {one.id: codec.dump(one) for one in records}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_export_again_changes_nothing(desk: store.Desk, tmp_path: Path, form: str):
    path = export(form, [ticket(), ticket(OTHER)], tmp_path / "export")
    take(desk, path)
    before = files(desk)
    report = take(desk, path)
    assert (report.created, report.extended, report.unchanged, report.events) == (0, 0, 2, 0)
    assert files(desk) == before


@pytest.mark.parametrize("form", FORMS)
def test_of_a_record_that_is_here_otherwise_the_logs_are_united(
    desk: store.Desk, tmp_path: Path, form: str
):
    base = ticket()
    ours = base.add("note", NOW, "chen", {"team": "network"}, text="here")
    theirs = base.add("note", NOW + timedelta(minutes=1), "lin", text="there")
    add(desk, ours)
    path = export(form, [theirs], tmp_path / "export")
    report = take(desk, path)
    assert (report.created, report.extended, report.unchanged, report.events) == (0, 1, 0, 1)
    assert files(desk) == {ID: codec.dump(merge.merged(ours, theirs))}
    assert take(desk, path).unchanged == 1
    add_one = desk.read(ID)
    assert [event.text("text") for event in add_one.log] == ["", "here", "there"]


def test_an_older_export_takes_nothing_away(desk: store.Desk, tmp_path: Path):
    path = export("ndjson", [ticket()], tmp_path / "export")
    add(desk, ticket().add("note", NOW, "chen", {"status": "closed"}, text="done"))
    before = files(desk)
    assert take(desk, path).unchanged == 1
    assert files(desk) == before


def test_a_text_that_no_event_mentions_stays_as_it_is_here(desk: store.Desk, tmp_path: Path):
    path = export("ndjson", [ticket()], tmp_path / "export")
    add(desk, Ticket({**ticket().head, "description": "AAA"}, ticket().log))
    assert take(desk, path).unchanged == 1
    assert desk.read(ID).text("description") == "AAA"


def test_a_table_without_a_column_or_a_log_is_refused(desk: store.Desk, tmp_path: Path):
    add(desk, ticket())
    before = files(desk)
    path = export("csv", [ticket()], tmp_path / "export")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    for left_out, told in (("team", "the column 'team' is missing"), ("", "")):
        names = [name for name in rows[0] if name != left_out]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, extrasaction="ignore")
            writer.writeheader()
            writer.writerows([{**rows[0], "log": "", "title": "EDITED"}])
        if left_out:
            with pytest.raises(DamagedError, match=told):
                take(desk, path)
        else:
            (refused,) = take(desk, path).refused
            assert "comes without its log" in refused.reason
    assert files(desk) == before


def test_what_was_edited_by_hand_before_the_export_becomes_one_event(
    desk: store.Desk, tmp_path: Path
):
    edited = Ticket({**ticket().head, "title": "Toner"}, ticket().log)
    add(desk, ticket())
    path = export("csv", [edited], tmp_path / "export")
    assert take(desk, path).events == 1
    assert take(desk, path).unchanged == 1
    found = desk.read(ID)
    assert found.title == "Toner"
    assert codec.event_as_dict(found.log[-1]) == {
        "n": 2, "at": AT, "by": "unknown", "did": "edit",
        "change": {"title": ["打印机卡纸", "Toner"]}, "by_hand": True,
    }  # fmt: skip


def test_what_was_edited_by_hand_here_is_written_down(desk: store.Desk, tmp_path: Path):
    add(desk, ticket())
    file = Path(desk.root, store.path_of(ID))
    file.write_text(file.read_text().replace("title: 打印机卡纸", "title: Toner # why", 1))
    path = export("ndjson", [ticket().add("note", NOW, "lin", text="x")], tmp_path / "export")
    take(desk, path)
    found = desk.read(ID)
    assert [(event.did, event.by) for event in found.log[1:]] == [("edit", "lin"), ("note", "lin")]
    assert (found.title, found.log[1].text("comments")) == ("Toner", "# why")


def test_a_dry_run_counts_and_writes_nothing(desk: store.Desk, tmp_path: Path):
    add(desk, ticket())
    before = files(desk)
    changed = ticket().add("note", NOW, "lin", text="x")
    path = export("ndjson", [changed, ticket(OTHER)], tmp_path / "export")
    report = take(RehearsedDesk(desk.root), path)
    assert (report.created, report.extended, report.events) == (1, 1, 2)
    assert next(report.sentences()) == (
        "2 rows read: 1 record would be created, 1 extended, 0 unchanged; 2 events would be written"
    )
    assert files(desk) == before


def test_batches_and_the_same_record_twice_in_a_file(desk: store.Desk, tmp_path: Path):
    later = ticket().add("note", NOW, "lin", text="x")
    records = [ticket(), *(ticket(f"T-261121-B000{n}") for n in range(5)), later]
    told: list[tuple[int, int]] = []
    path = export("ndjson", records, tmp_path / "export")
    report = take(desk, path, batch=2, progress=lambda *done: told.append(done))
    assert (report.created, report.extended, report.events) == (6, 1, 7)
    assert told == [(0, 7), (2, 7), (4, 7), (6, 7), (7, 7)]
    assert desk.read(ID) == later
    again = store.make(str(tmp_path / "again"), policy_text())
    assert take(again, path).created == 6
    assert files(again) == files(desk)


# --- what does not come in -----------------------------------------------------------------

LINE = json.dumps(codec.as_dict(ticket()))
BAD_LINES = [
    ("{", "this is not JSON: Expecting property name enclosed in double quotes at column 2"),
    ("[]", "a record is a mapping of fields, `id: …` first"),
    (LINE.replace(ID, "../../../x"), "'../../../x' is no id such as T-261121-7K3FQ (at id)"),
    (LINE.replace(f'"{ID}"', "7"), "'7' is no id such as T-261121-7K3FQ (at id)"),
    (LINE.replace('"new"', '"open"', 1),
     "'open' is no status; it is one of new, in_progress, on_hold, resolved, closed, cancelled "
     "(at status)"),
    (LINE.replace('"n": 1', '"n": 1.5'),
     "1.5 is no whole number; a record holds no other, so quote it"),
    (LINE.replace('"n": 1', '"n": true'),
     "an event's 'n' is a whole number from 1 to 1000000000 (at log[0].n)"),
    (LINE.replace('"chen"', "[]"), "'log' is text (at log[0].by)"),
    (LINE.replace('"change": {', '"change": {"team": [1], '),
     "the change of 'team' is [from, to] (at log[0].change.team)"),
    (LINE[:-1] + ', "id": "x"}', "key 'id' stands twice; keep one of them"),
    (LINE[:-1] + ', "x": ' + "[" * 99999, "nested deeper than 32 levels"),
    (LINE[:-1] + f', "x": "{"y" * 2**20}"}}',
     "T-261121-A0001 would be 1048850 bytes long and a record holds at most 1048576; put long logs "
     "beside the desk and name them"),
    ("x" * 17 * 2**20, "longer than 16 MiB, which no record is"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "sentence"), BAD_LINES, ids=[one[1][:30] for one in BAD_LINES])
def test_a_line_that_is_no_record_is_refused_and_the_others_come_in(
    desk: store.Desk, tmp_path: Path, line: str, sentence: str
):
    good = [json.dumps(codec.as_dict(ticket(one))) for one in (OTHER, "T-261121-A0003")]
    path = tmp_path / "export"
    path.write_text("\n".join([good[0], "", line, good[1]]), encoding="utf-8")
    report = take(desk, path)
    assert (report.rows, report.created, report.failed) == (3, 2, True)
    assert report.refused == ((3, sentence),)
    assert [*files(desk)] == [OTHER, "T-261121-A0003"]


def test_a_file_here_that_cannot_be_read_is_left_alone(desk: store.Desk, tmp_path: Path):
    file = Path(desk.root, store.path_of(ID))
    file.parent.mkdir(parents=True)
    file.write_text("id: [\n")
    report = take(desk, export("ndjson", [ticket()], tmp_path / "export"))
    ((line, reason),) = report.refused
    assert (line, reason.partition(" ")[0]) == (1, f"{store.path_of(ID)}:2:")
    assert file.read_text() == "id: [\n"


def test_rows_of_a_csv_file_that_are_none(desk: store.Desk, tmp_path: Path):
    path = export("csv", [ticket(), ticket(OTHER)], tmp_path / "export")
    header, one, other = path.read_text().splitlines()
    path.write_text("\n".join([header, one + ",x", other]) + "\n")
    report = take(desk, path)
    assert report.created == 1
    columns = header.count(",") + 1
    assert report.refused == (
        (2, f"its number of columns is {columns + 1}, and that of the header {columns}"),
    )


def test_cells_longer_than_a_spreadsheet_takes(desk: store.Desk, tmp_path: Path):
    long = ticket().add("note", NOW, "chen", text="很" * 200_000)
    assert take(desk, export("csv", [long], tmp_path / "export")).created == 1
    assert desk.read(ID) == long


NO_EXPORTS = {
    "a word": (b"hello\n", "this is no export of desk: ndjson, CSV or SQLite"),
    "another CSV": (b"number,title\n", "this is no export of desk: ndjson, CSV or SQLite"),
    "a workbook": (b"PK\3\4", "this is a zip archive or a workbook; save it as CSV, or unpack it"),
    "a column twice": (b"id,log,id\n", "the column 'id' stands twice; keep one"),
    "no UTF-8": (b"{}\n\xff\n", "these bytes are not UTF-8; save the file as UTF-8, or write its "
                 "encoding into the map, such as `encoding: gb18030`"),
    "cut short": (gzip.compress((LINE + "\n").encode() * 99)[:-20],
                  "the gzip data is damaged or cut short"),
    "no SQLite": (b"SQLite format 3\0" + b"x" * 9999, "this SQLite file cannot be read: "),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_EXPORTS)
def test_a_file_that_is_no_export_is_refused_whole(desk: store.Desk, tmp_path: Path, name: str):
    data, sentence = NO_EXPORTS[name]
    path = tmp_path / "export"
    path.write_bytes(data)
    with pytest.raises(DamagedError) as error:
        take(desk, path)
    assert str(path) in str(error.value)
    assert error.value.problem.startswith(sentence)
    assert files(desk) == {}


HOSTILE = {
    "another program's": ("PRAGMA application_id = 1", "this SQLite file is no export of desk"),
    "a newer desk's": ("PRAGMA user_version = 2", "a newer desk exported this; bring it in with"),
    "a view": (
        "DROP TABLE tickets; CREATE VIEW tickets AS WITH RECURSIVE x(record) AS "
        "(SELECT '{}' UNION ALL SELECT record FROM x) SELECT record FROM x",
        "its table tickets is not as desk exports it",
    ),
    "a computed column": (
        "DROP TABLE articles; CREATE TABLE articles (id, record AS (zeroblob(1 << 30)))",
        "its table articles is not as desk exports it",
    ),
    "a table less": ("DROP TABLE tickets", "its table tickets is not as desk exports it"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_an_sqlite_file_that_is_no_export_is_refused(desk: store.Desk, tmp_path: Path, name: str):
    statements, sentence = HOSTILE[name]
    path = export("sqlite", [ticket()], tmp_path / "export")
    with closing(sqlite3.connect(path)) as base:
        base.executescript(statements)
    with pytest.raises(DamagedError) as error:
        take(desk, path)
    assert error.value.problem.startswith(sentence)
    assert files(desk) == {}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("7", "a record is a mapping of fields, `id: …` first"),
        ("x'ff'", "the column record is no UTF-8 text"),
        ("CAST(x'ff' AS TEXT)", "the column record is no UTF-8 text"),
    ],
)
def test_a_row_of_an_sqlite_file_that_is_no_record(
    desk: store.Desk, tmp_path: Path, value: str, sentence: str
):
    path = export("sqlite", [ticket(), ticket(OTHER)], tmp_path / "export")
    with closing(sqlite3.connect(path)) as base:
        base.execute(f"UPDATE tickets SET record = {value} WHERE id = '{ID}'")
        base.commit()
    report = take(desk, path)
    assert (report.created, report.refused) == (1, ((1, sentence),))


# --- what the files look like --------------------------------------------------------------

WHOLE = ticket(
    kind="incident", major=True, requester={"name": "李伟", "floor": "3"}, tags=["a", "b"],
    links=["related T-261121-A0009", "odd"], rack=12, site={"row": "=1"}, requester_name="x",
)  # fmt: skip
ARTICLE = Article(
    {"id": "KB-261121-A0001", "title": "VPN", "status": "draft", "owner": "lin"},
    (Event(1, AT, "lin", "draft"),),
)


def test_the_tables_of_an_sqlite_file(tmp_path: Path):
    path = export("sqlite", [WHOLE, ARTICLE], tmp_path / "export")
    with closing(sqlite3.connect(path)) as base:
        base.row_factory = sqlite3.Row
        tables = {
            table: [dict(row) for row in base.execute(f"SELECT * FROM {table}")]
            for table in ("tickets", "articles", "custom", "links", "events")
        }
        site = base.execute("SELECT record ->> '$.site.row' FROM tickets").fetchone()[0]
    given = [{k: v for k, v in row.items() if v is not None} for row in tables.pop("tickets")]
    record = json.dumps(codec.as_dict(WHOLE), ensure_ascii=False)
    assert given == [
        {"id": ID, "kind": "incident", "title": "打印机卡纸", "status": "new", "major": 1,
         "tags": '["a", "b"]', "links": '["related T-261121-A0009", "odd"]', "opened": AT,
         "requester_name": "李伟", "record": record}
    ]  # fmt: skip
    article = {name: ARTICLE.head.get(name) for name in codec.known_fields(Article)}
    opened = json.dumps(codec.event_as_dict(WHOLE.log[0])["change"], ensure_ascii=False)
    assert tables == {
        "articles": [{**article, "record": json.dumps(codec.as_dict(ARTICLE))}],
        "custom": [
            {"id": ID, "field": "rack", "value": 12},
            {"id": ID, "field": "requester_name", "value": "x"},
            {"id": ID, "field": "site", "value": '{"row": "=1"}'},
        ],
        "links": [
            {"id": ID, "how": "related", "other": "T-261121-A0009"},
            {"id": ID, "how": "odd", "other": ""},
        ],
        "events": [
            {"id": ID, "n": 1, "at": AT, "by": "chen", "did": "open", "change": opened,
             "words": None},
            {"id": ARTICLE.id, "n": 1, "at": AT, "by": "lin", "did": "draft", "change": None,
             "words": None},
        ],
    }  # fmt: skip
    assert site == "=1"


def test_an_sqlite_file_of_the_same_records_is_the_same_bytes(tmp_path: Path):
    one = export("sqlite", [WHOLE, ARTICLE], tmp_path / "one").read_bytes()
    assert export("sqlite", [WHOLE, ARTICLE], tmp_path / "other").read_bytes() == one


EVENTS = """\
case:concept:name,concept:name,time:timestamp,org:resource,case:kind,case:priority,case:category,\
case:team,case:status
T-261121-A0001,note,2026-11-20T23:30:00.500+00:00,'=x,,,,,new
T-261121-A0001,open,2026-11-21T01:00:00.000+00:00,chen,,,,,new
T-261121-A0002,open,2026-11-21T01:00:00.000+00:00,chen,,,,'-,new
"""


def test_an_event_log_goes_by_time_in_utc():
    early = Event(2, "2026-11-21T01:30:00.5+02:00", "=x", "note", {}, {"text": "x"})
    records = [Ticket(ticket().head, (*ticket().log, early)), ticket(OTHER, team="-")]
    assert "".join(exporter.events(records)) == EVENTS
    with render.without_guard():
        assert "".join(exporter.events(records)) == EVENTS.replace("'", "")
