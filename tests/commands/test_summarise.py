"""desk summarise: what it prints; the figures themselves are tested with the summary."""

import json
from pathlib import Path

import pytest

from desk.commands import summarise
from tests.commands.promising import Office
from tests.support import Shell

AS_OF = "2026-11-21T09:00:00+08:00"


@pytest.fixture
def three(shell: Shell) -> Shell:
    shell.open("打印机卡纸", "--team", "network", at="2026-11-19T09:00+08:00")
    shell.open("VPN drops", "--impact", "department", at="2026-11-20T09:00+08:00")
    shell.open("Password", at="2026-11-20T10:00+08:00")
    shell.done("resolve", "A0003", "--solution", "x", at="2026-11-20T12:30+08:00")
    shell.done("survey", "A0003", "--score", "3", at="2026-11-20T13:00+08:00")
    return shell


def test_for_people(three: Shell):
    assert three.run("summarise") == (
        0,
        """\
measure                        value    of
opened                         3
resolved                       1
closed                         0
backlog                        2
backlog_age_mean               1d 12h   2
backlog_age_up_to_1d           1
backlog_age_1d_to_5d           1
backlog_age_5d_to_10d          0
backlog_age_10d_to_30d         0
backlog_age_over_30d           0
first_response_median          2h 30m   1
first_response_p90             2h 30m   1
resolution_median              2h 30m   1
resolution_p90                 2h 30m   1
resolution_mean                2h 30m   1
work_median                    2h 30m   1
first_contact_resolution_rate  100.0 %  1 of 1
first_level_resolution_rate    100.0 %  1 of 1
reopen_rate                    0.0 %    0 of 1
reassignment_mean              0.00     1
escalation_rate                0.0 %    0 of 1
csat                           0.0 %    0 of 1
csat_mean                      3.00     1
""",
        "",
    )


def test_groups_and_chosen_measures(three: Shell):
    assert (
        three.run("summarize", "--by", "team", "--measures", "opened,csat").out
        == """\
measure  value  of
opened   3
csat     0.0 %  0 of 1

team     opened  csat
network  1
none     2       0.0 %
"""
    )


def test_terms_and_a_period(three: Shell):
    ran = three.run("summarise", "-team:network", "--since", "2026-11-20", "--until", "2026-11-21",
                    "--by", "impact", "--measures", "opened,resolved", "-f", "json")  # fmt: skip
    opened = {
        "unit": "tickets",
        "definition": "Tickets opened in the period, whatever became of them.",
    }
    resolved = json.loads(ran.out)["measures"]["resolved"]
    assert resolved["value"] == 1
    assert json.loads(ran.out) == {
        "as_of": "2026-11-21T00:00:00+08:00",
        "filter": "-team:network",
        "period": {"since": "2026-11-20T00:00:00+08:00", "until": "2026-11-21T00:00:00+08:00"},
        "measures": {"opened": {"value": 2, **opened}, "resolved": resolved},
        "groups": [
            {"by": {"impact": "department"},
             "measures": {"opened": {"value": 1, **opened}, "resolved": {**resolved, "value": 0}}},
            {"by": {"impact": "person"},
             "measures": {"opened": {"value": 1, **opened}, "resolved": resolved}},
        ],
    }  # fmt: skip


def test_as_of_any_moment(three: Shell):
    out = three.done(
        "summarise", "--measures", "backlog", "-f", "json", at="2026-11-20T11:00+08:00"
    ).out
    assert (json.loads(out)["as_of"], json.loads(out)["measures"]["backlog"]["value"]) == (
        "2026-11-20T11:00:00+08:00", 3,
    )  # fmt: skip


def test_rows_for_spreadsheets(three: Shell):
    out = three.done("summarise", "--by", "team", "--measures", "opened,csat", "-f", "csv").out
    assert (
        out
        == """\
of,team,measure,value,unit,numerator,denominator,n
total,,opened,3,tickets,,,
total,,csat,0.0,ratio,0,1,
group,network,opened,1,tickets,,,
group,,opened,2,tickets,,,
group,,csat,0.0,ratio,0,1,
"""
    )


def test_yaml(three: Shell):
    assert (
        three.done("summarise", "--measures", "opened", "-f", "yaml").out
        == f"""\
as_of: "{AS_OF}"
filter: ""
period: {{}}
measures:
  opened:
    value: 3
    unit: tickets
    definition: Tickets opened in the period, whatever became of them.
groups: []
"""
    )


def test_definitions(three: Shell):
    from desk.summary import DEFINITIONS

    one = DEFINITIONS["csat"]
    assert three.run("summarise", "--define", "--measures", "csat").out == (
        f"csat (ratio)\n  {one.text}\n  Source: {one.source}\n"
    )
    every = three.run("summarise", "--define").out
    assert [line.split()[0] for line in every.splitlines() if line[:1] not in (" ", "")] == list(
        DEFINITIONS
    )
    rows = json.loads(three.run("summarise", "--define", "-f", "json").out)
    assert rows[0].keys() == {"measure", "unit", "definition", "source"}


def test_definitions_need_no_desk(tmp_path):
    from tests.support import run

    assert run(["-C", str(tmp_path), "summarise", "--define"]).code == 0


def test_an_empty_desk(shell: Shell):
    ran = shell.run("summarise", "--measures", "opened,csat")
    assert ran == (0, "measure  value  of\nopened   0\n", "")


def test_damage_is_said_after_the_figures(three: Shell):
    three.path("T-261119-A0001").write_text("id: [", encoding="utf-8")
    ran = three.run("summarise", "--measures", "opened")
    assert ran == (
        4,
        "measure  value  of\nopened   2\n",
        "desk: tickets/2026/11/T-261119-A0001.yaml:2: this is not YAML: did not find expected node "
        "content\n",
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--measures", "csta"], "no measure is named 'csta'; did you mean csat?"),
        (["--by", "tema"], "no ticket has a field 'tema'; did you mean team?"),
        (["--since", "tomorrow"], "the period is empty: --since is not before --until or now"),
        (["--since", "1d", "--until", "2d"],
         "the period is empty: --since is not before --until or now"),
        (["--since", "soon"], "'soon' is no time that desk can read; write "
         "2026-11-21T09:00:00+08:00, 2026-11-21 09:00, yesterday 14:00 or 2h"),
        (["-f", "ids"], "Invalid value for '-f' / '--format': 'ids' is not one of 'table', "
         "'json', 'ndjson', 'csv', 'tsv', 'yaml', 'markdown', "
         "'openmetrics'; see `desk summarise --help`"),
        (["--define", "-f", "openmetrics"], "definitions are no metrics; take another --format"),
    ],
)  # fmt: skip
def test_bad_input(three: Shell, words: list[str], sentence: str):
    assert three.run("summarise", *words) == (2, "", f"desk: {sentence}\n")


def test_both_spellings_are_one_command():
    assert summarise.summarise_.name == "summarise"


# --- promises ------------------------------------------------------------------------------

KEPT = "respond_attainment,update_attainment,resolve_attainment,breached,at_risk"
HALF_PAST_TEN = "2026-11-23T10:30+08:00"


@pytest.fixture
def promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Three solved tickets, and live ones that are late, at risk, both, and without promise."""
    office = Office(tmp_path, monkeypatch)
    urgent = ("--impact", "department", "--urgency", "high")
    office.open("及时", "--team", "network", at="2026-11-16T09:00+08:00")
    office.done("reply", "A0001", "x", at="2026-11-16T10:00+08:00")
    office.done("resolve", "A0001", "--solution", "x", at="2026-11-17T09:00+08:00")
    office.open("News too late", *urgent, at="2026-11-17T09:00+08:00")
    office.done("reply", "A0002", "x", at="2026-11-17T10:00+08:00")
    office.done("resolve", "A0002", "--solution", "x", at="2026-11-17T15:00+08:00")
    office.open("Solved at once", "--team", "service-desk", at="2026-10-29T09:00+08:00")
    office.done("resolve", "A0003", "--solution", "x", at="2026-10-29T11:00+08:00")
    office.open("Late", "--team", "network", at="2026-11-20T09:00+08:00")
    office.open("At risk", "--team", "service-desk", at="2026-11-20T16:00+08:00")
    office.open("Late and at risk", *urgent, at="2026-11-20T17:45+08:00")
    office.open("Cancelled", at="2026-11-20T09:00+08:00")
    office.done("cancel", "A0007", "--because", "x", at="2026-11-20T16:00+08:00")
    office.open("No promise", "--kind", "change", at="2026-11-20T09:00+08:00")
    return office


def test_how_promises_were_kept(promised: Office):
    assert promised.run("summarise", "--measures", KEPT, at=HALF_PAST_TEN) == (
        0,
        """\
measure             value    of
respond_attainment  66.7 %   2 of 3
update_attainment   0.0 %    0 of 1
resolve_attainment  100.0 %  3 of 3
breached            2
at_risk             2
""",
        "",
    )


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        (["team"], """\
team          respond_attainment  update_attainment  resolve_attainment  breached  at_risk
network       100.0 %                                100.0 %             1         0
service-desk  100.0 %                                100.0 %             0         1
none          0.0 %               0.0 %              100.0 %             1         1
"""),
        (["month"], """\
month    respond_attainment  update_attainment  resolve_attainment  breached  at_risk
2026-10  100.0 %                                100.0 %             0         0
2026-11  50.0 %              0.0 %              100.0 %             2         2
"""),
        (["priority"], """\
priority  respond_attainment  update_attainment  resolve_attainment  breached  at_risk
P2        0.0 %               0.0 %              100.0 %             1         1
P4        100.0 %                                100.0 %             1         1
"""),
        (["month", "team"], """\
month    team          respond_attainment  update_attainment  resolve_attainment  breached  at_risk
2026-10  service-desk  100.0 %                                100.0 %             0         0
2026-11  network       100.0 %                                100.0 %             1         0
2026-11  service-desk                                                             0         1
2026-11  none          0.0 %               0.0 %              100.0 %             1         1
"""),
    ],
    ids=["team", "month", "priority", "month-team"],
)  # fmt: skip
def test_how_promises_were_kept_by_field_and_by_month(promised: Office, by: list[str], groups: str):
    options = [word for field in by for word in ("--by", field)]
    out = promised.done("summarise", "--measures", KEPT, "--since", "2026-10-01", *options,
                        at=HALF_PAST_TEN).out  # fmt: skip
    assert out.partition("\n\n")[2] == groups


def test_how_promises_were_kept_as_of_any_moment(promised: Office):
    """On Friday evening nothing was late but the oldest, and nothing had been given up."""
    rows = json.loads(
        promised.done("summarise", "--measures", KEPT, "-f", "json", "--since", "2026-11-17",
                      at="2026-11-20T18:00+08:00").out
    )["measures"]  # fmt: skip
    assert {name: row.get("value") for name, row in rows.items()} == {
        "respond_attainment": 0.0, "update_attainment": 0.0, "resolve_attainment": 1.0,
        "breached": 1, "at_risk": 0,
    }  # fmt: skip


def test_rows_of_how_promises_were_kept(promised: Office):
    out = promised.done("summarise", "--measures", KEPT, "--by", "priority", "-f", "csv",
                        "priority:P2", at=HALF_PAST_TEN).out  # fmt: skip
    assert (
        out
        == """\
of,priority,measure,value,unit,numerator,denominator,n
total,,respond_attainment,0.0,ratio,0,1,
total,,update_attainment,0.0,ratio,0,1,
total,,resolve_attainment,1.0,ratio,1,1,
total,,breached,1,tickets,,,
total,,at_risk,1,tickets,,,
group,P2,respond_attainment,0.0,ratio,0,1,
group,P2,update_attainment,0.0,ratio,0,1,
group,P2,resolve_attainment,1.0,ratio,1,1,
group,P2,breached,1,tickets,,,
group,P2,at_risk,1,tickets,,,
"""
    )


@pytest.mark.parametrize(
    ("term", "opened"),
    [
        ("sla:breached", 3),
        ("-sla:breached", 5),
        ("sla:none", 2),
        ("due:<0m", 2),
        ("age:>2d 18h", 7),
    ],
)
def test_terms_of_moments_in_a_summary(promised: Office, term: str, opened: int):
    out = promised.done("summarise", term, "--measures", "opened", at=HALF_PAST_TEN).out
    assert out == f"measure  value  of\nopened   {opened}\n"


@pytest.mark.parametrize(
    ("term", "opened"),
    [("sla:breached", 1), ("-sla:none", 3), ("due:<4h", 0), ("age:<30d", 3), ("-age:<1d", 2)],
)
def test_a_summary_of_before_leaves_out_what_was_not_open_yet(
    promised: Office, term: str, opened: int
):
    for until, number in (("2026-11-18", opened), ("2026-10-01", 0)):
        out = promised.done("summarise", term, "--until", until, "--measures", "opened").out
        assert out == f"measure  value  of\nopened   {number}\n"


def test_a_desk_that_promises_nothing_has_no_such_figures(three: Shell):
    assert "attainment" not in three.done("summarise").out
    out = three.done("summarise", "--measures", "opened,breached").out
    assert out == "measure  value  of\nopened   3\n"
