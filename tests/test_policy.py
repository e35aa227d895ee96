"""desk.yaml: what it means, and its mistakes."""

import contextlib
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from desk import people, policy, roles
from desk.errors import DamagedError, RefusedError
from desk.people import Person, Team
from desk.policy import Policy
from desk.rules import TimeRules
from tests.conftest import policy_text

SMALL = """\
format: 1
name: Help desk
prefix: IT
timezone: Europe/Berlin
people:
  chen: {name: 陈伟, email: Chen@example.com, teams: [network], manager: li}
  li: {}
teams:
  network: {name: Network, tier: 2, lead: li}
  vendor: {vendor: true}
kinds: [incident, request]
channels: [phone, 电话]
categories:
  network: [vpn, wifi]
  account: [vpn, password]
  other:
impacts: [organisation, person]
urgencies: [high, low]
matrix:
  organisation: [P1, P2]
  person: [P2, P3]
defaults: {kind: incident, impact: person, team: network}
codes: [fixed]
reopen_within: 2 weeks
on_resolve: {duplicates: resolve, children: leave}
"""


def person(key: str, name: str = "", email: str = "", teams: Any = (), manager: str = "") -> Person:
    """Somebody of the first tier who works around the clock, unless SMALL says otherwise."""
    always = policy.load(SMALL).promises.calendar
    tier = 2 if "network" in teams else 1
    return Person(key, name or key, email, teams, manager, tier, (), people.CAPACITY, always, ())


def team(key: str, name: str, tier: int, lead: str, *, vendor: bool) -> Team:
    return Team(key, name, tier, lead, vendor, (), "")


def test_what_a_policy_says():
    found = policy.load(SMALL)
    always = found.people["li"].hours
    assert (always.name, always.always) == ("24x7", True)
    assert found == Policy(
        name="Help desk",
        prefix="IT",
        timezone="Europe/Berlin",
        people={
            "chen": person("chen", "陈伟", "Chen@example.com", ("network",), "li")._replace(
                hours=always
            ),
            "li": person("li")._replace(hours=always),
        },
        teams={
            "network": team("network", "Network", 2, "li", vendor=False),
            "vendor": team("vendor", "vendor", 1, "", vendor=True),
        },
        kinds=("incident", "request"),
        channels=("phone", "电话"),
        categories=(
            "network", "network/vpn", "network/wifi", "account", "account/vpn",
            "account/password", "other",
        ),
        impacts=("organisation", "person"),
        urgencies=("high", "low"),
        priorities=("P1", "P2", "P3"),
        matrix={
            ("organisation", "high"): "P1",
            ("organisation", "low"): "P2",
            ("person", "high"): "P2",
            ("person", "low"): "P3",
        },
        defaults={"kind": "incident", "impact": "person", "team": "network"},
        codes=("fixed",),
        reopen_within=timedelta(days=14),
        on_resolve={"duplicates": "resolve", "children": "leave"},
        promises=found.promises,
        rules=TimeRules(survey_every=timedelta(days=30)),
        assignment=(),
        views={},
sure_from=0.8,
        roles=roles.BUILT_IN,
        speaks_of_roles=False,
        knowledge=roles.Knowledge(must_review=True, review_every=timedelta(days=365)),
        must_sign=False,
    )  # fmt: skip


def test_what_is_left_out_has_its_default():
    found = policy.load("format: 1\n")
    assert (found.name, found.prefix, found.zone) == ("desk", "T", ZoneInfo("UTC"))
    assert found.reopen_within == timedelta(days=14)
    assert found.on_resolve == {"duplicates": "offer", "children": "offer"}


def test_the_template_is_a_policy_that_works():
    found = policy.load(policy_text())
    assert found.zone == ZoneInfo("Asia/Shanghai")
    [chen] = found.people.values()
    assert (chen.id, chen.name, chen.email) == ("chen", "陈伟", "chen@example.com")
    assert (chen.teams, chen.tier, chen.hours.name) == (("service-desk",), 1, "office")
    assert found.teams["service-desk"].lead == "chen"
    matrix = {
        impact: [found.priority_for(impact, urgency) for urgency in found.urgencies]
        for impact in found.impacts
    }
    assert (found.urgencies, matrix) == (
        ("high", "medium", "low"),
        {
            "organisation": ["P1", "P2", "P3"],
            "department": ["P2", "P3", "P4"],
            "person": ["P3", "P4", "P4"],
        },
    )
    assert set(found.defaults) <= {"kind", "channel", "impact", "urgency", "team"}


@pytest.mark.parametrize(
    "name", ["null", "12", "a: b", "x, y", "[x]", "{x}", "#x", "&x", "'", "陈", "x\ny", "yes", "-"]
)
def test_whoever_runs_init_is_enrolled_whatever_the_name(name: str):
    text = policy_text(person=name, person_name=name, person_email=name, name=name)
    found = policy.load(text)
    [enrolled] = found.people.values()
    assert (enrolled.id, enrolled.name, enrolled.email) == (name, name, name)
    assert (found.name, found.teams["service-desk"].lead) == (name, name)


FOUND = {
    ("channel", "Phone"): "phone",
    ("channel", "电话"): "电话",
    ("category", "network/vpn"): "network/vpn",
    ("category", "NETWORK/WIFI"): "network/wifi",
    ("category", "password"): "account/password",
    ("priority", "p1"): "P1",
    ("team", "Network"): "network",
    ("assignee", "CHEN"): "chen",
    ("code", "fixed"): "fixed",
}


@pytest.mark.parametrize(("asked", "wanted"), FOUND.items())
def test_values_are_known_in_any_case(asked: tuple[str, str], wanted: str):
    assert policy.load(SMALL).checked(*asked) == wanted


NOT_FOUND = {
    ("channel", "phnoe"): "channel 'phnoe' is not in desk.yaml; did you mean phone?",
    ("kind", "x"): "kind 'x' is not in desk.yaml; known are incident, request",
    ("category", "vpn"): ("category 'vpn' is several: network/vpn, account/vpn; say which"),
    ("team", ""): "team '' is not in desk.yaml; known are network, vendor",
    ("assignee", "chne"): "person 'chne' is not in desk.yaml; did you mean chen?",
}


@pytest.mark.parametrize(("asked", "sentence"), NOT_FOUND.items())
def test_unknown_values_are_refused_with_the_nearest(asked: tuple[str, str], sentence: str):
    with pytest.raises(RefusedError) as caught:
        policy.load(SMALL).checked(*asked)
    assert str(caught.value) == sentence


def test_values_that_differ_only_in_case_are_told_apart():
    found = policy.load(SMALL)._replace(kinds=("Request", "request"))
    assert found.checked("kind", "request") == "request"
    with pytest.raises(RefusedError):
        found.checked("kind", "REQUEST")


@pytest.mark.parametrize("who", ["chen", "Chen", "chen@EXAMPLE.com", "陈伟"])
def test_people_are_known_by_id_e_mail_and_name(who: str):
    assert policy.load(SMALL).person(who) == "chen"


@pytest.mark.parametrize("who", ["", "network", "chen@"])
def test_nobody_else_is_known(who: str):
    assert policy.load(SMALL).find_person(who) is None
    with pytest.raises(RefusedError, match=r"is not in desk\.yaml"):
        policy.load(SMALL).person(who)


MISTAKES = {
    ("format: 1\n", ""): "desk.yaml:1: `format: 1` is missing",
    ("format: 1", "format: one"): "desk.yaml:1: `format: 1` is missing",
    ("format: 1", "format: 2"): (
        "desk.yaml:1: this desk has format 2 and this program reads up to 1; install a newer desk"
    ),
    ("name: Help desk", "name: [x]"): "desk.yaml:2: 'name' is text; put it in quotes",
    ("prefix: IT", "prefix: kb"): (
        "desk.yaml:3: prefix 'kb' is not allowed; write 1 to 8 capital letters and "
        "digits, a letter first, not KB"
    ),
    ("prefix: IT", "prefix: KB"): (
        "desk.yaml:3: prefix 'KB' is not allowed; write 1 to 8 capital letters and "
        "digits, a letter first, not KB"
    ),
    ("Europe/Berlin", "Mars/Phobos"): (
        "desk.yaml:4: time zone 'Mars/Phobos' is unknown; write an IANA name such as "
        "Asia/Shanghai or UTC"
    ),
    ("teams: [network], manager: li", "teams: [netwrk], manager: li"): (
        "desk.yaml:6: 'netwrk' is not known here; did you mean network?"
    ),
    ("manager: li}", "manager: lee}"): ("desk.yaml:6: 'lee' is not known here; known are chen, li"),
    ("manager: li}", "boss: li}"): (
        "desk.yaml:6: 'boss' is no setting here; known are name, email, teams, manager, "
        "tier, skills, capacity, hours, roles, away, keys"
    ),
    ("li: {}", "li: x"): "desk.yaml:7: 'li' is a mapping",
    ("tier: 2", "tier: two"): "desk.yaml:9: 'tier' is a whole number from 1",
    ("tier: 2", "tier: 0"): "desk.yaml:9: 'tier' is a whole number from 1",
    ("vendor: true", "vendor: yes"): "desk.yaml:10: 'vendor' is true or false",
    ("codes: [fixed]", "codes: fixed"): ("desk.yaml:23: 'codes' is a list of texts: [one, two]"),
    ("codes: [fixed]", "codes: [fixed, 2]"): (
        "desk.yaml:23: 'codes' is a list of texts: [one, two]"
    ),
    ("[phone, 电话]", "['phone ']"): (
        "desk.yaml:12: 'phone ' is no name; no comma, no space at its ends"
    ),
    ("[vpn, wifi]", "vpn"): "desk.yaml:14: 'network' is a list of texts: [one, two]",
    ("[P1, P2]", "[P1]"): (
        "desk.yaml:20: the row 'organisation' needs 2 priorities, one for each of high, low"
    ),
    ("  person: [P2, P3]", "  persons: [P2, P3]"): (
        "desk.yaml:19: the row 'person' needs 2 priorities, one for each of high, low\n"
        "desk.yaml:21: 'persons' is no setting here; did you mean person?"
    ),
    ("kind: incident, ", "kind: incidnt, "): (
        "desk.yaml:22: 'incidnt' is not known here; did you mean incident?"
    ),
    ("kind: incident, ", "king: incident, "): (
        "desk.yaml:22: 'king' is no setting here; did you mean kind?"
    ),
    ("2 weeks", "a while"): (
        "desk.yaml:24: 'a while' is no length of time such as 90m, 4h, 3d or 2w"
    ),
    ("children: leave", "children: ask"): (
        "desk.yaml:25: 'ask' is not known here; known are resolve, offer, leave"
    ),
    ("codes: [fixed]", "codez: [fixed]"): (
        "desk.yaml:23: 'codez' is no setting here; did you mean codes?"
    ),
    ("codes: [fixed]", "name: x"): "desk.yaml:23: key 'name' stands twice; keep one of them",
    (SMALL, "- x\n"): "desk.yaml:1: this file is a mapping of settings, `name: …`",
    (SMALL, ""): "desk.yaml:1: the file is empty",
}


@pytest.mark.parametrize(("change", "sentence"), MISTAKES.items())
def test_each_mistake_is_told_with_its_line(change: tuple[str, str], sentence: str):
    assert change[0] in SMALL
    with pytest.raises(DamagedError) as caught:
        policy.load(SMALL.replace(*change))
    assert str(caught.value) == sentence


def test_views_are_texts_with_names_whatever_they_mean():
    found = policy.load(f"{SMALL}views: {{mine: assignee:me, 未分配-2: status:opne}}\n")
    assert found.views == {"mine": "assignee:me", "未分配-2": "status:opne"}
    with pytest.raises(DamagedError) as caught:
        policy.load(f"{SMALL}views:\n  my own: x\n  five: 5\n")
    line = SMALL.count("\n") + 2
    assert str(caught.value).splitlines() == [
        f"desk.yaml:{line}: 'my own' is no name of a view; write letters, digits, - and _",
        f"desk.yaml:{line + 1}: 'five' is text; put it in quotes",
    ]


def test_all_mistakes_are_told_at_once():
    text = SMALL.replace("tier: 2", "tier: x").replace("prefix: IT", "prefix: i t")
    text = text.replace("Europe/Berlin", "Berlin").replace("[P1, P2]", "[P1]")
    with pytest.raises(DamagedError) as caught:
        policy.load(text)
    assert str(caught.value).splitlines() == [
        "desk.yaml:3: prefix 'i t' is not allowed; write 1 to 8 capital letters and "
        "digits, a letter first, not KB",
        "desk.yaml:4: time zone 'Berlin' is unknown; write an IANA name such as Asia/Shanghai or "
        "UTC",
        "desk.yaml:9: 'tier' is a whole number from 1",
        "desk.yaml:20: the row 'organisation' needs 2 priorities, one for each of high, low",
    ]
    assert caught.value.line == 3


@pytest.mark.parametrize("line", range(1, len(SMALL.splitlines())))
def test_a_policy_with_a_line_missing_is_read_or_refused(line: int):
    lines = SMALL.splitlines(keepends=True)
    with contextlib.suppress(DamagedError):
        assert policy.load("".join(lines[: line - 1] + lines[line:]))
