"""Figures from logs: tickets as they stand in their files, and what is counted from them."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import codec, dates, facts, model, periods, policy, sla, summary, undoing
from desk.definitions import DEFINITIONS
from desk.errors import RefusedError, UsageError
from desk.lifecycle import Act
from desk.model import Ticket
from tests import strategies

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=ZONE)
COUNTS = (
    "opened", "resolved", "closed", "backlog", "backlog_age_up_to_1d", "backlog_age_1d_to_5d",
    "backlog_age_5d_to_10d", "backlog_age_10d_to_30d", "backlog_age_over_30d",
)  # fmt: skip
NONE = dict.fromkeys(COUNTS, 0)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def parse(text: str) -> list[Ticket]:
    """The tickets of a text, one after each line `---`."""
    return [codec.load(part) for part in text.split("---\n") if part.strip()]


def ticket(log: str, status: str, **head: object) -> Ticket:
    """A ticket opened on 2 November at nine, with a log of lines `time verb field=value…`.

    A field's value before is what the lines above left.
    """
    opened = at("2026-11-02T09:00")
    first = {"title": "VPN drops", "status": "new", "opened": dates.stamp(opened), **head}
    record = Ticket({"id": "T-261102-7K3FQ"}, ()).add("open", opened, "chen", first)
    for line in log.strip().splitlines():
        when, did, *parts = line.split()
        words = dict(part.split("=") for part in parts)
        change = {k: v or None for k, v in words.items() if k in ("status", "team", "assignee")}
        said = {k: int(v) if v.isdigit() else v for k, v in words.items() if k not in change}
        record = record.add(did, at(f"2026-{when}"), "chen", change, **said)
    assert record.status == status
    return record


RULES = policy.load("format: 1\n")
NOTHING = RULES.promises


def summarise(tickets: list[Ticket], now: datetime = NOW, **options: object) -> summary.Summary:
    """The summary; it is the same where the facts of whole logs are known beforehand."""
    given = {"since": None, "until": None, "zone": ZONE, "promises": NOTHING, **options}
    found = summary.summarise(map(facts.case, tickets), now=now, **given)
    if given["promises"]:
        known = [facts.whole_case(one, given["promises"]) for one in tickets]
        assert summary.summarise(known, now=now, **given) == found
    return found


def figures(measures: dict[str, summary.Measure]) -> dict[str, object]:
    """Each value alone (a count), as a fraction (a rate), or with its n (a mean, a percentile).

    Units and definitions are those that DEFINITIONS gives.
    """
    found: dict[str, object] = {}
    for name, measure in measures.items():
        rest = dict(measure)
        value = rest.pop("value")
        definition = DEFINITIONS[name]
        assert (rest.pop("unit"), rest.pop("definition")) == (definition.unit, definition.text)
        if "numerator" in rest:
            assert value == rest["numerator"] / rest["denominator"]
            value = f"{rest.pop('numerator')}/{rest.pop('denominator')}"
        found[name] = (value, rest.pop("n")) if "n" in rest else value
        assert not rest
    return found


def counted(tickets: list[Ticket], now: datetime = NOW, **options: object) -> dict[str, object]:
    return figures(summarise(tickets, now, **options)["measures"])


def grouped(tickets: list[Ticket], *names: str, now: datetime = NOW, **options: object) -> list:
    """Each group's values with its counts that are not zero and its other figures."""
    groups = summarise(tickets, now, by=names, **options)["groups"]
    return [
        (tuple(group["by"].values()), {k: v for k, v in figures(group["measures"]).items() if v})
        for group in groups
    ]


# --- a whole summary -----------------------------------------------------------------------

DESK = """
id: T-261102-AAAAA
title: Password forgotten
status: closed
opened: 2026-11-02T09:00:00+08:00
log:
- {n: 1, at: 2026-11-02T09:00:00+08:00, by: chen, did: open, change: {status: [null, new]}}
- {n: 2, at: 2026-11-02T09:30:00+08:00, by: chen, did: reply, change: {status: [new, in_progress]}}
- {n: 3, at: 2026-11-02T11:00:00+08:00, by: chen, did: resolve,
   change: {status: [in_progress, resolved]}}
- {n: 4, at: 2026-11-05T11:00:00+08:00, by: chen, did: close, change: {status: [resolved, closed]}}
- {n: 5, at: 2026-11-06T09:00:00+08:00, by: 李伟, did: survey, score: 5}
---
id: T-261103-BBBBB
title: VPN drops every hour
status: resolved
team: network
opened: 2026-11-03T09:00:00+08:00
log:
- {n: 1, at: 2026-11-03T09:00:00+08:00, by: chen, did: open, change: {status: [null, new]}}
- {n: 2, at: 2026-11-03T10:00:00+08:00, by: chen, did: assign,
   change: {status: [new, in_progress], team: [null, service-desk], assignee: [null, chen]}}
- {n: 3, at: 2026-11-03T12:00:00+08:00, by: chen, did: escalate, escalation: functional,
   because: needs the firewall, change: {team: [service-desk, network], assignee: [chen, null]}}
- {n: 4, at: 2026-11-03T13:00:00+08:00, by: li, did: hold, change: {status: [in_progress, on_hold]}}
- {n: 5, at: 2026-11-04T13:00:00+08:00, by: li, did: resume,
   change: {status: [on_hold, in_progress]}}
- {n: 6, at: 2026-11-05T09:00:00+08:00, by: li, did: resolve,
   change: {status: [in_progress, resolved]}}
---
id: T-261104-CCCCC
title: 打印机卡纸
status: closed
opened: 2026-11-04T09:00:00+08:00
log:
- {n: 1, at: 2026-11-04T09:00:00+08:00, by: chen, did: open, change: {status: [null, new]}}
- {n: 2, at: 2026-11-04T09:10:00+08:00, by: chen, did: reply, change: {status: [new, in_progress]}}
- {n: 3, at: 2026-11-04T10:00:00+08:00, by: chen, did: resolve,
   change: {status: [in_progress, resolved]}}
- {n: 4, at: 2026-11-04T15:00:00+08:00, by: chen, did: reopen,
   change: {status: [resolved, in_progress]}}
- {n: 5, at: 2026-11-04T15:30:00+08:00, by: chen, did: reply}
- {n: 6, at: 2026-11-04T17:00:00+08:00, by: chen, did: resolve,
   change: {status: [in_progress, resolved]}}
- {n: 7, at: 2026-11-07T17:00:00+08:00, by: chen, did: close, change: {status: [resolved, closed]}}
- {n: 8, at: 2026-11-08T09:00:00+08:00, by: 王芳, did: survey, score: 2, comment: 太慢}
---
id: T-261020-DDDDD
title: Opened before the period, closed without being resolved
status: closed
opened: 2026-10-20T09:00:00+08:00
log:
- {n: 1, at: 2026-10-20T09:00:00+08:00, by: chen, did: open, change: {status: [null, new]}}
- {n: 2, at: 2026-11-10T09:00:00+08:00, by: chen, did: close, change: {status: [new, closed]}}
---
id: T-261119-EEEEE
title: New starter
status: in_progress
team: network
assignee: zhang
opened: 2026-11-19T09:00:00+08:00
log:
- {n: 1, at: 2026-11-19T09:00:00+08:00, by: chen, did: open, change: {status: [null, new]}}
- {n: 2, at: 2026-11-19T10:00:00+08:00, by: chen, did: assign,
   change: {status: [new, in_progress], team: [null, network], assignee: [null, li]}}
- {n: 3, at: 2026-11-19T11:00:00+08:00, by: li, did: assign, change: {assignee: [li, zhang]}}
---
id: T-261120-FFFFF
title: Monitor flickers
status: new
opened: 2026-11-20T21:00:00+08:00
log:
- {n: 1, at: 2026-11-20T21:00:00+08:00, by: chen, did: open, change: {status: [null, new]}}
---
id: T-261106-GGGGG
title: Opened in error
status: cancelled
opened: 2026-11-06T09:00:00+08:00
log:
- {n: 1, at: 2026-11-06T09:00:00+08:00, by: chen, did: open, change: {status: [null, new]}}
- {n: 2, at: 2026-11-06T09:01:00+08:00, by: chen, did: cancel, change: {status: [new, cancelled]}}
---
id: T-261110-HHHHH
title: Reopened, and live since
status: in_progress
opened: 2026-11-10T09:00:00+08:00
log:
- {n: 1, at: 2026-11-10T09:00:00+08:00, by: chen, did: open, change: {status: [null, new]}}
- {n: 2, at: 2026-11-11T09:00:00+08:00, by: chen, did: resolve, change: {status: [new, resolved]}}
- {n: 3, at: 2026-11-20T09:00:00+08:00, by: chen, did: reopen,
   change: {status: [resolved, in_progress]}}
"""


def test_every_measure_of_a_small_desk() -> None:
    assert counted(parse(DESK), since=at("2026-11-01")) == {
        "opened": 7,  # all but D
        "resolved": 4,  # A, B, C, D
        "closed": 3,  # A, C, D
        "backlog": 3,  # E, F, H
        "backlog_age_mean": (388_800, 3),  # 2 d, 12 h, 11 d
        "backlog_age_up_to_1d": 1,
        "backlog_age_1d_to_5d": 1,
        "backlog_age_5d_to_10d": 0,
        "backlog_age_10d_to_30d": 1,
        "backlog_age_over_30d": 0,
        "first_response_median": (86_400, 5),  # C 10 min, A 30 min, H 1 d, B 2 d, D 21 d
        "first_response_p90": (1_157_760, 5),  # 2 d + 0.6 × 19 d
        "resolution_median": (100_800, 4),  # A 2 h, C 8 h, B 48 h, D 21 d
        "resolution_p90": (1_321_920, 4),  # 2 d + 0.7 × 19 d
        "resolution_mean": (505_800, 4),
        "work_median": (57_600, 4),  # B 24 h without its hold
        "first_contact_resolution_rate": "2/4",  # A, D
        "first_level_resolution_rate": "3/4",  # all but B
        "reopen_rate": "2/5",  # C, H of A, B, C, D, H
        "reassignment_mean": (0.25, 4),  # B once
        "escalation_rate": "1/4",  # B
        "survey_response_rate": "2/3",  # A, C
        "csat": "1/2",
        "csat_mean": (3.5, 2),
    }


def test_the_summary_of_one_ticket_to_the_letter() -> None:
    text = """
id: T-261121-7K3FQ
title: VPN drops
status: new
team: network
opened: 2026-11-21T08:00:00+08:00
log:
- {n: 1, at: 2026-11-21T08:00:00+08:00, by: chen, did: open,
   change: {status: [null, new], team: [null, network]}}
"""
    ages = ("up to 1 day (24 hours)", "over 1 day and up to 5 days", "over 5 and up to 10 days")
    ages += ("over 10 and up to 30 days", "over 30 days")
    names = ("up_to_1d", "1d_to_5d", "5d_to_10d", "10d_to_30d", "over_30d")
    measures = {
        "opened": {
            "value": 1,
            "unit": "tickets",
            "definition": "Tickets opened in the period, whatever became of them.",
        },
        "resolved": {
            "value": 0,
            "unit": "tickets",
            "definition": "Tickets resolved in the period by the resolution that stands at its "
            "end, whenever they were opened. One that was closed without being resolved counts "
            "as resolved by the closing; a cancelled one does not count.",
        },
        "closed": {
            "value": 0,
            "unit": "tickets",
            "definition": "Tickets closed in the period by the closing that stands at its end.",
        },
        "backlog": {
            "value": 1,
            "unit": "tickets",
            "definition": "Tickets that are new, in progress or on hold at the end of the period, "
            "whenever they were opened.",
        },
        "backlog_age_mean": {
            "value": 3600,
            "unit": "seconds",
            "n": 1,
            "definition": "Mean time from opening to the end of the period over the backlog.",
        },
        **{
            f"backlog_age_{name}": {
                "value": int(name == "up_to_1d"),
                "unit": "tickets",
                "definition": f"Tickets in the backlog that are {age} old.",
            }
            for name, age in zip(names, ages, strict=True)
        },
    }
    found = summarise(parse(text), filter_text="team:network", by=["team"], until=at("2026-12-01"))
    assert found == {
        "as_of": "2026-11-21T09:00:00+08:00",
        "filter": "team:network",
        "period": {"until": "2026-12-01T00:00:00+08:00"},
        "measures": measures,
        "groups": [{"by": {"team": "network"}, "measures": measures}],
    }
    assert list(found["measures"]) == list(measures)


def test_the_summary_of_nothing() -> None:
    found = summarise([], by=["month", "team"])
    assert figures(found.pop("measures")) == NONE
    assert found == {
        "as_of": "2026-11-21T09:00:00+08:00",
        "filter": "",
        "period": {},
        "groups": [],
    }


def test_every_measure_is_defined_with_its_source() -> None:
    assert tuple(DEFINITIONS) == (
        "opened", "resolved", "closed", "backlog", "backlog_age_mean", *COUNTS[4:],
        "first_response_median", "first_response_p90", "resolution_median", "resolution_p90",
        "resolution_mean", "work_median", "first_contact_resolution_rate",
        "first_level_resolution_rate", "reopen_rate", "reassignment_mean", "escalation_rate",
        "respond_attainment", "update_attainment", "resolve_attainment", "breached", "at_risk",
        "survey_response_rate", "csat", "csat_mean",
    )  # fmt: skip
    for name, definition in DEFINITIONS.items():
        assert definition.name == name
        assert definition.text.endswith(".")
        assert definition.source
    assert {one.unit for one in DEFINITIONS.values()} == {
        "tickets", "seconds", "ratio", "score", "times"
    }  # fmt: skip


# --- what a log means ----------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["reopen", "update", "reply", "hold"])
def test_a_reopening_is_known_by_the_status_not_by_the_verb(verb: str) -> None:
    log = f"""
        11-02T10:00 update status=closed
        11-02T12:00 {verb} status=on_hold
        11-02T13:00 update status=resolved
        11-02T14:00 {verb} status=in_progress
        11-02T15:00 update status=resolved"""
    found = facts.facts(ticket(log, "resolved"), NOW)
    opened = at("2026-11-02T09:00").timestamp()
    hour = 3600
    assert found
    assert not found.live
    assert found.reopened == (opened + hour, opened + 4 * hour)
    assert found.last_resolution == found.resolved == opened + 6 * hour
    assert found.closed is None
    assert (found.holds, found.held) == (1, hour)


@pytest.mark.parametrize(
    ("log", "status", "resolved", "closed"),
    [
        ("11-02T10:00 close status=closed", "closed", "10:00", "10:00"),
        ("11-02T10:00 resolve status=resolved\n11-02T11:00 close status=closed",
         "closed", "10:00", "11:00"),
        ("11-02T10:00 resolve status=resolved\n11-02T11:00 update status=resolved",
         "resolved", "10:00", None),
        ("11-02T10:00 close status=closed\n11-02T11:00 update status=resolved",
         "resolved", "10:00", None),
        ("11-02T10:00 resolve status=resolved\n11-02T11:00 cancel status=cancelled",
         "cancelled", None, None),
        ("11-02T10:00 cancel status=cancelled\n11-02T11:00 resolve status=resolved",
         "resolved", "11:00", None),
        ("11-02T10:00 resolve status=resolved\n11-02T11:00 reopen status=in_progress",
         "in_progress", None, None),
    ],
)  # fmt: skip
def test_which_resolution_and_closing_stand(
    log: str, status: str, resolved: str | None, closed: str | None
) -> None:
    found = facts.facts(ticket(log, status), NOW)
    assert found
    moments = [time and at(f"2026-11-02T{time}").timestamp() for time in (resolved, closed)]
    assert [found.resolved, found.closed] == moments


def test_an_event_recorded_late_counts_from_when_it_was() -> None:
    log = """
        11-02T12:00 note text=late
        11-02T10:00 hold status=on_hold
        11-02T11:00 resolve status=resolved"""
    assert counted([ticket(log, "resolved")]) == NONE | {
        "opened": 1,
        "resolved": 1,
        "first_response_median": (7200, 1),
        "first_response_p90": (7200, 1),
        "resolution_median": (7200, 1),
        "resolution_p90": (7200, 1),
        "resolution_mean": (7200, 1),
        "work_median": (3600, 1),
        "first_contact_resolution_rate": "0/1",
        "first_level_resolution_rate": "1/1",
        "reopen_rate": "0/1",
        "reassignment_mean": (0.0, 1),
        "escalation_rate": "0/1",
    }


def test_at_each_moment_the_status_is_the_one_that_stood_by_n() -> None:
    log = """
        11-02T12:00 hold status=on_hold
        11-02T10:00 resolve status=resolved"""
    one = ticket(log, "resolved")
    noon, ten = at("2026-11-02T12:00"), at("2026-11-02T10:00")
    assert facts.facts(one, ten).live
    assert facts.facts(one, noon).resolved == ten.timestamp()
    assert facts.facts(one, NOW).resolved == ten.timestamp()


def test_what_was_dated_before_the_opening_takes_no_negative_time() -> None:
    log = """
        11-02T08:00 hold status=on_hold
        11-02T08:10 reply text=hello
        11-02T08:20 resolve status=resolved"""
    found = counted([ticket(log, "resolved")])
    durations = ("first_response_median", "resolution_median", "work_median")
    assert [found[name] for name in durations] == [(0, 1)] * 3


def test_a_status_typed_by_hand_counts_from_the_last_event() -> None:
    text = """
id: T-261102-AAAAA
title: Typed over an open log
status: resolved
opened: 2026-11-02T09:00:00+08:00
log:
- {n: 1, at: 2026-11-02T09:00:00+08:00, by: chen, did: open, change: {status: [null, new]}}
- {n: 2, at: 2026-11-02T10:00:00+08:00, by: chen, did: note, text: done it}
---
id: T-261102-BBBBB
title: A file without a log
status: closed
opened: 2026-11-02T09:00:00+08:00
---
id: T-261102-CCCCC
title: A live file without a log
status: on_hold
opened: 2026-11-02T09:00:00+08:00
"""
    found = counted(parse(text))
    names = ("opened", "resolved", "closed", "backlog", "resolution_mean")
    assert [found[name] for name in names] == [3, 2, 1, 1, (1800, 2)]
    found = counted(parse(text), now=at("2026-11-02T09:30"))
    assert [found[name] for name in names] == [3, 1, 1, 2, (0, 1)]


@pytest.mark.parametrize(
    ("log", "seconds"),
    [
        ("11-02T10:00 note text=internal\n11-02T11:00 reply text=public", 7200),
        ("11-02T10:00 resolve status=resolved\n11-02T11:00 reply text=done", 3600),
        ("11-02T10:00 reply text=one\n11-02T11:00 resolve status=resolved", 3600),
        ("11-02T10:00 close status=closed\n11-02T11:00 reopen status=in_progress", 3600),
        ("11-02T10:00 cancel status=cancelled", None),
        ("11-02T10:00 assign team=network", None),
    ],
)
def test_first_response(log: str, seconds: int | None) -> None:
    one = ticket(log, log.split("status=")[-1].split("\n")[0] if "status" in log else "new")
    found = counted([one]).get("first_response_median")
    assert found == (seconds and (seconds, 1))


@pytest.mark.parametrize(
    ("log", "first_contact", "first_level", "reassigned", "escalated"),
    [
        ("", 1, 1, 0, 0),
        ("11-02T10:00 reply text=try", 1, 1, 0, 0),
        ("11-02T10:00 reply text=try\n11-02T10:10 reply text=again", 0, 1, 0, 0),
        ("11-02T10:00 hold status=on_hold", 0, 1, 0, 0),
        ("11-02T10:00 resolve status=resolved\n11-02T11:00 reopen status=in_progress", 0, 1, 0, 0),
        ("11-02T10:00 assign team=desk assignee=chen", 1, 1, 0, 0),
        ("11-02T10:00 assign team=desk\n11-02T10:10 assign assignee=chen", 1, 1, 0, 0),
        ("11-02T10:00 assign team=desk assignee=chen\n11-02T10:10 assign assignee=li", 0, 1, 1, 0),
        ("11-02T10:00 assign team=desk\n11-02T10:10 assign team=net", 0, 0, 1, 0),
        ("11-02T10:00 assign team=desk assignee=chen\n11-02T10:10 assign team=net assignee=",
         0, 0, 1, 0),
        ("11-02T10:00 assign team=desk\n11-02T10:10 update team=\n11-02T10:20 update team=net",
         0, 0, 1, 0),
        ("11-02T10:00 escalate team=net escalation=functional", 0, 0, 0, 1),
        ("11-02T10:00 escalate assignee=lead escalation=hierarchical", 0, 1, 0, 1),
        ("11-02T10:00 assign assignee=chen\n"
         "11-02T10:10 escalate assignee=lead escalation=hierarchical", 0, 1, 1, 1),
        ("11-02T10:00 escalate text=imported\n11-02T10:10 escalate text=twice", 0, 0, 0, 1),
    ],
)  # fmt: skip
def test_who_resolved_it(
    log: str, first_contact: int, first_level: int, reassigned: int, escalated: int
) -> None:
    found = counted([ticket(f"{log}\n11-03T09:00 resolve status=resolved", "resolved")])
    assert found["first_contact_resolution_rate"] == f"{first_contact}/1"
    assert found["first_level_resolution_rate"] == f"{first_level}/1"
    assert found["reassignment_mean"] == (reassigned, 1)
    assert found["escalation_rate"] == f"{escalated}/1"


def test_surveys_count_once_when_they_were_answered_and_only_with_a_score() -> None:
    closed = "11-03T09:00 close status=closed\n"
    tickets = [
        ticket(closed + "11-04T09:00 survey score=5\n11-05T09:00 survey score=3", "closed"),
        ticket(closed + "11-04T10:00 survey score=1\n11-04T09:00 survey score=4", "closed"),
        ticket(closed + "11-04T09:00 survey score=6\n11-04T09:00 survey comment=none", "closed"),
        ticket(closed, "closed"),
    ]
    names = ("survey_response_rate", "csat", "csat_mean")
    found = counted(tickets)
    assert [found.get(name) for name in names] == ["2/4", "1/2", (3.5, 2)]
    found = counted(tickets, since=at("2026-11-04"), until=at("2026-11-05"))
    assert [found.get(name) for name in names] == [None, "2/2", (4.5, 2)]
    found = counted(tickets, since=at("2026-11-05"))
    assert [found.get(name) for name in names] == [None, "0/1", (3, 1)]


def test_reopen_rate_looks_at_resolutions_of_the_period_that_stand_or_not() -> None:
    log = """
        11-03T09:00 resolve status=resolved
        11-05T09:00 reopen status=in_progress
        11-07T09:00 resolve status=resolved"""
    tickets = [ticket(log, "resolved")]
    for since, until, resolved, rate in (
        ("2026-11-03", "2026-11-04", 1, "0/1"),  # not reopened yet
        ("2026-11-03", "2026-11-06", 0, "1/1"),  # live again
        ("2026-11-05", "2026-11-06", 0, None),
        ("2026-11-06", "2026-11-08", 1, "0/1"),  # it was the earlier one that did not hold
        ("2026-11-02", "2026-11-08", 1, "1/1"),
    ):
        found = counted(tickets, since=at(since), until=at(until))
        assert (found["resolved"], found.get("reopen_rate")) == (resolved, rate), (since, until)
    log = "11-03T09:00 resolve status=resolved\n11-05T09:00 cancel status=cancelled"
    assert counted([ticket(log, "cancelled")])["reopen_rate"] == "0/1"


def test_the_ages_of_the_backlog_include_their_upper_bound() -> None:
    tickets = [
        codec.load(
            f"id: T-261102-7K3FQ\ntitle: old\nstatus: new\nopened: {dates.stamp(NOW - age)}\n"
        )
        for days in (0, 1, 5, 10, 30)
        for age in (timedelta(days=days), timedelta(days=days, seconds=1))
    ]
    found = counted(tickets)
    assert [found[name] for name in COUNTS[4:]] == [3, 2, 2, 2, 1]
    assert found["backlog"] == 10


@pytest.mark.parametrize(
    ("values", "median", "p90"),
    [
        ([7], 7, 7),
        ([1, 2], 1.5, 1.9),
        ([3, 1, 2], 2, 2.8),
        ([15, 20, 35, 40, 50], 35, 46),
        (list(range(1, 12)), 6, 10),
    ],
)
def test_percentiles_are_those_of_a_spreadsheet(
    values: list[float], median: float, p90: float
) -> None:
    found = [summary.percentile(values, share) for share in (0, 0.5, 0.9, 1)]
    assert found == pytest.approx([min(values), median, p90, max(values)])


# --- the period ----------------------------------------------------------------------------


def test_a_period_has_its_beginning_and_not_its_end() -> None:
    tickets = [ticket("11-03T09:00 resolve status=resolved", "resolved")]
    for since, until, opened, resolved, backlog in (
        ("2026-11-02T09:00", "2026-11-03T09:00", 1, 0, 1),
        ("2026-11-02T09:01", "2026-11-03T09:00", 0, 0, 1),
        ("2026-11-03T09:00", "2026-11-03T09:01", 0, 1, 0),
        ("2026-11-03T09:01", "2026-11-04T09:00", 0, 0, 0),
        ("2026-11-01T09:00", "2026-11-02T09:00", 0, 0, 0),
        ("2026-11-03T09:00", "2026-11-03T09:00", 0, 0, 1),
    ):
        found = counted(tickets, since=at(since), until=at(until))
        names = ("opened", "resolved", "backlog")
        assert [found[name] for name in names] == [opened, resolved, backlog], (since, until)


def test_what_happens_this_very_moment_has_happened() -> None:
    tickets = [ticket("11-03T09:00 resolve status=resolved", "resolved")]
    for until in (None, at("2026-12-01")):
        found = counted(tickets, now=at("2026-11-03T09:00"), until=until)
        assert (found["resolved"], found["backlog"]) == (1, 0)
        found = counted(tickets, now=at("2026-11-02T09:00"), until=until, by=["day"])
        assert (found["opened"], found["backlog"]) == (1, 1)


def test_as_of_is_the_earlier_of_now_and_until_in_the_zone() -> None:
    for now, until, as_of in (
        (NOW, None, "2026-11-21T09:00:00+08:00"),
        (NOW.astimezone(UTC), at("2026-12-01"), "2026-11-21T09:00:00+08:00"),
        (NOW, datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01T08:00:00+08:00"),
    ):
        assert summarise([], now=now, until=until)["as_of"] == as_of


def test_what_comes_later_has_not_happened() -> None:
    found = counted(parse(DESK), until=at("2026-11-04T12:00"))
    assert found == NONE | {
        "opened": 4,
        "resolved": 2,  # A, and C for the first time
        "backlog": 2,  # B on hold, D
        "backlog_age_mean": (702_000, 2),
        "backlog_age_1d_to_5d": 1,
        "backlog_age_10d_to_30d": 1,
        "first_response_median": (1200, 2),
        "first_response_p90": (1680, 2),
        "resolution_median": (5400, 2),
        "resolution_p90": (6840, 2),
        "resolution_mean": (5400, 2),
        "work_median": (5400, 2),
        "first_contact_resolution_rate": "2/2",
        "first_level_resolution_rate": "2/2",
        "reopen_rate": "0/2",
        "reassignment_mean": (0.0, 2),
        "escalation_rate": "0/2",
    }


def test_an_opening_that_was_corrected_later_was_where_it_stood() -> None:
    text = """
id: T-261102-AAAAA
title: Corrected on the 5th, and a lower-case z
status: new
opened: 2026-11-03T09:00:00+08:00
log:
- {n: 1, at: 2026-11-02t01:00:00z, by: chen, did: open, change: {status: [null, new]}}
- {n: 2, at: 2026-11-05T09:00:00+08:00, by: chen, did: edit,
   change: {opened: [2026-11-02T09:00:00+08:00, 2026-11-03T09:00:00+08:00]}}
"""
    for until, age in (("11-02T12:00", 3), ("11-04T09:00", 48), ("11-06T09:00", 72)):
        found = counted(parse(text), until=at(f"2026-{until}"))
        assert found["backlog_age_mean"] == (age * 3600, 1)
    found = grouped(parse(text), "day", since=at("2026-11-01"), until=at("2026-11-07"))
    assert [values for values, figures in found if "opened" in figures] == [("2026-11-02",)]
    unreadable = text.replace("[2026-11-02T09:00:00+08:00", "[Monday")
    assert counted(parse(unreadable), until=at("2026-11-03")) == NONE


# --- groups --------------------------------------------------------------------------------

GROUPED = """
id: T-261102-AAAAA
title: One
status: new
requester: {name: 李伟, department: Finance}
tags: [vpn, remote, vpn]
seat: 10
opened: 2026-11-02T09:00:00+08:00
---
id: T-261103-BBBBB
title: Two
status: new
requester: {name: 王芳}
tags: [remote]
seat: 9
opened: 2026-11-03T09:00:00+08:00
---
id: T-261104-CCCCC
title: Three
status: new
seat: "9"
rack: [{unit: 4}, [1, 2], null]
tags: []
opened: 2026-11-04T09:00:00+08:00
"""


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("tags", [("remote", 2), ("vpn", 1), (None, 1)]),
        ("requester.department", [("Finance", 1), (None, 2)]),
        ("requester", [({"name": "李伟", "department": "Finance"}, 1), ({"name": "王芳"}, 1),
                       (None, 1)]),
        ("seat", [(9, 1), (10, 1), ("9", 1)]),
        ("rack", [([1, 2], 1), ({"unit": 4}, 1), (None, 3)]),
        ("status", [("new", 3)]),
        ("nonsense", [(None, 3)]),
    ],
)  # fmt: skip
def test_groups_by_a_field(name: str, groups: list) -> None:
    found = summarise(parse(GROUPED), by=[name])["groups"]
    assert [(one["by"][name], one["measures"]["opened"]["value"]) for one in found] == groups


def test_groups_by_several_fields_in_the_order_asked_for() -> None:
    found = summarise(parse(GROUPED), by=["tags", "seat", "tags"])["groups"]
    assert [one["by"] for one in found] == [
        {"tags": "remote", "seat": 9},
        {"tags": "remote", "seat": 10},
        {"tags": "vpn", "seat": 10},
        {"tags": None, "seat": "9"},
    ]


def test_a_field_has_the_value_that_stood_at_the_end_of_the_period() -> None:
    log = """
        11-03T09:00 assign team=desk
        11-04T09:00 escalate team=net escalation=functional
        11-05T09:00 resolve status=resolved"""
    tickets = [ticket(log, "resolved")]
    for until, team in (("11-03", None), ("11-04", "desk"), ("11-05", "net"), ("11-06", "net")):
        found = summarise(tickets, until=at(f"2026-{until}"), by=["team"])["groups"]
        assert [one["by"] for one in found] == [{"team": team}]


def test_which_value_stood_goes_by_n() -> None:
    log = """
        11-04T09:00 assign team=desk
        11-03T09:00 assign team=net
        11-09T09:00 note text=later"""
    tickets = [ticket(log, "new")]
    for until, team in (("11-03", None), ("11-04", "net"), ("11-05", "net"), ("11-10", "net")):
        found = summarise(tickets, until=at(f"2026-{until}"), by=["team"])["groups"]
        assert [one["by"] for one in found] == [{"team": team}]


def test_groups_without_a_ticket_that_counts_are_left_out() -> None:
    tickets = [
        ticket("11-03T09:00 close status=closed", "closed", team="old"),
        ticket("11-20T09:00 close status=closed", "closed", team="net"),
        ticket(
            "11-03T09:00 resolve status=resolved\n11-20T09:00 close status=closed",
            "closed",
            team="closed",
        ),
        ticket(
            "11-20T09:00 reply text=no\n11-20T09:10 cancel status=cancelled",
            "cancelled",
            team="answered",
        ),
        ticket(
            "11-03T09:00 close status=closed\n11-20T09:00 survey score=4",
            "closed",
            team="surveyed",
        ),
    ]
    found = grouped(tickets, "team", since=at("2026-11-10"))
    assert [values for values, _ in found] == [("answered",), ("closed",), ("net",), ("surveyed",)]


def test_sub_periods_are_each_counted_as_of_their_end() -> None:
    log = """
        11-02T10:00 assign team=desk
        11-03T09:00 resolve status=resolved
        11-05T09:00 reopen status=in_progress
        11-05T10:00 escalate team=net escalation=functional
        11-05T11:00 resolve status=resolved"""
    tickets = [ticket(log, "resolved")]
    of_interest = ("opened", "resolved", "backlog", "reopen_rate", "resolution_mean")
    options = {"since": at("2026-11-01T12:00"), "until": at("2026-11-06T18:00")}

    def picked(*names: str) -> list:
        return [
            (values, {name: found[name] for name in of_interest if name in found})
            for values, found in grouped(tickets, *names, **options)
        ]

    assert picked("day") == [
        (("2026-11-01",), {}),
        (("2026-11-02",), {"opened": 1, "backlog": 1}),
        (("2026-11-03",), {"resolved": 1, "reopen_rate": "0/1", "resolution_mean": (86_400, 1)}),
        (("2026-11-04",), {}),
        (("2026-11-05",), {"resolved": 1, "reopen_rate": "0/1", "resolution_mean": (266_400, 1)}),
        (("2026-11-06",), {}),
    ]
    assert [values for values, _ in picked("day", "team")] == [
        ("2026-11-02", "desk"),
        ("2026-11-03", "desk"),
        ("2026-11-05", "net"),
    ]
    assert [values for values, _ in picked("team", "month")] == [("net", "2026-11")]


@pytest.mark.parametrize(
    ("unit", "labels"),
    [
        ("day", ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03",
                 "2027-01-04"]),
        ("week", ["2026-W53", "2027-W01"]),
        ("month", ["2026-12", "2027-01"]),
        ("quarter", ["2026-Q4", "2027-Q1"]),
        ("year", ["2026", "2027"]),
    ],
)  # fmt: skip
def test_sub_periods_follow_the_calendar_of_the_zone(unit: str, labels: list[str]) -> None:
    text = "id: T-261230-AAAAA\ntitle: new year\nstatus: new\nopened: 2026-12-29T16:00:00Z\n"
    found = grouped([codec.load(text)], unit, now=at("2027-01-04T09:00"))
    assert [values for values, _ in found] == [(label,) for label in labels]
    assert [figures.get("opened", 0) for _, figures in found] == [1] + [0] * (len(labels) - 1)
    assert {figures["backlog"] for _, figures in found} == {1}


def test_weeks_are_cut_where_months_end_if_both_are_asked_for() -> None:
    options = {"since": at("2026-12-21"), "until": at("2027-01-05")}
    found = grouped([], "week", "month", now=at("2027-02-01"), **options)
    assert [values for values, _ in found] == [
        ("2026-W52", "2026-12"),
        ("2026-W53", "2026-12"),
        ("2026-W53", "2027-01"),
        ("2027-W01", "2027-01"),
    ]


def test_groups_are_sorted_by_the_fields_as_they_were_asked_for() -> None:
    found = grouped(parse(DESK), "team", "month")
    assert [values for values, _ in found] == [
        ("network", "2026-11"),
        (None, "2026-10"),
        (None, "2026-11"),
    ]
    found = grouped(parse(DESK), "month", "team")
    assert [values for values, _ in found] == [
        ("2026-10", None),
        ("2026-11", "network"),
        ("2026-11", None),
    ]


def test_days_are_as_long_as_the_clock_makes_them() -> None:
    zone = ZoneInfo("America/New_York")
    text = "id: T-261101-AAAAA\ntitle: x\nstatus: new\nopened: 2026-10-31T00:00:00-04:00\n"
    found = grouped(
        [codec.load(text)], "day", now=datetime(2026, 11, 3, tzinfo=zone), zone=zone
    )  # fmt: skip
    ages = [figures["backlog_age_mean"][0] / 3600 for _, figures in found]
    assert [values[0][8:] for values, _ in found] == ["31", "01", "02", "03"]
    assert ages == [24, 49, 73, 73]  # 1 November has 25 hours; the last ends as it begins


def test_a_day_that_a_zone_left_out_is_empty() -> None:
    zone = ZoneInfo("Pacific/Apia")
    text = "id: T-111229-AAAAA\ntitle: x\nstatus: new\nopened: 2011-12-31T00:00:00+14:00\n"
    options = {"since": datetime(2011, 12, 29, tzinfo=zone), "zone": zone}
    found = grouped(
        [codec.load(text)], "day", now=datetime(2011, 12, 31, 9, tzinfo=zone), **options
    )
    assert [(values[0], figures.get("opened")) for values, figures in found] == [
        ("2011-12-29", None),
        ("2011-12-30", None),
        ("2011-12-31", 1),
    ]


def test_an_absurd_moment_ends_in_a_sentence() -> None:
    text = "id: T-000101-AAAAA\ntitle: typo\nstatus: new\nopened: 1900-01-01T12:00:00+08:00\n"
    with pytest.raises(UsageError) as caught:
        summarise([codec.load(text)], by=["day"])
    assert str(caught.value) == (
        "the period from 1900-01-01 has over 10000 parts by day; narrow it with --since and --until"
    )
    assert len(summarise([codec.load(text)], by=["year"])["groups"]) == 127
    future = text.replace("1900-01-01T12:00:00+08:00", "2999-12-31T23:59:59-12:00")
    end_of_time = datetime(9999, 12, 31, 23, tzinfo=ZONE)
    assert summarise([codec.load(future)], by=["day"])["groups"] == []
    found = summarise([], now=end_of_time, since=end_of_time.replace(day=30), by=["day"])
    assert [one["by"]["day"] for one in found["groups"]] == ["9999-12-30", "9999-12-31"]


# --- properties ----------------------------------------------------------------------------

STATUS = st.sampled_from(model.STATUSES)
TEAM = st.sampled_from(["desk", "net", None])
VERBS = st.sampled_from(["reply", "note", "escalate", "survey", "update"])
START = datetime(2026, 9, 1, tzinfo=ZONE)
MOMENTS = st.integers(0, 90 * 24).map(lambda hours: START + timedelta(hours=hours))
STEPS = st.tuples(
    MOMENTS,
    VERBS,
    st.fixed_dictionaries({}, optional={"status": STATUS, "team": TEAM, "assignee": TEAM}),
    st.integers(1, 5),
)


@st.composite
def lives(draw: st.DrawFn) -> Ticket:
    """A ticket to which things happened in an order of their own."""
    opened = draw(MOMENTS)
    head = {"title": "x", "status": "new", "opened": dates.stamp(opened)}
    record = Ticket({"id": "T-260901-7K3FQ"}, ()).add("open", opened, "chen", head)
    for moment, did, change, score in draw(st.lists(STEPS, max_size=6)):
        words = {"score": score} if did == "survey" else {}
        record = record.add(did, moment, "chen", change, **words)
    for moment in draw(st.lists(MOMENTS, max_size=2)):  # somebody takes back what was done last
        with suppress(RefusedError):
            act = Act("chen", moment, RULES)
            record = undoing.taken_back(record, act, undoing.own_last(record, "chen"))
    return record


DESKS = st.lists(lives(), max_size=6)


@given(DESKS, MOMENTS)
def test_as_of_a_moment_is_what_the_tickets_were_then(tickets: list[Ticket], now: datetime) -> None:
    then = [model.as_of(one, now) for one in tickets if one.opened <= now]
    for by in (["team"], ["week"]):
        found = summarise(tickets, now, by=by)
        assert found == summarise(then, now, by=by)
    assert found["measures"]["backlog"]["value"] == sum(one.live for one in then)


@given(DESKS, MOMENTS)
def test_what_was_opened_is_resolved_cancelled_or_in_the_backlog(
    tickets: list[Ticket], now: datetime
) -> None:
    found = counted(tickets, now)
    cancelled = [model.as_of(t, now).status == "cancelled" for t in tickets if t.opened <= now]
    assert found["opened"] == found["resolved"] + found["backlog"] + sum(cancelled)
    assert found["backlog"] == sum(found[name] for name in COUNTS[4:])
    assert found["closed"] <= found["resolved"]


@given(DESKS, MOMENTS, MOMENTS, MOMENTS)
def test_groups_sum_to_the_whole(
    tickets: list[Ticket], now: datetime, since: datetime, until: datetime
) -> None:
    found = summarise(tickets, now, since=since, until=until, by=["team"])
    for name in COUNTS:
        groups = sum(group["measures"][name]["value"] for group in found["groups"])
        assert groups == found["measures"][name]["value"]


@given(DESKS, MOMENTS, st.sampled_from(periods.TIME_FIELDS))
def test_sub_periods_sum_to_the_whole(tickets: list[Ticket], now: datetime, unit: str) -> None:
    found = summarise(tickets, now, by=[unit])
    groups = [figures(group["measures"]) for group in found["groups"]]
    whole = figures(found["measures"])
    assert sum(group["opened"] for group in groups) == whole["opened"]
    responses = [one.get("first_response_median", (0, 0))[1] for one in (whole, *groups)]
    assert sum(responses[1:]) == responses[0]
    if groups:
        ages = [name for name in COUNTS if name.startswith("backlog")]
        assert [groups[-1][name] for name in ages] == [whole[name] for name in ages]


@given(DESKS, MOMENTS, st.sampled_from([["month"], ["week", "team"]]))
def test_a_sub_period_is_a_summary_of_its_own(
    tickets: list[Ticket], now: datetime, by: list[str]
) -> None:
    fields = by[1:]
    parts = {
        "month": [(f"2026-{m:02}", at(f"2026-{m:02}-01"), at(f"2026-{m + 1:02}-01"))
                  for m in (9, 10, 11)],
        "week": [(f"2026-W{w}", START + timedelta(days=7 * (w - 36) - 1),
                  START + timedelta(days=7 * (w - 35) - 1)) for w in range(36, 49)],
    }  # fmt: skip
    expected = []
    for label, since, until in parts[by[0]]:
        own = summarise(tickets, now, since=since, until=until, by=fields)
        groups = own["groups"] if fields else [{"by": {}, "measures": own["measures"]}]
        expected += [{**one, "by": {by[0]: label, **one["by"]}} for one in groups if since <= now]
    found = summarise(tickets, now, since=parts[by[0]][0][1], until=parts[by[0]][-1][2], by=by)
    assert found["groups"] == expected


@given(DESKS, st.randoms(use_true_random=False))
def test_the_order_of_tickets_is_of_no_matter(tickets: list[Ticket], random: object) -> None:
    shuffled = list(tickets)
    random.shuffle(shuffled)
    by = ["team", "month"]
    assert summarise(shuffled, by=by) == summarise(tickets, by=by)


@given(st.lists(strategies.tickets() | strategies.lived(), max_size=3), strategies.keys())
def test_any_ticket_that_the_format_allows_is_counted(tickets: list[Ticket], name: str) -> None:
    for by in (["year"], [name, "tags", "status"]):
        found = summarise(tickets, by=by)
        assert json.loads(json.dumps(found)) == found
        assert all(m["value"] >= 0 for m in found["measures"].values())


# --- promises ------------------------------------------------------------------------------

KEEPING = """\
format: 1
timezone: Asia/Shanghai
calendars: {office: {hours: {mon-fri: [09:00-18:00]}}}
calendar: office
targets: [{respond: 2h, resolve: 9h}]
"""


def kept(text: str, tickets: list[Ticket], **options: object) -> dict[str, object]:
    found = counted(tickets, promises=policy.load(text).promises, **options)
    names = ("respond_attainment", "resolve_attainment", "breached", "at_risk")
    return {name: found[name] for name in names if name in found}


def test_promises_count_in_the_period_in_which_their_clock_stopped() -> None:
    closing = KEEPING + "resolve_until: closed\n"
    log = "11-03T18:00 resolve status=resolved\n12-01T09:30 close status=closed"
    done = ticket(log, "closed")
    november = {"until": at("2026-12-01T00:00"), "now": at("2027-01-01T00:00")}
    december = {"since": at("2026-12-01T00:00"), "now": at("2027-01-01T00:00")}
    assert kept(KEEPING, [done], **november)["resolve_attainment"] == "0/1"
    assert "resolve_attainment" not in kept(KEEPING, [done], **december)
    assert "resolve_attainment" not in kept(closing, [done], **november)
    assert kept(closing, [done], **november)["breached"] == 1
    assert kept(closing, [done], **december)["resolve_attainment"] == "0/1"


@pytest.mark.parametrize("seed", range(60))
def test_figures_and_lists_agree_on_what_is_breached_and_at_risk(seed: int) -> None:
    random = Random(seed)
    rules = policy.load(KEEPING + "pauses: {respond: [vendor]}\n").promises
    lines, state = [], "new"
    for day in range(3, 3 + random.randint(0, 6)):
        did = random.choice(["reply", "hold", "resume", "note"])
        state = {"hold": "on_hold", "resume": "in_progress"}.get(did, state)
        lines.append(f"11-{day:02}T{random.randint(8, 19):02}:00 {did} status={state}")
    one = ticket("\n".join(lines), state)
    for hours in (1, 5, 26, 50, 100, 200):
        now = at("2026-11-02T09:00") + timedelta(hours=hours)
        clocks = sla.clocks(model.as_of(one, now), rules, now.timestamp())
        states = [clock.state for clock in clocks]
        found = counted([one], now=now, promises=rules)
        assert (found["breached"], found["at_risk"]) == ("breached" in states, "at_risk" in states)
