"""desk sla and desk queue."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.promising import POLICY, Office
from tests.support import Ran

LAPTOP, VPN, PRINTER, ROUTER, WAITING, OVER = (
    "T-261120-A0001", "T-261123-A0002", "T-261123-A0003", "T-261123-A0004", "T-261123-A0005",
    "T-261123-A0006",
)  # fmt: skip


def six(folder: Path, patch: pytest.MonkeyPatch) -> Office:
    """Six tickets: at risk, breached, just begun, without a promise, on hold, and resolved."""
    office = Office(folder, patch)
    office.open("Laptop 很慢", "--category", "computer", at="2026-11-20T16:00+08:00")
    office.open("VPN 断线", "--category", "vpn", "--impact", "department", "--urgency", "high",
                "--at", "09:00")  # fmt: skip
    office.open("打印机卡纸", "--requester", "王芳")
    office.open("Change router", "--kind", "change")
    office.open("Waiting for a part", "--impact", "organisation", "--at", "09:30")
    office.done("hold", WAITING, "--for", "vendor", "--at", "09:45")
    office.open("Answered", "--at", "09:00")
    office.done("reply", OVER, "您好", "--at", "09:10")
    office.done("resolve", OVER, "--solution", "x", "--at", "09:30")
    return office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The six tickets, for tests that write nothing."""
    with pytest.MonkeyPatch.context() as patch:
        yield six(tmp_path_factory.mktemp("office"), patch)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The six tickets, for a test that changes them."""
    return six(tmp_path, monkeypatch)


CLOCKS = """\
id              clock    state     due              left         target  elapsed  wall    priority
T-261120-A0001  respond  at_risk   11:00            1h left      4h      3h       2d 18h  P4
T-261120-A0001  resolve  running   Tue 11-24 16:00  13h left     16h     3h       2d 18h  P4
T-261123-A0002  respond  breached  09:30            30m over     30m     1h       1h      P2
T-261123-A0002  update   running   11:00            1h left      2h      1h       1h      P2
T-261123-A0002  resolve  running   18:00            7h left      8h      1h       1h      P2
T-261123-A0003  respond  running   15:00            4h left      4h      0m       0m      P4
T-261123-A0003  resolve  running   Wed 11-25 10:00  16h left     16h     0m       0m      P4
T-261123-A0005  respond  at_risk   10:00            0m left      30m     30m      30m     P2
T-261123-A0005  update   paused                     1h 45m left  2h      15m      30m     P2
T-261123-A0005  resolve  paused                     7h 45m left  8h      15m      30m     P2
"""
ALL_CLOCKS = """\
id              clock    state     due              left              target  elapsed  wall    priority
T-261120-A0001  respond  at_risk   11:00            1h left           4h      3h       2d 18h  P4
T-261120-A0001  resolve  running   Tue 11-24 16:00  13h left          16h     3h       2d 18h  P4
T-261123-A0002  respond  breached  09:30            30m over          30m     1h       1h      P2
T-261123-A0002  update   running   11:00            1h left           2h      1h       1h      P2
T-261123-A0002  resolve  running   18:00            7h left           8h      1h       1h      P2
T-261123-A0003  respond  running   15:00            4h left           4h      0m       0m      P4
T-261123-A0003  resolve  running   Wed 11-25 10:00  16h left          16h     0m       0m      P4
T-261123-A0005  respond  at_risk   10:00            0m left           30m     30m      30m     P2
T-261123-A0005  update   paused                     1h 45m left       2h      15m      30m     P2
T-261123-A0005  resolve  paused                     7h 45m left       8h      15m      30m     P2
T-261123-A0006  respond  met       14:00            3h 50m to spare   4h      10m      10m     P4
T-261123-A0006  resolve  met       Tue 11-24 18:00  15h 30m to spare  16h     30m      30m     P4
"""  # noqa: E501


def clocks_of(ran: Ran) -> list[str]:
    """The tickets and clocks of a table: `A0002 respond`."""
    rows = [line.split() for line in ran.out.splitlines()[1:]]
    return [f"{one} {clock}" for one, clock, *_ in rows]


def tickets_of(ran: Ran) -> list[str]:
    """The last characters of the ids that a table or a list has, each once."""
    found = [line.split()[0] for line in ran.out.splitlines() if line.startswith("T-")]
    return list(dict.fromkeys(record_id[-1] for record_id in found))


# --- sla -----------------------------------------------------------------------------------


def test_clocks_of_live_tickets(office: Office):
    assert office.run("sla") == (0, CLOCKS, "")


def test_clocks_of_all_tickets(office: Office):
    assert office.run("sla", "--all") == (0, ALL_CLOCKS, "")


def test_one_ticket_whole_or_in_part(office: Office):
    table = """\
id              clock    state     due    left      target  elapsed  wall  priority
T-261123-A0002  respond  breached  09:30  30m over  30m     1h       1h    P2
T-261123-A0002  update   running   11:00  1h left   2h      1h       1h    P2
T-261123-A0002  resolve  running   18:00  7h left   8h      1h       1h    P2
"""
    for part in ("T-261123-A0002", "t-261123-a0002", "A0002", "aooo2"):
        assert office.run("sla", part) == (0, table, "")


def test_an_id_names_an_ended_ticket_too_and_each_is_shown_once(office: Office):
    ran = office.run("sla", OVER, "A0003", PRINTER)
    assert clocks_of(ran) == [
        f"{OVER} respond", f"{OVER} resolve", f"{PRINTER} respond", f"{PRINTER} resolve",
    ]  # fmt: skip


def test_clocks_for_programs(office: Office):
    ran = office.run("sla", VPN, WAITING, "-f", "json")
    own = {"id": VPN, "priority": "P2", "status": "new", "team": None, "assignee": None,
           "promise": "priority P1 or P2", "calendar": "office"}  # fmt: skip
    held = {**own, "id": WAITING, "status": "on_hold"}
    still = {"stopped": None, "missed": 0}
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == [
        {**own, "clock": "respond", "state": "breached", "target": 1800, "elapsed": 3600,
         "wall": 3600, "due": "2026-11-23T09:30:00+08:00", "left": -1800, **still},
        {**own, "clock": "update", "state": "running", "target": 7200, "elapsed": 3600,
         "wall": 3600, "due": "2026-11-23T11:00:00+08:00", "left": 3600, **still},
        {**own, "clock": "resolve", "state": "running", "target": 28800, "elapsed": 3600,
         "wall": 3600, "due": "2026-11-23T18:00:00+08:00", "left": 25200, **still},
        {**held, "clock": "respond", "state": "at_risk", "target": 1800, "elapsed": 1800,
         "wall": 1800, "due": "2026-11-23T10:00:00+08:00", "left": 0, **still},
        {**held, "clock": "update", "state": "paused", "target": 7200, "elapsed": 900,
         "wall": 1800, "due": None, "left": 6300, **still},
        {**held, "clock": "resolve", "state": "paused", "target": 28800, "elapsed": 900,
         "wall": 1800, "due": None, "left": 27900, **still},
    ]  # fmt: skip


def test_clocks_as_lines_of_json_and_as_csv(office: Office):
    rows = json.loads(office.done("sla", "--all", "-f", "json").out)
    lines = office.done("sla", "--all", "-f", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == rows
    assert (
        office.done("sla", OVER, "-f", "csv").out
        == """\
id,priority,status,team,assignee,promise,calendar,clock,state,target,elapsed,wall,due,left,stopped,missed
T-261123-A0006,P4,resolved,,,all others,office,respond,met,14400,600,600,2026-11-23T14:00:00+08:00,13800,2026-11-23T09:10:00+08:00,0
T-261123-A0006,P4,resolved,,,all others,office,resolve,met,57600,1800,1800,2026-11-24T18:00:00+08:00,55800,2026-11-23T09:30:00+08:00,0
"""  # noqa: E501
    )


def test_ids_are_those_that_something_is_promised_to(office: Office):
    assert office.run("sla", "-f", "ids").out.splitlines() == [LAPTOP, VPN, PRINTER, WAITING]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["priority:P4"], "13"),
        (["-priority:P4"], "25"),
        (["sla:breached"], "2"),
        (["sla:at_risk,paused"], "15"),
        (["due:<=30m"], "25"),
        (["status:resolved"], "6"),
        (["--all", "sla:met"], "6"),
        (["断线"], "2"),
        (["slow"], ""),
        (["assignee:me"], ""),
        (["--since", "2026-11-21"], "235"),
        (["--since", "2026-11-23 09:30", "--all"], "35"),
        ([VPN, PRINTER, "priority:P4"], "3"),
        ([VPN, "--since", "09:30"], ""),
        (["kind:change"], ""),
    ],
)
def test_which_tickets(office: Office, words: list[str], found: str):
    assert tickets_of(office.run("sla", *words, "-f", "ids")) == list(found)
    assert tickets_of(office.run("sla", *words)) == list(found)


def test_why_nothing_is_shown(office: Office):
    assert office.run("sla", "no such words") == (0, "", "no ticket fits\n")
    assert office.run("sla", ROUTER) == (0, "", "nothing is promised to these tickets\n")
    assert office.run("sla", ROUTER, "-f", "json") == (0, "[]\n", "")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["nope1"], 3, "no record is named 'nope1'; `desk list --all` shows them"),
        (["sla:braeched"], 2, "'braeched' is no state of a clock; did you mean breached?\n"
         "  sla:braeched\n      ^^^^^^^^"),
        (["due:4h"], 2, "due:4h is no comparison; write due:<4h, due:>=3d or due:none\n"
         "  due:4h\n      ^^"),
        (["--since", "soon"], 2, "'soon' is no time that desk can read; write "
         "2026-11-21T09:00:00+08:00, 2026-11-21 09:00, yesterday 14:00 or 2h"),
        (["--policy", "nope.yaml"], 2, "--policy nope.yaml is no file; name another desk.yaml"),
        (["--policy", "."], 2, "--policy . is no file; name another desk.yaml"),
    ],
)  # fmt: skip
def test_bad_input(office: Office, words: list[str], code: int, sentence: str):
    assert office.run("sla", *words) == (code, "", f"desk: {sentence}\n")


def test_an_article_has_no_clocks(own: Office):
    article = own.root / "kb" / "KB-261012-74K30.yaml"
    article.write_text("id: KB-261012-74K30\ntitle: Plan\nstatus: published\n", encoding="utf-8")
    sentence = "desk: KB-261012-74K30 is an article; this command is for tickets\n"
    assert own.run("sla", "KB-261012-74K30") == (1, "", sentence)


def test_fail_on(office: Office):
    ran = office.run("sla", "--fail-on", "breached")
    assert ran == (6, CLOCKS, f"desk: 1 ticket is breached: {VPN}\n")
    ran = office.run("sla", "--fail-on", "at_risk", "-f", "ids")
    ids = f"{LAPTOP}\n{VPN}\n{PRINTER}\n{WAITING}\n"
    sentence = f"desk: 3 tickets are at risk or breached: {LAPTOP}, {VPN}, {WAITING}\n"
    assert ran == (6, ids, sentence)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--fail-on", "breached", LAPTOP, WAITING], 0),
        (["--fail-on", "at_risk", LAPTOP], 6),
        (["--fail-on", "at_risk", PRINTER, OVER], 0),
        (["--fail-on", "at_risk", ROUTER], 0),
        (["--fail-on", "breached", VPN], 6),
        (["--fail-on", "met"], 2),
    ],
)
def test_fail_on_looks_at_what_is_shown(office: Office, words: list[str], code: int):
    assert office.run("sla", *words).code == code


def test_fail_on_names_five_and_counts_the_rest(own: Office):
    for _ in range(6):
        own.open("Late", at="2026-11-02T09:00+08:00")
    ran = own.run("sla", "--fail-on", "breached")
    assert (ran.code, ran.err) == (
        6,
        "desk: 7 tickets are breached: T-261102-A0007, T-261102-A0008, T-261102-A0009, "
        "T-261102-A000A, T-261102-A000B and 2 more\n",
    )


def test_damage_is_told_after_the_clocks(own: Office):
    own.path(LAPTOP).write_text("id: [", encoding="utf-8")
    ids = f"{VPN}\n{PRINTER}\n{WAITING}\n"
    damage = (
        "desk: tickets/2026/11/T-261120-A0001.yaml:2: this is not YAML: did not find expected "
        "node content\n"
    )
    assert own.run("sla", "-f", "ids") == (4, ids, damage)
    both = f"{damage}desk: 1 ticket is breached: {VPN}\n"
    assert own.run("sla", "--fail-on", "breached", "-f", "ids") == (1, ids, both)


# --- what if -------------------------------------------------------------------------------


def what_if(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_another_policy_over_history(office: Office, tmp_path: Path):
    stricter = POLICY.replace("respond: 4h, resolve: 16h", "respond: 5m, resolve: 20m")
    ran = office.run("sla", OVER, PRINTER, "--policy", what_if(tmp_path, "stricter.yaml", stricter))
    assert (
        ran.out
        == """\
id              clock    state     due    left      target  elapsed  wall  priority
T-261123-A0006  respond  breached  09:05  5m late   5m      10m      10m   P4
T-261123-A0006  resolve  breached  09:20  10m late  20m     30m      30m   P4
T-261123-A0003  respond  running   10:05  5m left   5m      0m       0m    P4
T-261123-A0003  resolve  running   10:20  20m left  20m     0m       0m    P4
"""
    )
    assert ran.code == 0


def test_terms_and_fail_on_go_by_the_other_policy(office: Office, tmp_path: Path):
    kinder = POLICY.replace("respond: 30m, update: 2h", "respond: 8h, update: 8h")
    path = what_if(tmp_path, "kinder.yaml", kinder)
    assert office.run("sla", "sla:breached", "--policy", path).err == "no ticket fits\n"
    assert office.run("sla", VPN, "--policy", path, "--fail-on", "at_risk").code == 0
    assert office.run("sla", VPN, "--fail-on", "at_risk").code == 6


def test_another_policy_has_its_holidays_beside_it(office: Office, tmp_path: Path):
    text = POLICY.replace("    holidays:", "    holidays_file: feiertage.ics\n    holidays:")
    what_if(tmp_path, "feiertage.ics",
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:放假\r\n"
            "DTSTART;VALUE=DATE:20261123\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")  # fmt: skip
    ran = office.run("sla", LAPTOP, "--policy", what_if(tmp_path, "other.yaml", text))
    assert (
        ran.out
        == """\
id              clock    state    due              left      target  elapsed  wall    priority
T-261120-A0001  respond  running  Tue 11-24 11:00  2h left   4h      2h       2d 18h  P4
T-261120-A0001  resolve  running  Wed 11-25 16:00  14h left  16h     2h       2d 18h  P4
"""
    )


@pytest.mark.parametrize(
    ("holidays", "sentence"),
    [
        (None, "{}:31: 'x.ics' cannot be read: there is no x.ics"),
        ("BEGIN:VCALENDAR\n", "x.ics: this is no iCalendar file (RFC 5545): Found no components "
                              "where exactly one is required: BEGIN:VCALENDAR"),
    ],
)  # fmt: skip
def test_another_policy_whose_holidays_are_no_calendar(
    office: Office, tmp_path: Path, holidays: str | None, sentence: str
):
    if holidays is not None:
        what_if(tmp_path, "x.ics", holidays)
    text = POLICY.replace("    holidays:", "    holidays_file: x.ics\n    holidays:")
    path = what_if(tmp_path, "other.yaml", text)
    ran = office.run("sla", "--policy", path)
    assert ran == (4, "", f"desk: {sentence.format(path)}\n")


def test_another_policy_with_mistakes(office: Office, tmp_path: Path):
    text = POLICY.replace("format: 1", "format: 1\nnmae: x").replace("at: 100%", "at: 0%")
    path = what_if(tmp_path, "other.yaml", text)
    ran = office.run("sla", "--policy", path)
    assert ran == (
        4,
        "",
        f"desk: {path}:2: 'nmae' is no setting here; did you mean name?\n"
        f"desk: {path}:45: 'at' is a share of the target from 1% to 999%, such as 75%\n",
    )


def test_another_policy_that_is_no_policy(office: Office, tmp_path: Path):
    path = what_if(tmp_path, "other.yaml", "- x\n")
    ran = office.run("sla", "--policy", path)
    assert ran == (4, "", f"desk: {path}:1: this file is a mapping of settings, `name: …`\n")


# --- queue ---------------------------------------------------------------------------------

QUEUE = """\
id              due    left      clock    state     priority  title               holder  status
T-261123-A0002  09:30  30m over  respond  breached  P2        VPN 断线                    new
T-261123-A0005  10:00  0m left   respond  at_risk   P2        Waiting for a part          on_hold
T-261120-A0001  11:00  1h left   respond  at_risk   P4        Laptop 很慢                 new
T-261123-A0003  15:00  4h left   respond  running   P4        打印机卡纸                  new
T-261123-A0004                                      P4        Change router               new
"""


def test_the_queue_by_what_is_due_next(office: Office):
    assert office.run("queue") == (0, QUEUE, "")


def test_the_queue_at_another_moment(own: Office):
    """By Thursday all of them are late; the one that was due first comes first."""
    own.done("assign", PRINTER, "--to", "lin")
    assert (
        own.run("queue", at="2026-11-26T09:00+08:00").out
        == """\
id              due              left          clock    state     priority  title               holder  status
T-261123-A0002  Mon 11-23 09:30  23h 30m over  respond  breached  P2        VPN 断线                    new
T-261123-A0005  Mon 11-23 10:00  23h over      respond  breached  P2        Waiting for a part          on_hold
T-261120-A0001  Mon 11-23 11:00  22h over      respond  breached  P4        Laptop 很慢                 new
T-261123-A0003  Mon 11-23 15:00  19h over      respond  breached  P4        打印机卡纸          lin     in_progress
T-261123-A0004                                                    P4        Change router               new
"""  # noqa: E501
    )


def test_what_stands_still_comes_after_what_runs_and_before_what_has_no_promise(own: Office):
    """Of those that stand still the one with the least time left comes first."""
    own.done("reply", WAITING, "on its way")
    own.done("hold", LAPTOP, "--for", "requester")
    own.done("reply", LAPTOP, "?")
    table = own.run("queue").out
    assert tickets_of(Ran(0, table, "")) == ["2", "3", "5", "1", "4"]
    rows = json.loads(own.run("queue", "-f", "json").out)
    assert [(row["clock"], row["state"], row["due"], row["left"]) for row in rows[2:]] == [
        ("update", "paused", None, 7200),
        ("resolve", "paused", None, 46800),
        (None, None, None, None),
    ]


def test_the_queue_for_programs(office: Office):
    rows = json.loads(office.run("queue", "-f", "json").out)
    first = {"id": VPN, "priority": "P2", "status": "new", "title": "VPN 断线", "team": None,
             "assignee": None, "clock": "respond", "state": "breached",
             "due": "2026-11-23T09:30:00+08:00", "left": -1800}  # fmt: skip
    last = {"id": ROUTER, "priority": "P4", "status": "new", "title": "Change router",
            "team": None, "assignee": None, "clock": None, "state": None, "due": None,
            "left": None}  # fmt: skip
    assert (rows[0], rows[-1]) == (first, last)
    lines = office.run("queue", "-f", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == rows
    assert (
        office.run("queue", "-f", "csv").out
        == """\
id,priority,status,title,team,assignee,clock,state,due,left
T-261123-A0002,P2,new,VPN 断线,,,respond,breached,2026-11-23T09:30:00+08:00,-1800
T-261123-A0005,P2,on_hold,Waiting for a part,,,respond,at_risk,2026-11-23T10:00:00+08:00,0
T-261120-A0001,P4,new,Laptop 很慢,,,respond,at_risk,2026-11-23T11:00:00+08:00,3600
T-261123-A0003,P4,new,打印机卡纸,,,respond,running,2026-11-23T15:00:00+08:00,14400
T-261123-A0004,P4,new,Change router,,,,,,
"""
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], "25134"),
        (["--limit", "2"], "25"),
        (["--limit", "0"], ""),
        (["priority:P4"], "134"),
        (["-kind:change"], "2513"),
        (["due:<=1h"], "251"),
        (["due:<0m"], "2"),
        (["due:none"], "4"),
        (["sla:at_risk"], "51"),
        (["卡纸"], "3"),
        (["status:resolved"], ""),
    ],
)
def test_which_are_queued(office: Office, words: list[str], found: str):
    ran = office.run("queue", *words, "-f", "ids")
    assert (ran.code, tickets_of(ran), ran.err) == (0, list(found), "")


def test_an_empty_queue(office: Office):
    assert office.run("queue", "nothing") == (0, "", "no live ticket fits\n")
    assert office.run("queue", "--limit", "0") == (0, "", "")
    before = "2026-11-20T09:00+08:00"
    assert office.run("queue", at=before) == (0, "", "no live ticket fits\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sla:late"], "'late' is no state of a clock; known are running, paused, met, at_risk, "
                       "breached, none"),
        (["--sort", "due"], "No such option '--sort'."),
        (["tema:x"], "no ticket has a field 'tema'; did you mean team?"),
    ],
)  # fmt: skip
def test_bad_input_to_the_queue(office: Office, words: list[str], sentence: str):
    ran = office.run("queue", *words)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err


def test_damage_is_told_after_the_queue(own: Office):
    own.path(VPN).write_text("id: [", encoding="utf-8")
    ran = own.run("queue", "-f", "ids")
    assert (ran.code, tickets_of(ran)) == (4, list("5134"))
    assert ran.err.startswith("desk: tickets/2026/11/T-261123-A0002.yaml:2: this is not YAML")


def test_holidays_that_are_no_calendar_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = POLICY.replace("    holidays:", "    holidays_file: x.ics\n    holidays:")
    office = Office(tmp_path, monkeypatch)
    office.open("x", "--at", "09:00")
    (office.root / "x.ics").write_text("hello\n", encoding="utf-8")
    (office.root / "desk.yaml").write_text(text, encoding="utf-8")
    for command in ("queue", "sla", "policy"):
        assert office.run(command) == (
            4,
            "",
            "desk: x.ics: this is no iCalendar file (RFC 5545): Content line could not be parsed "
            "into parts: 'hello': Invalid content line\n",
        )
    assert office.run("list", "-f", "ids") == (0, "T-261123-A0001\n", "")


def test_times_are_those_of_the_desk(office: Office):
    ran = office.run("queue", VPN.lower(), "-f", "ids")
    assert ran.out == ""  # the queue takes terms, no ids
    ran = office.run("queue", "断线", "-f", "csv", at="2026-11-23T02:00:00Z")
    assert ran.out.splitlines()[1].split(",")[-2:] == ["2026-11-23T09:30:00+08:00", "-1800"]
