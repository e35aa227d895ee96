"""Figures as OpenMetrics: what two independent parsers make of them."""

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import parser as older
from prometheus_client.openmetrics import parser

from desk import facts, openmetrics
from desk.definitions import DEFINITIONS
from desk.errors import UsageError
from desk.summary import summarise
from tests import strategies
from tests.conftest import NOW

AS_OF = 'desk_as_of_timestamp_seconds{by="team"}'


def summary(groups: list[tuple[dict[str, Any], float]], **more: Any) -> Any:
    """A summary with a backlog and a satisfaction of each group."""
    measures = {
        "backlog": {"value": 7, "unit": "tickets", "definition": "…"},
        "csat": {"value": 0.8, "unit": "ratio", "numerator": 4, "denominator": 5},
        "resolution_median": {"value": 5400, "unit": "seconds", "n": 3},
    }
    return {
        "as_of": "2026-11-21T09:00:00+08:00",
        "measures": measures,
        "groups": [
            {"by": by, "measures": {"backlog": {**measures["backlog"], "value": number}}}
            for by, number in groups
        ],
        **more,
    }


def samples(text: str) -> list[tuple[str, dict[str, str], float]]:
    """(name, labels, value) of every sample, of which both parsers tell the same."""
    assert text.endswith("# EOF\n")
    assert "\r" not in text
    found = list(parser.text_string_to_metric_families(text))
    told = [(s.name, s.labels, s.value) for family in found for s in family.samples]
    before = older.text_string_to_metric_families(text)
    assert [(s.name, s.labels, s.value) for one in before for s in one.samples] == told
    assert {family.type for family in found} == {"gauge"}
    assert not [s for family in found for s in family.samples if s.timestamp or s.exemplar]
    keys = [(name, tuple(labels.items())) for name, labels, _ in told]
    assert len(set(keys)) == len(keys), "a series stands there once"
    return told


def test_the_whole():
    assert (
        openmetrics.text(summary([]), (), {})
        == f"""\
# TYPE desk_as_of_timestamp_seconds gauge
# UNIT desk_as_of_timestamp_seconds seconds
# HELP desk_as_of_timestamp_seconds The moment as of which the figures are, in seconds since 1970.
desk_as_of_timestamp_seconds 1795222800
# TYPE desk_backlog_tickets gauge
# UNIT desk_backlog_tickets tickets
# HELP desk_backlog_tickets {DEFINITIONS["backlog"].text}
desk_backlog_tickets 7
# TYPE desk_resolution_median_seconds gauge
# UNIT desk_resolution_median_seconds seconds
# HELP desk_resolution_median_seconds {DEFINITIONS["resolution_median"].text}
desk_resolution_median_seconds 5400
# TYPE desk_resolution_median_n gauge
# HELP desk_resolution_median_n The cases that desk_resolution_median_seconds is made of.
desk_resolution_median_n 3
# TYPE desk_csat_ratio gauge
# UNIT desk_csat_ratio ratio
# HELP desk_csat_ratio {DEFINITIONS["csat"].text}
desk_csat_ratio 0.8
# TYPE desk_csat_numerator gauge
# HELP desk_csat_numerator The cases that count in desk_csat_ratio.
desk_csat_numerator 4
# TYPE desk_csat_denominator gauge
# HELP desk_csat_denominator The cases of which desk_csat_ratio is the share.
desk_csat_denominator 5
# EOF
"""
    )


def test_groups_stand_without_their_total():
    """It would count twice where a monitoring system adds them up."""
    text = openmetrics.text(summary([({"team": "网络"}, 3), ({"team": None}, 4)]), ["team"], {})
    assert samples(text) == [
        ("desk_as_of_timestamp_seconds", {"by": "team"}, 1795222800),
        ("desk_backlog_tickets", {"team": "网络"}, 3),
        ("desk_backlog_tickets", {"team": "none"}, 4),
    ]
    assert len(samples(openmetrics.text(summary([]), ["team"], {}))) == 1


def test_what_was_asked_for_is_a_label_of_all():
    text = openmetrics.text(
        summary([({"team": "a"}, 3)]), ["team"], {"filter": 'x "y"', "since": "30d"}
    )
    assert [labels for _, labels, _ in samples(text)] == [
        {"filter": 'x "y"', "since": "30d", "by": "team"},
        {"filter": 'x "y"', "since": "30d", "team": "a"},
    ]


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("team", "team"),
        ("requester.department", "requester_department"),
        ("asset-no", "asset_no"),
        ("机身", "u673au8eab"),
        ("2fa", "by_2fa"),
        ("__name__", "by___name__"),
        ("", "by_"),
        ("a{b=\"c\"} 1\n", "a_b__c___1_"),
    ],
)  # fmt: skip
def test_a_field_is_a_label_of_letters_digits_and_underscores(field: str, label: str):
    text = openmetrics.text(summary([({field: "x"}, 3)]), [field], {})
    assert samples(text)[1][1] == {label: "x"}


@pytest.mark.parametrize(
    ("by", "asked_for", "sentence"),
    [
        (["a.b", "a-b"], {}, "'a.b' and 'a-b' would both be the label a_b; take one"),
        (["filter"], {"filter": "x"}, "'filter' and 'filter' would both be the label filter; take "
         "one"),
    ],
)  # fmt: skip
def test_two_fields_with_one_label_are_refused(by: list[str], asked_for: Any, sentence: str):
    with pytest.raises(UsageError) as error:
        openmetrics.text(summary([(dict.fromkeys(by), 3)]), by, asked_for)
    assert str(error.value) == sentence


VALUES = (
    None,
    "none",
    True,
    "true",
    False,
    7,
    "7",
    "",
    [],
    {"a": 1},
    '"',
    "\\",
    "a\nb",
    "a\rb",
    "\\n",
)


def test_values_that_look_the_same_are_told_apart():
    text = openmetrics.text(summary([({"x": v}, n) for n, v in enumerate(VALUES)]), ["x"], {})
    told = [labels["x"] for _, labels, _ in samples(text)[1:]]
    assert told[:7] == ["none", '"none"', "true", '"true"', "false", "7", '"7"']
    assert told[10:] == ['"', "\\", "a\nb", "a\\rb", "\\n"]


@given(st.lists(strategies.values(), unique_by=repr, max_size=6), strategies.keys())
def test_any_values_are_labels(values: list[Any], field: str):
    groups = [({field: value}, number) for number, value in enumerate(values)]
    text = openmetrics.text(summary(groups), [field], {"filter": field})
    assert [value for _, _, value in samples(text)[1:]] == list(range(len(values)))


def test_no_help_needs_an_escape():
    """The two formats differ in that."""
    for one in DEFINITIONS.values():
        assert not set(one.text) & set('"\\\n\r'), one.name


@settings(max_examples=30)
@given(
    st.lists(strategies.lived(), max_size=5), st.sampled_from([(), ("team",), ("month", "team")])
)
def test_every_measure_of_a_desk_is_there(tickets: list[Any], by: tuple[str, ...]):
    found = summarise(
        map(facts.case, tickets),
        now=NOW,
        since=NOW - timedelta(days=3650),
        until=None,
        by=by,
        zone=NOW.tzinfo,
    )
    told = samples(openmetrics.text(found, by, {}))
    parts = [one["measures"] for one in found["groups"]] if by else [found["measures"]]
    for name, one in DEFINITIONS.items():
        values = [value for full, _, value in told if full == f"desk_{name}_{one.unit}"]
        assert values == [part[name]["value"] for part in parts if name in part]
        assert not [value for value in values if math.isnan(value)]
