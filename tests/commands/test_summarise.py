"""desk summarise: what it prints; the figures themselves are tested with the summary."""

import json

import pytest

from desk.commands import summarise
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
        (["tema:x"], "no ticket has a field 'tema'; did you mean team?"),
        (["team:"], "'team:' has no value; write team:VALUE or team:none"),
        (["--since", "tomorrow"], "the period is empty: --since is not before --until or now"),
        (["--since", "1d", "--until", "2d"],
         "the period is empty: --since is not before --until or now"),
        (["--since", "soon"], "'soon' is no time that desk can read; write "
         "2026-11-21T09:00:00+08:00, 2026-11-21 09:00, yesterday 14:00 or 2h"),
        (["-f", "ids"], "figures have no ids; take another --format"),
        (["--define", "-f", "ids"], "these rows have no ids; take another --format"),
    ],
)  # fmt: skip
def test_bad_input(three: Shell, words: list[str], sentence: str):
    assert three.run("summarise", *words) == (2, "", f"desk: {sentence}\n")


def test_both_spellings_are_one_command():
    assert summarise.summarise_.name == "summarise"
