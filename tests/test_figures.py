"""Figures as tables for people and as rows for programs."""

from typing import Any

import pytest

from desk import figures


@pytest.mark.parametrize(
    ("measure", "shown"),
    [
        ({"value": 12, "unit": "tickets"}, "12"),
        ({"value": 93_780, "unit": "seconds"}, "1d 2h"),
        ({"value": 2 / 3, "unit": "ratio"}, "66.7 %"),
        ({"value": 4.256, "unit": "score"}, "4.26"),
    ],
)
def test_a_figure_has_the_unit_that_people_read(measure: Any, shown: str):
    assert figures.figure(measure) == shown


SUMMARY: Any = {
    "measures": {
        "opened": {"value": 3, "unit": "tickets", "definition": "…"},
        "csat": {"value": 0.5, "unit": "ratio", "numerator": 1, "denominator": 2},
        "resolution_median": {"value": 5400, "unit": "seconds", "n": 2},
    },
    "groups": [
        {"by": {"team": "网络"}, "measures": {"opened": {"value": 2, "unit": "tickets"}}},
        {"by": {"team": None}, "measures": {"csat": {"value": 0.5, "unit": "ratio",
                                                     "numerator": 1, "denominator": 2}}},
    ],
}  # fmt: skip


def test_figures_for_people():
    assert (
        figures.tables(SUMMARY, ["csat", "opened"], ["team"])
        == """\
measure  value   of
csat     50.0 %  1 of 2
opened   3

team  csat    opened
网络          2
none  50.0 %
"""
    )


def test_figures_in_markdown():
    assert (
        figures.tables(SUMMARY, ["csat", "opened"], ["team"], form="markdown", width=10)
        == """\
| measure | value  | of     |
| ------- | ------ | ------ |
| csat    | 50.0 % | 1 of 2 |
| opened  | 3      |        |

| team | csat   | opened |
| ---- | ------ | ------ |
| 网络 |        | 2      |
| none | 50.0 % |        |
"""
    )
    assert figures.tables({**SUMMARY, "groups": []}, ["opened"], [], form="markdown") == (
        "| measure | value | of  |\n| ------- | ----- | --- |\n| opened  | 3     |     |\n"
    )


NARROW = """\
measure            value   of
csat               50.0 %  1 of 2
resolution_median  1h 30m  2

first_team  csat    resolution
                    median
网络
none        50.0 %
"""


def test_the_words_of_a_name_are_stacked_where_the_terminal_is_narrow():
    summary = {**SUMMARY, "groups": [{**one, "by": {"first_team": one["by"]["team"]}}
                                     for one in SUMMARY["groups"]]}  # fmt: skip
    names = ["csat", "resolution_median"]
    assert figures.tables(summary, names, ["first_team"], width=36) == NARROW
    wide = figures.tables(summary, names, ["first_team"], width=37)
    assert wide == NARROW.replace("resolution\n                    median", "resolution_median")


def test_figures_as_rows():
    assert figures.figure_rows(SUMMARY, ["team"])[1:4:2] == [
        {"of": "total", "team": None, "measure": "csat", "value": 0.5, "unit": "ratio",
         "numerator": 1, "denominator": 2, "n": None},
        {"of": "group", "team": "网络", "measure": "opened", "value": 2, "unit": "tickets",
         "numerator": None, "denominator": None, "n": None},
    ]  # fmt: skip
