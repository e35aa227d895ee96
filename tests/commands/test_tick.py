"""desk tick: what it shows and writes; what falls due is tested with the time rules."""

import json
from pathlib import Path

import pytest

from tests.commands.promising import MONDAY, POLICY, Office
from tests.support import Ran, at_terminal

PLAN = """\
id: KB-261012-74K30
title: 断网预案
status: published
owner: zhao
review_by: 2026-11-01T00:00:00+08:00
solution: |
  1. 打电话
"""
ARTICLE, QUIET, VPN, DOWN, ASKED = (
    "KB-261012-74K30", "T-261110-A0001", "T-261123-A0002", "T-261123-A0003", "T-261123-A0004",
)  # fmt: skip
TABLE = """\
id               at                         rule                       what
KB-261012-74K30  2026-11-01T00:00:00+08:00  review                     tells zhao, its review is due
T-261110-A0001   2026-11-15T11:00:00+08:00  auto-close                 close, status resolved → closed
T-261110-A0001   2026-11-16T11:00:00+08:00  survey                     invite, tells requester, how did we do?
T-261123-A0002   2026-11-23T09:22:30+08:00  respond-75%-tell-assignee  tells lin, 75% of the time to respond is over
T-261123-A0003   2026-11-23T09:50:00+08:00  major-incident             tells lin, looks like a major incident: priority P1; the plan is KB-261012-74K30
"""  # noqa: E501
DRY = "this was a dry run; nothing was written\n"
NOTHING = (0, "", "")  # cron would mail whatever is said


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A resolved ticket, a late one, what looks like a major incident, a hold, and an article."""
    office = Office(tmp_path, monkeypatch)
    office.open("安静", "--requester", "王芳", at="2026-11-10T10:00+08:00")
    office.done("resolve", QUIET, "--solution", "x", at="2026-11-10T11:00+08:00")
    office.open("VPN 断线", "--impact", "department", "--urgency", "high", "--assignee", "lin",
                "--at", "09:00")  # fmt: skip
    office.open("全网中断", "--impact", "organisation", "--urgency", "high", "--team", "network",
                "--at", "09:50")  # fmt: skip
    office.open("Asked", "--assignee", "chen", "--at", "09:00")
    office.done("hold", ASKED, "--for", "requester", "--until", "2026-11-24 12:00", "--at", "09:10")
    (office.root / "kb" / f"{ARTICLE}.yaml").write_text(PLAN, encoding="utf-8")
    return office


def steps(ran: Ran) -> list[str]:
    """The rules in a table, each with the last characters of its id."""
    rows = [line.split() for line in ran.out.splitlines()[1:]]
    return [f"{record_id[-1]} {rule}" for record_id, _, rule, *_ in rows]


def test_a_dry_run_shows_what_would_be_done_and_writes_nothing(office: Office):
    before = office.files()
    for _ in range(2):
        assert office.run("tick", "--dry-run") == (
            0, TABLE, DRY,
        )  # fmt: skip
    assert office.files() == before


def test_what_a_dry_run_shows_is_written_once(office: Office):
    shown = office.done("tick", "--dry-run", "-f", "json").out
    assert office.run("tick", "-f", "json") == (0, shown, "")
    after = office.files()
    assert office.run("tick") == NOTHING
    assert office.run("tick", "--dry-run") == (0, "", DRY)
    assert office.run("tick", "-f", "json") == (0, "[]\n", "")
    assert office.files() == after


def test_the_steps_in_the_files(office: Office):
    assert office.run("tick") == (0, TABLE, "")
    assert (
        office.log(VPN)
        == """\
- n: 2
  at: 2026-11-23T09:22:30+08:00
  by: desk
  did: tell
  rule: respond-75%-tell-assignee
  because: 75% of the time to respond is over
  outbox:
  - to: lin
    about: 75% of the time to respond is over
"""
    )
    assert (
        office.text(QUIET).partition("- n: 3\n")[2]
        == """\
  at: 2026-11-15T11:00:00+08:00
  by: desk
  did: close
  change:
    status: [resolved, closed]
  rule: auto-close
  because: quiet for 5d
- n: 4
  at: 2026-11-16T11:00:00+08:00
  by: desk
  did: invite
  rule: survey
  outbox:
  - to: requester
    about: how did we do?
"""
    )
    assert (
        office.text(ARTICLE)
        == PLAN
        + """\
log:
- n: 1
  at: 2026-11-01T00:00:00+08:00
  by: desk
  did: tell
  rule: review
  because: its review is due
  outbox:
  - to: zhao
    about: its review is due
"""
    )


def test_later_ticks_do_what_has_fallen_due_since(office: Office):
    office.done("tick")
    ran = office.run("tick", at="2026-11-24T12:00+08:00")
    assert (
        ran.out
        == """\
id              at                         rule                       what
T-261123-A0003  2026-11-23T10:12:30+08:00  respond-75%-tell-assignee  tells network, 75% of the time to respond is over
T-261123-A0004  2026-11-23T12:00:00+08:00  hold-reminder              tells requester, we wait for your answer until 2026-11-24T12:00:00+08:00
T-261123-A0004  2026-11-23T12:00:00+08:00  respond-75%-tell-assignee  tells chen, 75% of the time to respond is over
T-261123-A0002  2026-11-23T16:00:00+08:00  resolve-75%-tell-manager   tells zhao, 75% of the time to resolve is over
T-261123-A0003  2026-11-23T16:50:00+08:00  resolve-75%-tell-manager   tells lin, 75% of the time to resolve is over
T-261123-A0004  2026-11-24T12:00:00+08:00  hold-end                   resume, status on_hold → in_progress, waiting_for requester → none, until 2026-11-24T12:00:00+08:00 → none, tells chen, the date of the hold has come
"""  # noqa: E501
    )
    assert office.run("tick", at="2026-11-24T12:00+08:00") == NOTHING
    assert office.head(ASKED, "status", "waiting_for", "until") == ["in_progress", "", ""]


def test_one_late_tick_does_what_many_in_time_do(office: Office, tmp_path: Path):
    """Up to the order in which events were written: cron may have stood still for a while."""
    start = office.files()
    for at in ("2026-11-23T10:00+08:00", "2026-11-23T13:00+08:00", "2026-11-24T12:00+08:00"):
        office.done("tick", at=at)
    often = {path: sorted(text.split(b"\n- n: ")) for path, text in office.files().items()}
    for path, text in start.items():
        (office.root / path).write_bytes(text)
    office.done("tick", at="2026-11-24T12:00+08:00")
    once = {path: sorted(text.split(b"\n- n: ")) for path, text in office.files().items()}
    assert once == often


def test_one_step(office: Office):
    office.done("tick", at="2026-11-23T09:20+08:00")
    ran = office.run("tick", "--dry-run", at="2026-11-23T09:22:30+08:00")
    assert steps(ran) == ["2 respond-75%-tell-assignee"]
    assert ran.err == DRY
    assert office.run("tick", "--dry-run", at="2026-11-23T09:22:29+08:00") == (0, "", DRY)


def test_for_programs(office: Office):
    rows = json.loads(office.run("tick", "--dry-run", "-f", "json").out)
    assert rows[1:3] == [
        {"id": QUIET, "at": "2026-11-15T11:00:00+08:00", "rule": "auto-close", "did": "close",
         "change": {"status": "closed"}, "because": "quiet for 5d", "outbox": None},
        {"id": QUIET, "at": "2026-11-16T11:00:00+08:00", "rule": "survey", "did": "invite",
         "change": {}, "because": None,
         "outbox": [{"to": "requester", "about": "how did we do?"}]},
    ]  # fmt: skip
    lines = office.run("tick", "--dry-run", "-f", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == rows
    ids = office.run("tick", "--dry-run", "-f", "ids").out.splitlines()
    assert ids == [ARTICLE, QUIET, VPN, DOWN]
    lines = office.run("tick", "--dry-run", "-f", "csv").out.splitlines()
    assert lines[:3] == [
        "id,at,rule,did,because,outbox,change.status",
        'KB-261012-74K30,2026-11-01T00:00:00+08:00,review,tell,its review is due,"'
        '[{""to"": ""zhao"", ""about"": ""its review is due""}]",',
        "T-261110-A0001,2026-11-15T11:00:00+08:00,auto-close,close,quiet for 5d,,closed",
    ]


def test_a_damaged_file_is_told_and_the_others_are_done(office: Office):
    office.path(VPN).write_text("id: [", encoding="utf-8")
    damage = (
        "desk: tickets/2026/11/T-261123-A0002.yaml:2: this is not YAML: did not find expected "
        "node content\n"
    )
    rest = TABLE.replace(TABLE.splitlines(keepends=True)[4], "")
    ran = office.run("tick", "--dry-run")
    assert (ran.code, steps(ran)) == (4, ["0 review", "1 auto-close", "1 survey",
                                          "3 major-incident"])  # fmt: skip
    assert ran.err == f"{DRY}{damage}"
    ran = office.run("tick", "-f", "ids")
    assert ran == (4, f"{ARTICLE}\n{QUIET}\n{DOWN}\n", damage)
    assert (office.log(QUIET).count("invite"), rest.count("\n")) == (1, 5)
    assert office.text(VPN) == "id: ["
    assert office.run("tick") == (4, "", damage)


def test_at_a_terminal_it_is_said_that_nothing_was_due(office: Office):
    office.done("tick")
    code, screen = at_terminal("-C", str(office.root), "--now", MONDAY, "--as", "chen", "tick")
    assert (code, screen) == (0, "nothing has fallen due\n")


def test_dates_that_nobody_means_stop_nothing(office: Office):
    """Typed by hand; no rule can count days from the end of all calendars."""
    text = office.text(ASKED)
    hold = "until: 2026-11-24T12:00:00+08:00"
    office.path(ASKED).write_text(text.replace(hold, "until: 9999-12-31T23:59:59+00:00"), "utf-8")
    before = office.text(ASKED)
    ran = office.run("tick")
    assert (ran.code, ran.out, office.text(ASKED)) == (4, TABLE, before)
    assert ran.err.startswith("desk: tickets/2026/11/T-261123-A0004.yaml:")
    assert office.run("policy", ASKED).code == 4


def test_a_head_that_was_edited_by_hand_is_noted_before_the_step(office: Office):
    office.rewrite(VPN, "title: VPN 断线", "title: VPN 又断线")
    office.done("tick")
    events = office.text(VPN).partition("- n: 2\n")[2]
    assert "did: edit" in events.partition("- n: 3\n")[0]
    assert "rule: respond-75%-tell-assignee" in events.partition("- n: 3\n")[2]
    assert office.run("tick") == NOTHING


def test_what_is_declared_a_major_incident_owes_news_and_never_closes_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    office = Office(tmp_path, monkeypatch, POLICY.replace("do: propose", "do: declare"))
    down = office.open("全网中断", "--impact", "organisation", "--urgency", "high", "--at", "09:50")
    assert (
        office.done("tick").out
        == """\
id              at                         rule            what
T-261123-A0001  2026-11-23T09:50:00+08:00  major-incident  classify, major true
"""
    )
    assert (
        office.done("sla", down).out
        == """\
id              clock    state    due    left         target  elapsed  wall  priority
T-261123-A0001  respond  running  10:05  5m left      15m     10m      10m   P1
T-261123-A0001  update   running  10:20  20m left     30m     10m      10m   P1
T-261123-A0001  resolve  running  13:50  3h 50m left  4h      10m      10m   P1
"""
    )
    office.done("resolve", down, "--solution", "x")
    assert office.run("tick", at="2027-11-23T10:00+08:00") == NOTHING
    assert office.head(down, "status") == ["resolved"]


@pytest.mark.parametrize(
    ("rule", "done"),
    [
        ("raise-tier", "escalate, assignee chen → none, team service-desk → network, tells "
                       "network, 150% of the time to respond is over"),
        ("hand-on", "escalate, assignee chen → none, team service-desk → network, tells network, "
                    "150% of the time to respond is over"),
        ("tell-manager", "tells zhao, 150% of the time to respond is over"),
    ],
)  # fmt: skip
def test_a_rule_beyond_the_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str, done: str
):
    own = f"rules:\n  - {{name: 升级, clock: respond, at: 150%, do: {rule}}}\nx: "
    text = POLICY.replace("rules:\n", own, 1).partition("x: ")[0]
    office = Office(tmp_path, monkeypatch, text)
    record_id = office.open("坏了", "--assignee", "chen", "--at", "09:00")
    assert office.run("tick", at="2026-11-23T15:59:59+08:00") == NOTHING
    ran = office.run("tick", at="2026-11-23T16:00+08:00")
    what = " ".join(ran.out.splitlines()[1].split()[3:])
    assert (ran.code, sorted(what.split(", "))) == (0, sorted(done.split(", ")))
    assert office.run("tick", at="2026-11-24T16:00+08:00") == NOTHING
    assert "rule: 升级" in office.log(record_id)


def test_an_empty_desk_and_one_without_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert Office(tmp_path / "a", monkeypatch).run("tick") == NOTHING
    office = Office(tmp_path / "b", monkeypatch, "format: 1\npeople: {chen: {}}\n")
    office.open("x", "--assignee", "chen", at="2026-01-01T09:00+08:00")
    assert office.run("tick") == NOTHING
