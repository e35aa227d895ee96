"""Exports of other desks to tickets: what comes in, what is said, what is left alone."""

import csv
import gzip
import io
import resource
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import codec, importmap, model, store
from desk.errors import DamagedError, DeskError, StorageError, UsageError
from desk.importer import Difference, Refusal, Report, import_file
from desk.model import Ticket
from desk.rehearsal import RehearsedDesk
from desk.store import Desk
from tests.bench import import_ratio
from tests.conftest import NOW, SHARED, policy_text
from tests.strategies import texts

EXPORT = SHARED / "data" / "servicenow_incident_events.csv.gz"
needs_export = pytest.mark.skipif(not EXPORT.exists(), reason="needs the real data in ../shared")

UPDATES = """\
name: old-desk
rows: updates
dates: "%Y-%m-%d %H:%M"
empty: ["-"]
defaults: {kind: incident}
columns:
  no: external
  opened: opened
  opener: opened_by
  at: updated
  who: updated_by
  state:
    is: status
    values:
      New: new
      Work: in_progress
      Wait: {status: on_hold, waiting_for: requester}
      Proof: {status: on_hold, waiting_for: requester, because: proof}
      Vendor: {status: on_hold, waiting_for: vendor}
      Done: resolved
      Shut: closed
      Void: cancelled
  subject: title
  prio: {is: priority, values: {High: P1, Low: P3}}
  group: team
  agent: assignee
  code: {is: code, final: true}
  done: {is: resolved, final: true}
  counter: {ignored: a number of their own}
"""
HEADER = "no,opened,opener,at,who,state,subject,prio,group,agent,code,done,counter,asset"
ONE = f"""\
{HEADER}
A1,2026-03-01 09:00,chen,2026-03-01 09:05,lin,New,卡纸,Low,desk,-,c5,2026-03-02 10:00,0,PC-1
A1,2026-03-01 09:00,chen,2026-03-01 10:00,lin,Work,卡纸,High,desk,lin,c5,2026-03-02 10:00,1,PC-1
A1,2026-03-01 09:00,chen,2026-03-01 11:00,lin,Proof,卡纸,High,desk,lin,c5,2026-03-02 10:00,2,-
A1,2026-03-01 09:00,chen,2026-03-01 12:00,-,Done,卡纸,High,desk,lin,c5,2026-03-02 10:00,3,-
A1,2026-03-01 09:00,chen,2026-03-01 12:00,zhao,Work,卡纸,High,network,lin,c5,2026-03-02 10:00,4,-
A1,2026-03-01 09:00,chen,2026-03-02 10:00,lin,Done,卡纸,High,network,lin,c5,2026-03-02 10:00,5,-
A1,2026-03-01 09:00,chen,2026-03-02 10:00,lin,Done,卡纸,High,network,lin,c5,2026-03-02 10:00,6,-
A1,2026-03-01 09:00,chen,2026-03-05 00:00,robot,Shut,卡纸,High,network,lin,c5,2026-03-02 10:00,7,-
"""
ONE_TICKET = """\
id: T-260301-SM3Q1
kind: incident
title: 卡纸
status: closed
priority: P1
team: network
assignee: lin
external: A1
opened: 2026-03-01T09:00:00+08:00
log:
- n: 1
  at: 2026-03-01T09:00:00+08:00
  by: chen
  did: open
  change:
    kind: [null, incident]
    title: [null, 卡纸]
    status: [null, new]
    priority: [null, P3]
    team: [null, desk]
    external: [null, A1]
    opened: [null, 2026-03-01T09:00:00+08:00]
    asset: [null, PC-1]
  source: old-desk
- n: 2
  at: 2026-03-01T09:05:00+08:00
  by: lin
  did: update
  source: old-desk
- n: 3
  at: 2026-03-01T10:00:00+08:00
  by: lin
  did: assign
  change:
    status: [new, in_progress]
    priority: [P3, P1]
    assignee: [null, lin]
  source: old-desk
- n: 4
  at: 2026-03-01T11:00:00+08:00
  by: lin
  did: hold
  change:
    status: [in_progress, on_hold]
    waiting_for: [null, requester]
    asset: [PC-1, null]
  because: proof
  source: old-desk
- n: 5
  at: 2026-03-01T12:00:00+08:00
  by: unknown
  did: resolve
  change:
    status: [on_hold, resolved]
    waiting_for: [requester, null]
  source: old-desk
- n: 6
  at: 2026-03-01T12:00:00+08:00
  by: zhao
  did: reopen
  change:
    status: [resolved, in_progress]
    team: [desk, network]
  source: old-desk
- n: 7
  at: 2026-03-02T10:00:00+08:00
  by: lin
  did: resolve
  change:
    status: [in_progress, resolved]
  code: c5
  resolved_at: "2026-03-02T10:00:00+08:00"
  source: old-desk
- n: 8
  at: 2026-03-02T10:00:00+08:00
  by: lin
  did: update
  source: old-desk
- n: 9
  at: 2026-03-05T00:00:00+08:00
  by: robot
  did: close
  change:
    status: [resolved, closed]
  source: old-desk
"""
SHORT_MAP = """\
name: short
rows: updates
dates: "%Y-%m-%d"
columns: {no: external, opened: opened, at: updated, state: status}
"""
TICKETS = """\
name: flat
rows: tickets
dates: ["%Y-%m-%d %H:%M", "%Y-%m-%d"]
timezone: UTC
columns:
  no: external
  opened: opened
  opener: opened_by
  state: status
  resolved: resolved
  solver: resolved_by
  closed: closed
  subject: title
  text: description
  solution: solution
"""


def _no_damage(error: DeskError) -> None:
    raise error


class Office:
    """A desk in a folder of its own, and files to bring into it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.desk = store.make(str(folder / "desk"), policy_text())

    def export(self, text: str | bytes) -> Path:
        path = self.folder / "export.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def bring_in(self, export: str | bytes | Path, map_text: str = UPDATES, **options) -> Report:
        path = export if isinstance(export, Path) else self.export(export)
        the_map = importmap.load_map(map_text, "map.yaml")
        return import_file(
            path=path, the_map=the_map, **{"desk": self.desk, "now": NOW, "by": "chen", **options}
        )

    def files(self) -> dict[str, str]:
        """Each record's id and the text of its file."""
        return {one: self.desk.text(store.path_of(one)) for one in self.desk.ids()}

    def ticket(self, number: str) -> Ticket:
        tickets = self.desk.tickets(_no_damage)
        return next(one for one in tickets if one.text("external") == number)

    def note(self, number: str, text: str, **change: str) -> None:
        with self.desk.changing(NOW, "chen") as transaction:
            ticket = transaction.ticket(self.ticket(number).id)
            transaction.replace(ticket.add("note", NOW, "chen", change, text=text))

    def fingerprint(self) -> dict[str, tuple[str, int]]:
        return import_ratio.fingerprint(self.folder / "desk")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "office")


def life(ticket: Ticket) -> list[tuple[int, str, str, str]]:
    """(n, at, by, did) of each event, the time without its offset."""
    return [(event.n, event.at[:16], event.by, event.did) for event in ticket.log]


def rows(*lines: str) -> str:
    """An export for SHORT_MAP."""
    return "\n".join(["no,opened,at,state,asset", *lines]) + "\n"


# --- what a ticket becomes -----------------------------------------------------------------


def test_a_row_an_update_becomes_a_log(office: Office) -> None:
    report = office.bring_in(ONE)
    assert office.files() == {"T-260301-SM3Q1": ONE_TICKET}
    assert list(report.sentences()) == [
        "8 rows read: 1 ticket created, 0 extended, 0 unchanged; 9 events written",
        "columns kept as custom fields: asset",
        "column counter ignored: a number of their own",
    ]
    assert not report.failed


def test_the_head_is_the_log_folded(office: Office) -> None:
    office.bring_in(ONE)
    ticket = office.ticket("A1")
    assert model.hand_edits(ticket) == {}
    assert {"id": ticket.id, **model.fold(ticket.log)} == ticket.head


FLAT = """\
no,opened,opener,state,resolved,solver,closed,subject,text,solution,owner
B1,2026-03-01 09:00,chen,closed,2026-03-01 12:30,lin,2026-03-09,VPN drops,"It drops.
Each hour.",New cable,HQ
B2,2026-03-01,,resolved,,lin,,No network,,,
"""
FLAT_TICKET = """\
id: T-260301-QVK68
title: VPN drops
status: closed
external: B1
opened: 2026-03-01T09:00:00+00:00
owner: HQ
description: |-
  It drops.
  Each hour.
log:
- n: 1
  at: 2026-03-01T09:00:00+00:00
  by: chen
  did: open
  change:
    title: [null, VPN drops]
    status: [null, new]
    external: [null, B1]
    opened: [null, 2026-03-01T09:00:00+00:00]
    owner: [null, HQ]
  source: flat
- n: 2
  at: 2026-03-01T12:30:00+00:00
  by: lin
  did: resolve
  change:
    status: [new, resolved]
  solution: New cable
  source: flat
- n: 3
  at: 2026-03-09T00:00:00+00:00
  by: unknown
  did: close
  change:
    status: [resolved, closed]
  source: flat
"""


def test_a_row_a_ticket_becomes_its_life(office: Office) -> None:
    report = office.bring_in(FLAT, TICKETS)
    assert office.files()["T-260301-QVK68"] == FLAT_TICKET
    assert (report.rows, report.created, report.events, report.failed) == (2, 2, 5, False)


@pytest.mark.parametrize(
    ("row", "events", "fields"),
    [
        ("new,,,", ["open 03-01"], {}),
        ("in_progress,,,", ["open 03-01", "assign 03-01"], {}),
        ("on_hold,,,", ["open 03-01", "hold 03-01"], {}),
        ("cancelled,,,03-04", ["open 03-01", "cancel 03-04"], {}),
        ("resolved,03-02,lin,", ["open 03-01", "resolve 03-02 by lin"], {}),
        ("resolved,,lin,", ["open 03-01", "resolve 03-01 by lin"], {}),
        ("closed,03-02,,", ["open 03-01", "resolve 03-02", "close 03-02"], {}),
        ("closed,,lin,03-03", ["open 03-01", "close 03-03 resolved_by lin"], {}),
        ("new,03-02,lin,", ["open 03-01"], {"resolved": "2026-03-02", "solver": "lin"}),
    ],
)
def test_the_steps_of_a_row_have_the_times_that_it_gives(
    office: Office, row: str, events: list[str], fields: dict[str, str]
) -> None:
    """A step whose time is missing is put at the last one given; what fits nowhere is kept."""
    state, resolved, solver, closed = row.split(",")
    line = [f"2026-{day}" if day else "" for day in (resolved, closed)]
    export = f"no,opened,state,resolved,solver,closed\nB1,2026-03-01,{state},{line[0]},{solver},"
    report = office.bring_in(f"{export}{line[1]}\n", TICKETS)
    assert report.missing == ("opener", "subject", "text", "solution")
    ticket = office.ticket("B1")
    assert [
        " ".join(
            [one.did, one.at[5:10]]
            + [f"by {one.by}" for _ in range(one.by != "unknown")]
            + [f"{name} {word}" for name, word in one.words.items() if name != "source"]
        )
        for one in ticket.log
    ] == events
    known = {"id", "title", "status", "external", "opened"}
    assert {n: v for n, v in ticket.head.items() if n not in known} == fields
    assert model.hand_edits(ticket) == {}


def test_the_status_follows_from_the_times_where_no_column_gives_it(office: Office) -> None:
    export = "no,opened,resolved,closed\n1,2026-03-01,,\n2,2026-03-01,2026-03-02,\n"
    office.bring_in(f"{export}3,2026-03-01,,2026-03-03\n", TICKETS)
    statuses = {one: office.ticket(one).status for one in "123"}
    assert statuses == {"1": "new", "2": "resolved", "3": "closed"}


def test_verbs_follow_from_what_changed(office: Office) -> None:
    states = (
        "New", "Work", "Wait", "Vendor", "Work", "New", "Done", "Shut", "Done", "Work", "Void",
        "Wait", "Shut", "Work",
    )  # fmt: skip
    lines = [f"V,2026-03-01,2026-03-01,{s},{s},,,,,{n}" for n, s in enumerate(states)]
    lines += [
        "V,2026-03-01,2026-03-01,Work,Work,P2,,,,1",
        "V,2026-03-01,2026-03-01,Work,Work,P2,net,,,1",
        "V,2026-03-01,2026-03-01,Work,Work,P2,net,,vpn,1",
        "V,2026-03-01,2026-03-01,Work,Title,P2,net,,vpn,1",
    ]
    header = "no,opened,at,state,subject,prio,group,agent,symptom,counter"
    office.bring_in("\n".join([header, *lines]), UPDATES.replace(" %H:%M", ""))
    assert [event.did for event in office.ticket("V").log] == [
        "open", "assign", "hold", "hold", "resume", "update", "resolve", "close", "resolve",
        "reopen", "cancel", "reopen", "close", "reopen", "classify", "assign", "update", "update",
    ]  # fmt: skip


def test_parts_notes_and_tags_find_their_place(office: Office) -> None:
    the_map = """\
name: parts
rows: updates
dates: "%Y-%m-%d"
columns:
  no: external
  opened: opened
  at: updated
  area: category
  sub: subcategory
  who: requester.name
  mail: requester.email
  labels: tags
  since: began
  comment: reply
  work: note
  urgent: {values: {"yes": true, "no": false}}
"""
    export = """\
no,opened,at,area,sub,who,mail,labels,since,comment,work,urgent
1,2026-03-02,2026-03-02,network,vpn,李伟,li@example.com,"a, b",2026-03-01,,,yes
1,2026-03-02,2026-03-03,network,,李伟,li@example.com,"a, b",2026-03-01,On it,looked,no
1,2026-03-02,2026-03-04,network,,李伟,li@example.com,"a, b",2026-03-01,On it,,no
"""
    office.bring_in(export, the_map)
    ticket = office.ticket("1")
    at = "2026-03-0{}T00:00:00+08:00"
    assert ticket.head == {
        "id": ticket.id,
        "title": "1",
        "status": "new",
        "category": "network",
        "requester": {"name": "李伟", "email": "li@example.com"},
        "tags": ["a", "b"],
        "external": "1",
        "opened": at.format(2),
        "began": at.format(1),
        "urgent": False,
    }
    assert [(one.at, one.did, one.change, one.text("text")) for one in ticket.log[1:]] == [
        (at.format(3), "classify",
         {"category": ("network/vpn", "network"), "urgent": (True, False)}, ""),
        (at.format(3), "note", {}, "looked"),
        (at.format(3), "reply", {}, "On it"),
        (at.format(4), "update", {}, ""),
    ]  # fmt: skip


def test_rows_of_a_ticket_may_stand_apart_and_newest_first(office: Office, tmp_path: Path) -> None:
    header, *lines = ONE.splitlines()
    other = [line.replace("A1,", "A2,") for line in lines]
    together = Office(tmp_path / "together")
    together.bring_in("\n".join([header, *lines, *other]))
    apart = [line for pair in zip(lines, other, strict=True) for line in pair]
    office.bring_in("\n".join([header, *apart]))
    assert office.files() == together.files()
    turned = Office(tmp_path / "turned")
    turned.bring_in("\n".join([header, *reversed(apart)]), f"{UPDATES}order: newest-first\n")
    assert turned.files() == together.files()


def test_final_values_without_an_end_stay_as_custom_fields(office: Office) -> None:
    header, first, *_ = ONE.splitlines()
    office.bring_in(f"{header}\n{first}\n")
    ticket = office.ticket("A1")
    assert (ticket.text("code"), ticket.text("done")) == ("c5", "2026-03-02 10:00")
    assert model.hand_edits(ticket) == {}


CLOSING = """\
name: closing
rows: updates
dates: ["%Y-%m-%d", "%Y-%m-%d %H:%M%z"]
empty: ["-"]
columns:
  no: external
  opened: opened
  at: updated
  state:
    is: status
    values:
      New: new
      Wait: {status: on_hold, waiting_for: vendor, because: part}
      Done: resolved
      Shut: closed
  group: {is: team, values: {nobody: null}}
  code: {is: code, final: true}
  shut: {is: closed, final: true}
  cause: {final: true, values: {unknown: null}}
"""
CLOSING_HEADER = "no,opened,at,state,group,code,shut,cause"


def closing(*lines: str) -> str:
    """An export for CLOSING of one ticket; a line is `at,state,group,code,shut,cause`."""
    return "\n".join([CLOSING_HEADER, *(f"1,2026-03-01,{line}" for line in lines)]) + "\n"


def test_final_values_belong_to_the_event_that_ends_or_closes(office: Office) -> None:
    end = "c5,2026-03-09,cable"
    states = ("Done", "New", "Shut", "New", "Done", "Shut")
    lines = [f"2026-03-0{day},{state},,{end}" for day, state in enumerate(states, 2)]
    report = office.bring_in(closing(*lines), CLOSING)
    words = [(e.did, e.text("code"), e.text("closed_at")[:10], e.change.get("cause"))
             for e in office.ticket("1").log]  # fmt: skip
    assert words == [
        ("open", "", "", None),
        ("resolve", "", "", None),
        ("reopen", "", "", None),
        ("close", "", "", None),
        ("reopen", "", "", None),
        ("resolve", "c5", "", (None, "cable")),
        ("close", "", "2026-03-09", None),
    ]
    assert report.kept == (("cause", "cause"),)
    assert report.varying == ()


@pytest.mark.parametrize(
    ("line", "changed", "where"),
    [
        ("2026-03-02,New,,c5,-,-", "2026-03-02,New,,c6,-,-", "code of event 1 (open"),
        ("2026-03-02,New,,-,-,dust", "2026-03-02,New,,-,-,rust", "cause of event 1 (open"),
        ("2026-03-02,New,,c5,-,-", "2026-03-02,New,,-,-,-", "code of event 1 (open"),
        ("2026-03-02,Done,,-,2026-03-09,-", "2026-03-02,Done,,-,-,-", "closed_at of event 2"),
        ("2026-03-02,Done,,-,2026-03-09,-", "2026-03-02,Done,,-,2026-03-08,-",
         "closed_at of event 2 (resolve"),
        ("2026-03-02,Done,,-,-,-", "2026-03-02,Done,,c5,-,-", "code of event 2 (resolve"),
        ("2026-03-02,Done,,c5,-,-", "2026-03-02,Done,,-,-,-", "code of event 2 (resolve"),
        ("2026-03-02,Done,,-,-,-", "2026-03-02,Done,,-,-,dust", "cause of event 2 (resolve"),
    ],
)  # fmt: skip
def test_final_values_that_changed_where_they_stand_are_a_difference(
    office: Office, line: str, changed: str, where: str
) -> None:
    office.bring_in(closing(line), CLOSING)
    [difference] = office.bring_in(closing(changed), CLOSING).differing
    assert difference.reason.startswith(where)


def test_an_end_that_came_and_went_between_two_exports(office: Office) -> None:
    """The old export had it resolved with a code; the newer one has it reopened, without."""
    old = closing("2026-03-02,Done,,c5,-,-")
    new = closing("2026-03-02,Done,,c6,-,-", "2026-03-03,New,,c6,-,-", "2026-03-04,Done,,c6,-,-")
    office.bring_in(old, CLOSING)
    assert office.bring_in(new, CLOSING).extended == 1
    codes = [(event.did, event.text("code")) for event in office.ticket("1").log[1:]]
    assert codes == [("resolve", "c5"), ("reopen", ""), ("resolve", "c6")]
    before = office.fingerprint()
    assert office.bring_in(new, CLOSING).unchanged == 1
    assert office.fingerprint() == before


def test_a_ticket_that_was_on_hold_from_the_first_row(office: Office) -> None:
    """Opened as new; the reason of the hold is said once; `values` may make a value none."""
    lines = (
        "2026-03-02,Wait,nobody,,,",
        "2026-03-03,Wait,nobody,,,",
        "2026-03-04,New,net,,,unknown",
    )
    office.bring_in(closing(*lines), CLOSING)
    ticket = office.ticket("1")
    opened = dict(ticket.log[0].change)
    assert opened.keys() == {"title", "status", "external", "opened"}
    assert [(event.did, event.change, event.text("because")) for event in ticket.log[1:]] == [
        ("hold", {"status": ("new", "on_hold"), "waiting_for": (None, "vendor")}, "part"),
        ("update", {}, ""),
        ("resume", {"status": ("on_hold", "new"), "waiting_for": ("vendor", None),
                    "team": (None, "net")}, ""),
    ]  # fmt: skip
    assert "cause" not in ticket.head


def test_cells_of_white_space_are_empty_and_times_may_name_their_zone(office: Office) -> None:
    office.bring_in(closing("2026-03-02 10:00+0100 ,New,  , - , ,"), CLOSING)
    ticket = office.ticket("1")
    assert ticket.head.keys() == {"id", "title", "status", "external", "opened"}
    assert ticket.log[1].at == "2026-03-02T10:00:00+01:00"


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_line_breaks_in_a_cell_become_those_of_a_text(office: Office, end: str) -> None:
    office.bring_in(FLAT.replace("\n", end), TICKETS)
    assert office.files()["T-260301-QVK68"] == FLAT_TICKET
    office.bring_in(FLAT.replace("B1", "B9").replace("drops.\n", "drops.\r"), TICKETS)
    assert office.ticket("B9").text("description") == "It drops.\rEach hour."


def test_final_columns_that_vary_are_said(office: Office) -> None:
    report = office.bring_in(ONE.replace("c5", "c4", 1).replace(",c5", ",c6", 1))
    assert report.varying == (("code", 1),)
    assert list(report.sentences())[-1] == (
        "column code is called final, but 1 ticket had several values in it; the last one was kept"
    )


def test_a_final_value_that_was_not_known_yet_does_not_vary(office: Office) -> None:
    assert office.bring_in(ONE.replace("c5", "-", 1)).varying == ()


def test_words_of_the_row_go_with_the_event_that_they_come_with(office: Office) -> None:
    """Where the map does not call them final."""
    the_map = UPDATES.replace("{is: code, final: true}", "code")
    header, *lines = ONE.splitlines()
    lines = [line.replace("c5", "-") for line in lines]
    lines[2:4] = [line.replace(",lin,-,", ",lin,c1,") for line in lines[2:4]]
    lines[5:] = [line.replace(",lin,-,", ",lin,c5,") for line in lines[5:]]
    office.bring_in("\n".join([header, *lines]), the_map)
    codes = [(event.did, event.text("code")) for event in office.ticket("A1").log]
    assert [pair for pair in codes if pair[1]] == [
        ("hold", "c1"),
        ("resolve", "c1"),
        ("resolve", "c5"),
    ]


def test_a_column_whose_name_no_field_can_have_gets_another(office: Office) -> None:
    long = "x" * 120
    export = f"no,opened,at,state,title,log,a:b,,{long},a=b,站点\n"
    report = office.bring_in(f"{export}1,2026-03-01,2026-03-01,new,T,L,C,E,X,D,北京\n", SHORT_MAP)
    fields = {
        "imported_title": "T", "imported_log": "L", "a_b": "C", "column_8": "E",
        f"{'x' * 92}_9": "X", "a_b_10": "D", "站点": "北京",
    }  # fmt: skip
    ticket = office.ticket("1")
    assert {name: ticket.text(name) for name in fields} == fields
    assert report.kept == (
        ("title", "imported_title"), ("log", "imported_log"), ("a:b", "a_b"),
        ("column_8", "column_8"), (long, f"{'x' * 92}_9"), ("a=b", "a_b_10"), ("站点", "站点"),
    )  # fmt: skip
    assert (
        "title as imported_title, log as imported_log, a:b as a_b, column_8"
        in list(report.sentences())[1]
    )


# --- what cannot be read -------------------------------------------------------------------

GOOD = ("G1,2026-03-01,2026-03-01,new,x", "G2,2026-03-01,2026-03-02,closed,x")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2026-03-01,2026-03-01,new", "its number of columns is 4, and that of the header 5"),
        ("1,2026-03-01,2026-03-01,new,x,y",
         "its number of columns is 6, and that of the header 5"),
        ("1,2026-02-30,2026-03-01,new,x", "opened '2026-02-30' is no time of the form %Y-%m-%d"),
        ("1,2026-03-01,soon,new,x", "at 'soon' is no time of the form %Y-%m-%d"),
        ("1,2026-03-01,,new,x", "at is empty; it is needed"),
        ("1,1969-12-31,2026-03-01,new,x", "opened '1969-12-31' is not between 1970 and 2069"),
        ("1,2026-03-01,2026-03-01,nwe,x", "state 'nwe' is not in the map; did you mean new?"),
        ("1,2026-03-01,2026-03-01,-100,x",
         "state '-100' is not in the map; known are new, in_progress, on_hold, resolved, closed, "
         "cancelled"),
        ("1,2026-03-01,2026-03-01,,x", "state is empty; a row needs its state"),
        (",2026-03-01,2026-03-01,new,x", "no is empty; a ticket needs its number"),
        ("1,2026-03-01,2026-03-01,new,a\0b",
         "a NUL character stands in it, which no text has; the file is damaged"),
        ('1,2026-03-01,2026-03-01,new,"x',
         "this is no row of a CSV file: unexpected end of data"),
        ('1,2026-03-01,2026-03-01,new,"x"y',
         "this is no row of a CSV file: ',' expected after '\"'"),
        (f"1,2026-03-01,2026-03-01,new,{'x' * 140_000}",
         "this is no row of a CSV file: field larger than field limit (131072)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_row_that_cannot_be_read_is_listed_and_the_others_come_in(
    office: Office, line: str, reason: str, place: int
) -> None:
    lines = [*GOOD]
    lines.insert(place, line)
    report = office.bring_in(rows(*lines), SHORT_MAP)
    assert report.refused == (Refusal(place + 2, reason),)
    assert report.failed
    assert (report.rows, report.created) == (3, 2)
    assert office.ticket("G2").status == "closed"
    assert list(report.sentences())[-2:] == ["did not come in: 1", f"line {place + 2}: {reason}"]


def test_a_quote_that_was_left_open_costs_only_its_own_line(office: Office) -> None:
    """Though it swallows the lines up to the next quote, these are read again."""
    lines = (
        '1,2026-03-01,2026-03-01,"new,x',
        '2,2026-03-01,2026-03-01,new,rack 19"',
        "3,2026-03-01,2026-03-01,new",
        '4,2026-03-01,2026-03-01,new,"two',
        'lines"',
        "5,2026-03-01,2026-03-01,gone,",
    )
    report = office.bring_in(rows(*lines), SHORT_MAP)
    assert [(refusal.line, refusal.reason[:24]) for refusal in report.refused] == [
        (2, "its number of columns is"),
        (4, "its number of columns is"),
        (7, "state 'gone' is not in t"),
    ]
    assert (report.rows, report.created) == (5, 2)
    assert office.ticket("2").text("asset") == 'rack 19"'
    assert office.ticket("4").text("asset") == "two\nlines"


def test_a_line_that_is_refused_in_a_ticket_leaves_the_others_of_it(office: Office) -> None:
    lines = ("1,2026-03-01,2026-03-01,new,x", "1,2026-03-01,2026-03-02,-100,y",
             "1,2026-03-01,2026-03-03,resolved,z")  # fmt: skip
    report = office.bring_in(rows(*lines), SHORT_MAP)
    assert [refusal.line for refusal in report.refused] == [3]
    assert life(office.ticket("1")) == [
        (1, "2026-03-01T00:00", "unknown", "open"),
        (2, "2026-03-03T00:00", "unknown", "resolve"),
    ]


def test_a_second_row_of_a_ticket_where_a_row_is_a_ticket(office: Office) -> None:
    export = "no,opened,state\n1,2026-03-01,new\n1,2026-03-01,closed\n1,2026-03-01,new\n"
    report = office.bring_in(export, TICKETS)
    reason = "its number stands on line 2 already, and the map says `rows: tickets`"
    assert report.refused == (Refusal(3, reason),)
    assert (report.rows, report.created, report.repeated) == (3, 1, 1)
    assert list(report.sentences())[1] == "1 row repeated an earlier one and added nothing"


def test_a_ticket_that_no_file_can_hold_is_listed_with_its_first_line(office: Office) -> None:
    header = "no,opened,at,state,note\n"
    long = [f"1,2026-03-01,2026-03-01,new,{n}{'x' * 120_000}\n" for n in range(10)]
    export = header + "0,2026-03-01,2026-03-01,new,\n" + "".join(long)
    report = office.bring_in(export, SHORT_MAP.replace("state:", "note: note, state:"))
    [refusal] = report.refused
    assert refusal.line == 3
    assert refusal.reason.startswith("1: T-260301-")
    assert "and a record holds at most 1048576" in refusal.reason
    assert report.created == 1


def test_at_most_twenty_of_many_are_shown(office: Office) -> None:
    report = office.bring_in(rows(*["x"] * 30), SHORT_MAP)
    sentences = list(report.sentences())
    assert (len(report.refused), len(sentences), sentences[-1]) == (30, 24, "… and 10 more")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "export.csv: the file is empty; its first row names the columns"),
        (b"PK\3\4",
         "export.csv: this is a zip archive or a workbook; save it as CSV, or unpack it"),
        ("no,opened".encode("utf-16"),
         "export.csv: this is UTF-16; save it as UTF-8, or write `encoding: utf-16` into the map"),
        (rows("1,2026-03-01,2026-03-01,new,打印机").encode("gb18030"),
         "export.csv:2: these bytes are not UTF-8; save the file as UTF-8, or write its encoding "
         "into the map, such as `encoding: gb18030`"),
        (b"number,opened,at,state\n",
         "export.csv:1: there is no column 'no', which the map calls `external`; known are number, "
         "opened, at, state"),
        (b"no,opened,at,at,state\n",
         "export.csv:1: the column 'at' stands twice; rename one of them"),
        (b'no,"opened\n', "export.csv:1: the header: this is no row of a CSV file: unexpected end "
         "of data"),
        (gzip.compress(b"no,opened,at,state\n" * 99, mtime=0)[:-9],
         "export.csv: the gzip data is damaged or cut short (Compressed file ended before the "
         "end-of-stream marker was reached)"),
        (b"\x1f\x8b\x01\x02 no gzip",
         "export.csv: the gzip data is damaged or cut short (Unknown compression method)"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_whole(
    office: Office, data: bytes, problem: str
) -> None:
    with pytest.raises(DamagedError) as raised:
        office.bring_in(data, SHORT_MAP)
    assert str(raised.value).replace(f"{office.folder}/", "") == problem
    assert office.files() == {}


def test_a_file_that_is_not_there(office: Office) -> None:
    the_map = importmap.load_map(SHORT_MAP, "map.yaml")
    with pytest.raises(UsageError, match=r"none\.csv cannot be read: No such file or directory"):
        import_file(office.desk, office.folder / "none.csv", the_map, now=NOW, by="chen")


@pytest.mark.parametrize(
    ("data", "setting"),
    [
        (gzip.compress(ONE.encode(), mtime=0), ""),
        (ONE.encode("utf-8-sig"), ""),
        (ONE.encode("utf-8-sig"), "encoding: UTF-8\n"),
        (gzip.compress(ONE.encode("gb18030"), mtime=0), "encoding: gb18030\n"),
        (ONE.encode("utf-16"), "encoding: utf-16\n"),
        (ONE.replace("\n", "\r\n").encode(), ""),
        (ONE.replace(",", ";").encode(), 'separator: ";"\n'),
        (ONE.replace(",", "\t").encode(), 'separator: "\\t"\n'),
        (ONE.replace("\n", "\n\n").encode(), ""),
    ],
    ids=["gzip", "bom", "utf-8", "gb18030", "utf-16", "crlf", "semicolon", "tab", "blank lines"],
)
def test_the_same_rows_in_another_dress(office: Office, data: bytes, setting: str) -> None:
    office.bring_in(data, UPDATES + setting)
    assert office.files() == {"T-260301-SM3Q1": ONE_TICKET}


# --- again, further, otherwise -------------------------------------------------------------


def many(count: int, *, days: int = 40) -> str:
    """An export of so many tickets, three rows each, over some months."""
    lines = []
    for number in range(count):
        day = f"2026-{1 + number % days // 28:02}-{1 + number % 28:02}"
        lines += [f"M{number},{day},{day},{state},x" for state in ("new", "resolved", "closed")]
    return rows(*lines)


def test_the_same_file_again_changes_nothing(office: Office) -> None:
    office.bring_in(many(50), SHORT_MAP)
    before = office.fingerprint()
    report = office.bring_in(many(50), SHORT_MAP)
    assert office.fingerprint() == before
    assert (report.created, report.extended, report.unchanged, report.events) == (0, 0, 50, 0)
    assert not report.failed


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_clones_that_import_the_same_file_write_the_same_files(
    office: Office, tmp_path: Path, batch: int
) -> None:
    clone = Office(tmp_path / "clone")
    office.bring_in(many(50), SHORT_MAP)
    clone.bring_in(many(50), SHORT_MAP, batch=batch)
    assert office.files() == clone.files()


class _KilledError(Exception):
    pass


@pytest.mark.parametrize("killed_at", range(0, 51, 10))
def test_an_import_that_was_killed_goes_on(office: Office, tmp_path: Path, killed_at: int) -> None:
    clean = Office(tmp_path / "clean")
    clean.bring_in(many(50), SHORT_MAP)

    def kill(done: int, _total: int) -> None:
        if done == killed_at:
            raise _KilledError

    with pytest.raises(_KilledError):
        office.bring_in(many(50), SHORT_MAP, batch=10, progress=kill)
    assert len(office.files()) == killed_at
    report = office.bring_in(many(50), SHORT_MAP, batch=10)
    assert (report.created, report.unchanged) == (50 - killed_at, killed_at)
    assert office.files() == clean.files()


def test_two_imports_at_once_share_the_work(office: Office) -> None:
    """The other one begins when this one has read the desk, and brings in all."""
    reports: list[Report] = []

    def other(done: int, _total: int) -> None:
        if done == 10:
            reports.append(office.bring_in(many(50), SHORT_MAP))

    report = office.bring_in(many(50), SHORT_MAP, batch=10, progress=other)
    assert (report.created, report.unchanged) == (10, 40)
    assert [(one.created, one.unchanged) for one in reports] == [(40, 10)]
    assert len(office.files()) == 50


def test_progress_counts_tickets(office: Office) -> None:
    told: list[tuple[int, int]] = []
    office.bring_in(many(25), SHORT_MAP, batch=10, progress=lambda *counts: told.append(counts))
    assert told == [(0, 25), (10, 25), (20, 25), (25, 25)]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system refuses to write longer files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_system_that_refuses_says_how_far_it_came(office: Office) -> None:
    path = office.export(many(40) + f"M30,2026-03-01,2026-03-01,closed,{'x' * 10_000}\n")
    with files_of_at_most(5_000), pytest.raises(StorageError) as raised:
        office.bring_in(path, SHORT_MAP, batch=10)
    assert str(raised.value) == (
        f"{office.folder / 'desk'}: File too large; nothing was changed; 30 of 40 tickets had been "
        "brought in before, and the same import goes on from there"
    )
    assert len(office.files()) == 30
    assert office.bring_in(path, SHORT_MAP, batch=10).created == 10


def test_a_dry_run_tells_the_same_and_writes_nothing(office: Office) -> None:
    told = office.bring_in(ONE, desk=RehearsedDesk(office.desk.root))
    assert office.files() == {}
    assert sorted(path.name for path in (office.folder / "desk").iterdir()) == [
        ".gitattributes", "desk.yaml", "kb", "tickets",
    ]  # fmt: skip
    assert next(told.sentences()) == (
        "8 rows read: 1 ticket would be created, 0 extended, 0 unchanged; 9 events would be written"
    )
    done = office.bring_in(ONE)
    assert {**told.as_dict(), "dry_run": False} == done.as_dict()


def test_a_newer_export_adds_the_events_that_are_new(office: Office, tmp_path: Path) -> None:
    """Also where the end has moved: the old resolution keeps the words that it had."""
    lines = ONE.splitlines(keepends=True)
    office.bring_in("".join(lines[:5]))
    report = office.bring_in(ONE)
    assert (report.extended, report.events, report.failed) == (1, 4, False)
    moved = '  code: c5\n  resolved_at: "2026-03-02T10:00:00+08:00"\n'
    kept = ONE_TICKET.replace("[requester, null]\n", f"[requester, null]\n{moved}")
    assert office.files() == {"T-260301-SM3Q1": kept}
    assert office.bring_in(ONE).unchanged == 1
    assert office.files() == {"T-260301-SM3Q1": kept}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("10:00,lin,Work", "10:30,lin,Work", "at of event 3 (assign, 2026-03-01T10:00:00+08:00)"),
        ("10:00,lin,Work", "10:00,zhao,Work", "by of event 3 (assign, 2026-03-01T10:00:00+08:00)"),
        ("desk,lin,c5,2026-03-02 10:00,1", "help,lin,c5,2026-03-02 10:00,1",
         "team of event 3 (assign, 2026-03-01T10:00:00+08:00)"),
        ("Proof", "Wait", "because of event 4 (hold, 2026-03-01T11:00:00+08:00)"),
        ("c5", "c6", "code of event 7 (resolve, 2026-03-02T10:00:00+08:00)"),
        (",PC-1", ",PC-2", "asset of event 1 (open, 2026-03-01T09:00:00+08:00)"),
        ("03-01 09:00", "03-02 09:00", "at of event 1 (open, 2026-03-01T09:00:00+08:00)"),
        ("A1,2026-03-01 09:00,chen,2026-03-05.*\n", "", "9 imported events and the file gives 8"),
    ],
)  # fmt: skip
def test_a_ticket_that_the_file_tells_otherwise_is_left_as_it_is(
    office: Office, old: str, new: str, reason: str
) -> None:
    office.bring_in(ONE)
    before = office.fingerprint()
    if old.endswith(".*\n"):
        changed = "".join(ONE.splitlines(keepends=True)[:-1])
    else:
        changed = ONE.replace(old, new)
    assert changed != ONE
    report = office.bring_in(changed)
    assert office.fingerprint() == before
    said = f"it has {reason}" if reason[0] == "9" else f"{reason} is not what the file says"
    assert report.differing == (Difference("A1", "T-260301-SM3Q1", said),)
    assert report.failed
    assert list(report.sentences())[-2:] == [
        "different here and left as they are: 1 ticket",
        f"A1 (T-260301-SM3Q1): {said}",
    ]


def test_a_description_that_changed_is_said(office: Office) -> None:
    office.bring_in(FLAT, TICKETS)
    office.note("B1", "called back", description="It dropped.")
    assert office.bring_in(FLAT, TICKETS).unchanged == 2
    [difference] = office.bring_in(FLAT.replace("It drops", "It died"), TICKETS).differing
    assert difference.reason == "its description is not what the file says"


def test_what_was_done_here_since_is_never_lost(office: Office) -> None:
    lines = ONE.splitlines(keepends=True)
    office.bring_in("".join(lines[:6]))
    office.note("A1", "called back", team="network", assignee="wang", site="HQ")
    before = office.fingerprint()
    report = office.bring_in("".join(lines[:6]))
    assert (report.unchanged, report.failed) == (1, False)
    assert office.fingerprint() == before

    report = office.bring_in(ONE)
    assert (report.extended, report.events, report.failed) == (1, 3, False)
    ticket = office.ticket("A1")
    assert life(ticket)[5:] == [
        (6, "2026-03-01T12:00", "zhao", "reopen"),
        (7, "2026-11-21T09:00", "chen", "note"),
        (8, "2026-03-02T10:00", "lin", "resolve"),
        (9, "2026-03-02T10:00", "lin", "update"),
        (10, "2026-03-05T00:00", "robot", "close"),
    ]
    assert (ticket.status, ticket.text("assignee"), ticket.text("site")) == ("closed", "wang", "HQ")
    assert model.hand_edits(ticket) == {}
    after = office.fingerprint()
    assert office.bring_in(ONE).unchanged == 1
    assert office.fingerprint() == after


def test_an_event_that_came_late_names_what_it_changed_then(office: Office) -> None:
    """Here somebody had given it to the same team before the newer export said so."""
    lines = ONE.splitlines(keepends=True)
    office.bring_in("".join(lines[:5]))
    office.note("A1", "handed on", team="network", status="in_progress")
    office.bring_in(ONE)
    ticket = office.ticket("A1")
    assert [(event.did, event.change) for event in ticket.log[5:8]] == [
        ("note", {"team": ("desk", "network"), "status": ("resolved", "in_progress")}),
        ("reopen", {}),
        ("resolve", {"status": ("in_progress", "resolved")}),
    ]
    after = office.fingerprint()
    assert office.bring_in(ONE).unchanged == 1
    assert office.fingerprint() == after


def test_an_edit_by_hand_is_kept_and_written_down_when_the_ticket_grows(office: Office) -> None:
    lines = ONE.splitlines(keepends=True)
    office.bring_in("".join(lines[:4]))
    [path] = (office.folder / "desk").glob("tickets/**/*.yaml")
    path.write_text(path.read_text("utf-8").replace("team: desk", "team: 网络", 1), "utf-8")
    before = office.fingerprint()
    assert office.bring_in("".join(lines[:4])).unchanged == 1
    assert office.fingerprint() == before
    office.bring_in("".join(lines[:5]))
    ticket = office.ticket("A1")
    assert [(event.did, event.by) for event in ticket.log[4:]] == [
        ("edit", "chen"),
        ("resolve", "unknown"),
    ]
    assert ticket.text("team") == "网络"


def test_a_damaged_ticket_is_said_and_left(office: Office) -> None:
    office.bring_in(ONE)
    [path] = (office.folder / "desk").glob("tickets/**/*.yaml")
    path.write_text("no: ticket\n")
    report = office.bring_in(ONE)
    [difference] = report.differing
    assert difference.reason.startswith("its file cannot be read: tickets/2026/03/T-260301-SM3Q1")
    assert path.read_text() == "no: ticket\n"


def test_another_prefix_and_another_opening_day_find_the_ticket_again(office: Office) -> None:
    office.bring_in(rows("1,2026-03-01,2026-03-04,new,x"), SHORT_MAP)
    policy = office.folder / "desk/desk.yaml"
    policy.write_text(policy.read_text("utf-8").replace("prefix: T", "prefix: S"), "utf-8")
    office.desk = Desk(str(office.folder / "desk"))
    assert office.bring_in(rows("1,2026-03-01,2026-03-04,new,x"), SHORT_MAP).unchanged == 1
    report = office.bring_in(rows("1,2026-03-02,2026-03-04,new,x"), SHORT_MAP)
    assert [(one.external, one.id[:8]) for one in report.differing] == [("1", "T-260301")]
    assert len(office.files()) == 1


COLLIDING = ("K2172", "K2552")
COLLIDING_IDS = ["T-260301-T666F", "T-260301-69D5J"]


def test_numbers_that_hash_to_the_same_id_get_the_next(office: Office, tmp_path: Path) -> None:
    """Found by trying: with the map `short`, these two share their first 25 bits."""
    first, second = COLLIDING
    lines = [f"{number},2026-03-01,2026-03-01,new,x" for number in (first, second)]
    for batch in (1, 1000):
        here = Office(tmp_path / str(batch))
        here.bring_in(rows(*lines), SHORT_MAP, batch=batch)
        assert sorted(here.files()) == sorted(COLLIDING_IDS)
        assert here.ticket(first).id == COLLIDING_IDS[0]
        before = here.fingerprint()
        for some in (lines, lines[:1], lines[1:], lines[::-1]):
            assert here.bring_in(rows(*some), SHORT_MAP).unchanged == len(some)
        assert here.fingerprint() == before


def test_an_id_that_a_ticket_of_this_desk_has_is_not_taken(office: Office, tmp_path: Path) -> None:
    with office.desk.changing(NOW, "chen") as transaction:
        head = {"id": COLLIDING_IDS[0], "title": "ours", "status": "new"}
        own = Ticket({**head, "opened": "2026-03-01T00:00:00+08:00"}, ())
        transaction.create(own)
    for _ in range(2):
        office.bring_in(rows(f"{COLLIDING[0]},2026-03-01,2026-03-01,new,x"), SHORT_MAP)
        assert office.desk.read(own.id) == own
        assert len(office.files()) == 2


# --- any export ----------------------------------------------------------------------------

STATES = ("New", "Work", "Wait", "Proof", "Vendor", "Done", "Shut", "Void")


@st.composite
def exports(draw: st.DrawFn) -> list[list[str]]:
    """Rows of a few tickets under UPDATES' columns; final values are the same on all rows."""
    final = {number: [draw(texts(9)), draw(st.sampled_from(("", "2026-03-02 10:00")))]
             for number in "123"}  # fmt: skip
    minutes = st.integers(0, 59).map(lambda minute: f"2026-03-01 10:{minute:02}")
    row = st.tuples(st.sampled_from("123"), minutes, st.sampled_from(STATES), *[texts(9)] * 5)
    return [
        [number, "2026-03-01 09:00", "chen", at, who, state, subject, "Low", group, agent,
         *final[number], str(counter), asset]
        for counter, (number, at, state, who, subject, group, agent, asset)
        in enumerate(draw(st.lists(row, min_size=1, max_size=7)))
    ]  # fmt: skip


def written(lines: list[list[str]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([HEADER.split(","), *lines])
    return file.getvalue()


@settings(max_examples=60)
@given(lines=exports(), cut=st.integers(0, 7))
def test_whatever_comes_in_is_whole_and_comes_in_once(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]], cut: int
) -> None:
    """Part of an export and then all of it: no ticket differs, no event comes twice."""
    office = Office(tmp_path_factory.mktemp("office"))
    clean = [line for line in lines if not any("\0" in cell for cell in line)]
    for some in (lines[:cut], lines, lines):
        report = office.bring_in(written(some))
        assert report.differing == ()
    assert (report.created, report.extended, report.events) == (0, 0, 0)
    assert len(report.refused) == len(lines) - len(clean)
    counts = Counter(line[0] for line in clean)
    for number, count in counts.items():
        ticket = office.ticket(number)
        assert len(ticket.log) == count + 1
        assert {"id": ticket.id, **model.fold(ticket.log)} == ticket.head
    assert len(office.files()) == len(counts)
    for text in office.files().values():
        assert codec.dump(codec.load(text)) == text


# --- maps ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", importmap.shipped_names())
def test_the_shipped_maps_have_no_mistake(name: str) -> None:
    assert importmap.shipped_map(name).name == name


def test_a_map_that_does_not_ship() -> None:
    with pytest.raises(UsageError) as raised:
        importmap.shipped_map("servicnow")
    assert str(raised.value) == (
        "there is no map 'servicnow'; did you mean servicenow?, or write one (--map)"
    )


BAD_MAP = """name: " x"
rows: update
ordre: oldest-first
encoding: utf-9
separator: ", "
dates: ["%H:%M", "%Y-%m-%d"]
timezone: Asia/Beijing
empty: "-"
defaults: {kinds: incident, team: [a]}
columns:
  a: externl
  b: opened
  c: opened
  d: {is: status, values: {New: neu, Hold: on_hold, Done: {status: resolved, why: x}, Shut: }}
  e: {ignored: yes, is: title}
  f: {}
  g: {is: team, final: true}
  h: {is: updated, values: {now: today}}
  i: {values: {x: [1]}}
  j: {is: priority, values: {High: 1}}
  k: [title]
"""
MISTAKES = """\
map.yaml:1: `name: …` is missing: a word for the desk that the file is from
map.yaml:2: 'update' is not known here; did you mean updates?
map.yaml:3: 'ordre' is no setting here; did you mean order?
map.yaml:4: encoding 'utf-9' is unknown; write utf-8, gb18030 or the like
map.yaml:5: 'separator' is one character: ",", ";" or "\\t"
map.yaml:6: '%H:%M' does not hold a day; write it like "%d/%m/%Y %H:%M" (%Y year, %m month, %d day, %H hour, %M minute, %S second, %z offset)
map.yaml:7: time zone 'Asia/Beijing' is unknown; write an IANA name such as Asia/Shanghai or UTC
map.yaml:8: 'empty' is a list of texts: [one, two]
map.yaml:9: 'kinds' is no setting here; did you mean kind?
map.yaml:9: 'team' is text; put it in quotes
map.yaml:10: no column is `external`: its number there
map.yaml:11: 'externl' is not known here; did you mean external?
map.yaml:13: 'b' is `opened` already; one column is enough
map.yaml:14: 'neu' is not known here; did you mean new?
map.yaml:14: 'why' is no setting here; known are status, waiting_for, because
map.yaml:14: on hold is written {status: on_hold, waiting_for: requester} (or vendor, problem, change), and no other status waits
map.yaml:14: say which status 'Shut' is: new, in_progress, on_hold, resolved, closed, cancelled
map.yaml:15: `ignored: WHY` stands alone, with the reason
map.yaml:16: say what 'f' is: a word such as title, or {ignored: WHY}; a column that is not named here becomes a custom field
map.yaml:17: `team` is never final: it changes from row to row
map.yaml:18: a time is read by `dates`; it has no `values`
map.yaml:19: 'x' becomes one value, no list or mapping
map.yaml:20: 'High' becomes a text; put it in quotes
map.yaml:21: say what 'k' is: a word such as title, or {ignored: WHY}; a column that is not named here becomes a custom field
"""  # noqa: E501 - a mistake is a line


def test_every_mistake_in_a_map_is_told_at_once() -> None:
    with pytest.raises(DamagedError) as raised:
        importmap.load_map(BAD_MAP, "map.yaml")
    assert str(raised.value) + "\n" == MISTAKES


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "map.yaml:1: this file is a mapping of settings, `name: …`"),
        ("a: &b c", "map.yaml:1: anchor &b is not allowed; write each value out"),
        ("name: x\nrows: updates\ncolumns: {}",
         "map.yaml:1: `dates: \"%Y-%m-%d %H:%M\"` is missing: how the file writes a time\n"
         "map.yaml:3: no column is `external`: its number there\n"
         "map.yaml:3: no column is `opened`: when it was opened\n"
         "map.yaml:3: no column is `updated`: when the row's update was made"),
    ],
)  # fmt: skip
def test_a_map_that_lacks_what_it_needs(text: str, problem: str) -> None:
    with pytest.raises(DamagedError) as raised:
        importmap.load_map(text, "map.yaml")
    assert str(raised.value) == problem


# --- a real desk ---------------------------------------------------------------------------


def real_lines(tickets: int) -> list[str]:
    """The header and the rows of the first tickets of the real export (one line each)."""
    numbers: set[str] = set()
    with gzip.open(EXPORT, "rt", encoding="utf-8", newline="") as file:
        header, *lines = file
    for position, line in enumerate(lines):
        numbers.add(line.partition(",")[0])
        if len(numbers) > tickets:
            return [header, *lines[:position]]
    return [header, *lines]


PRIORITIES = {"1 - Critical": "P1", "2 - High": "P2", "3 - Moderate": "P3", "4 - Low": "P4"}
FINAL_STATES = {"Closed": "closed", "Resolved": "resolved", "Active": "in_progress", "New": "new"}


class RealTickets:
    """Compares what became of the tickets of the real export with its rows."""

    COLUMNS = ("priority", "incident_state", "reopen_count", "sys_updated_by", "sys_updated_at")

    def __init__(self, lines: list[str]) -> None:
        self.seen: Counter[str] = Counter()
        self.by_number: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        for row in csv.DictReader(lines):
            self.by_number[row["number"]].append({name: row[name] for name in self.COLUMNS})

    def look(self, ticket: model.Record) -> None:
        lines = self.by_number[ticket.text("external")]
        self.seen[ticket.text("external")] += 1
        last = lines[-1]
        assert ticket.text("priority") == PRIORITIES[last["priority"]]
        assert ticket.status == FINAL_STATES[last["incident_state"]]
        assert reopenings(ticket) == int(last["reopen_count"])
        assert len(ticket.log) == len(lines) + 1
        assert [event.by for event in ticket.log[1:]] == [line["sys_updated_by"] for line in lines]
        times = [f"{datetime.fromisoformat(e.at):%d/%m/%Y %H:%M}" for e in ticket.log[1:]]
        assert times == [padded(line["sys_updated_at"]) for line in lines]
        assert {"id": ticket.id, **model.fold(ticket.log)} == ticket.head

    def check_all_seen(self) -> None:
        assert self.seen == Counter(self.by_number.keys())


def padded(time: str) -> str:
    """`29/2/2016 01:16` as `29/02/2016 01:16`."""
    day, month, rest = time.split("/")
    return f"{day:0>2}/{month:0>2}/{rest}"


def reopenings(ticket: model.Record) -> int:
    changes = (event.change["status"] for event in ticket.log if "status" in event.change)
    return sum(was in ("resolved", "closed") and now in model.LIVE for was, now in changes)


@needs_export
def test_the_first_tickets_of_a_real_desk(office: Office) -> None:
    lines = real_lines(500)
    path = office.export("".join(lines))
    the_map = importmap.shipped_map("servicenow")
    report = import_file(office.desk, path, the_map, now=NOW, by="chen")
    assert (report.created, report.failed, report.repeated, report.varying) == (500, False, 0, ())
    real = RealTickets(lines)
    for ticket in office.desk.tickets(_no_damage):
        real.look(ticket)
    real.check_all_seen()
    before = office.fingerprint()
    assert import_file(office.desk, path, the_map, now=NOW, by="chen").unchanged == 500
    assert office.fingerprint() == before


@needs_export
def test_an_older_and_then_the_newer_export_of_a_real_desk(office: Office) -> None:
    """The older one holds what had been done by the evening of 3 March."""
    header, *lines = real_lines(300)
    position = header.split(",").index("sys_updated_at")
    older = [line for line in lines if before_4_march(line.split(",")[position])]
    the_map = importmap.shipped_map("servicenow")
    reports = [
        import_file(office.desk, office.export("".join(some)), the_map, now=NOW, by="chen")
        for some in ([header, *older], [header, *lines], [header, *lines])
    ]
    assert 1000 < len(older) < len(lines)
    assert [report.failed for report in reports] == [False] * 3
    assert [report.unchanged for report in reports] == [0, 300 - reports[1].extended, 300]
    assert sum(report.events for report in reports) == len(lines) + 300
    real = RealTickets([header, *lines])
    for ticket in office.desk.tickets(_no_damage):
        real.look(ticket)
    real.check_all_seen()


def before_4_march(time: str) -> bool:
    day, month = map(int, time.split("/")[:2])
    return (month, day) < (3, 4)


@needs_export
@pytest.mark.long
def test_a_whole_real_desk_with_its_figures(tmp_path: Path, figures) -> None:
    real = RealTickets(real_lines(10**9))
    measured = import_ratio.measure(EXPORT, tmp_path, real.look)
    for line in measured.lines():
        figures(line)
    real.check_all_seen()
    assert (measured.tickets, measured.refused) == (17_136, 0)
    assert (measured.changed, measured.rewritten_otherwise) == (0, 0)
    assert measured.ratio <= 2.5
    assert measured.memory_mb <= 400
