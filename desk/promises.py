"""What a desk promises, as desk.yaml says: targets, their calendars, and what pauses them.

The part of the policy that the clocks of sla.py go by.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import NamedTuple

from desk import dates, workhours
from desk.calendars import Calendar
from desk.model import LIVE, WAITING_FOR, Value
from desk.settings import Reader, length_of
from desk.shapes import TEXT, Setting, Shape, keys, list_of, matching, one_of

RESPOND, UPDATE, RESOLVE = CLOCKS = ("respond", "update", "resolve")
# Fields that may choose a target; `department` is the requester's.
CHOOSING = ("kind", "priority", "category", "team", "department", "impact", "channel", "major")
_SHARE = re.compile(r"(\d{1,3}) ?%", re.ASCII)
# A target says it of a clock for which nothing is promised.
_NO_PROMISE = "none"
SHARE = matching(_SHARE)
_SCALAR: Shape = {"type": ["string", "number", "boolean"]}
_WANTED: Shape = {"anyOf": [_SCALAR, {**list_of(_SCALAR), "minItems": 1}]}
WHEN: Shape = {
    "type": "object",
    "properties": {
        name: {"description": f"The {name} is this, or one of these.", **_WANTED}
        for name in CHOOSING
    },
    "additionalProperties": False,
}
_DAY: Shape = {"anyOf": [workhours.DAY_OR_DAYS, one_of([""])]}
_TIME: Shape = {
    "type": "string",
    "pattern": rf"^(?:{_NO_PROMISE}|\s*[0-9０-９][^dw天周日]*[A-Za-z秒分钟时]\s*)$",
}
TARGET = {
    "name": Setting("What it is called; what it asks for, unless given.", TEXT),
    "when": Setting("The tickets that it is for: {priority: [P1, P2]}; all, unless given.", WHEN),
    "from": Setting("Only for tickets opened on that day or later.", _DAY),
    "until": Setting("Only for tickets opened on that day or before.", _DAY),
    "calendar": Setting("The calendar that counts for it; the team's, unless given.", TEXT),
    RESPOND: Setting("The working time until the first public reply: 30m, 4h, none.", _TIME),
    UPDATE: Setting("The longest working time without a public reply: 8h, none.", _TIME),
    RESOLVE: Setting("The working time until the solution: 16h, none.", _TIME),
}
# One of its clocks must be named.
TARGETS = list_of(
    keys(TARGET, anyOf=[{"required": [clock], "properties": {clock: TEXT}} for clock in CLOCKS])
)
PAUSES = keys(
    {
        clock: Setting(
            f"On hold for whom the {clock} clock stands still.", list_of(one_of(WAITING_FOR))
        )
        for clock in CLOCKS
    }
)


class Target(NamedTuple):
    """What is promised to tickets that fit `when`, in working seconds.

    With `since` and `until` (dates, both included) it is for tickets opened then, so that a
    policy can change without rewriting what was promised before.
    """

    name: str
    when: "Condition"
    promised: Mapping[str, float]
    calendar: Calendar | None = None
    since: str = ""
    until: str = ""

    def fits(self, values: Mapping[str, Value], opened: str) -> bool:
        """Whether it is for a ticket with those values, opened on that day (ISO 8601)."""
        in_time = self.since <= opened and (not self.until or opened <= self.until)
        return in_time and self.when.fits(values)


class Condition(NamedTuple):
    """Tickets each of whose fields has one of its values; none at all: every ticket."""

    fields: Mapping[str, tuple[str, ...]]

    def fits(self, values: Mapping[str, Value]) -> bool:
        """Whether a ticket with those values is meant; a category stands for what is under it."""
        for name, wanted in self.fields.items():
            value = as_text(values.get(name)).casefold()
            above = (value[:end] for end in range(len(value)) if value[end] == "/")
            if not {value, *above} & {one.casefold() for one in wanted}:
                return False
        return True

    def __str__(self) -> str:
        if not self.fields:
            return "every ticket"
        return ", ".join(f"{name} {' or '.join(one)}" for name, one in self.fields.items())


NO_CONDITION = Condition({})
NO_TARGET = Target("none", NO_CONDITION, {})
ALL_STILL = frozenset(CLOCKS)
NONE_STILL: frozenset[str] = frozenset()
ENDS = ("resolved", "closed")
_RUNNING = (*LIVE, "resolved")


def as_text(value: Value) -> str:
    """A field's value as a condition writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


class Promises:
    """Which target and calendar a ticket has, and what pauses which clock.

    `pauses` are for each clock the reasons of a hold during which it stands still, `at_risk`
    the share of a target from which it is at risk. `several_calendars` tells whether any may
    count but `calendar`. `over` are the statuses in which the update and resolve clocks have
    stopped.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        calendars: Mapping[str, Calendar],
        calendar: Calendar,
        team_calendars: Mapping[str, Calendar],
        pauses: Mapping[str, frozenset[str]],
        at_risk: float,
        resolve_until: str = "resolved",
        zone: tzinfo = UTC,
    ) -> None:
        self.targets = tuple(targets)
        self.calendars = calendars
        self.calendar = calendar
        self.team_calendars = team_calendars
        self.pauses = pauses
        self.at_risk = at_risk
        self.several_calendars = bool(team_calendars) or any(one.calendar for one in targets)
        self._zone = zone
        self._dated = any(target.since or target.until for target in targets)
        self._chosen: dict[tuple[Value, ...], tuple[Target, Calendar]] = {}
        self.over = ENDS[ENDS.index(resolve_until) :]  # any value may be looked up in it
        self._held = {
            reason: frozenset(clock for clock in CLOCKS if reason in pauses[clock])
            for reason in WAITING_FOR
        }

    def still(self, status: Value, waiting_for: Value) -> frozenset[str]:
        """The clocks that do not run while a ticket has that status and waits for that."""
        if status == "on_hold":
            return self._held.get(str(waiting_for), NONE_STILL)
        return ALL_STILL if status in self.over or status not in _RUNNING else NONE_STILL

    @staticmethod
    def values(head: Mapping[str, Value]) -> dict[str, Value]:
        """The fields of a head that conditions are about (CHOOSING)."""
        requester = head.get("requester")
        department = requester.get("department") if isinstance(requester, dict) else None
        major = bool(head.get("major"))
        return {name: head.get(name) for name in CHOOSING} | {
            "department": department,
            "major": major,
        }

    def of(self, head: Mapping[str, Value]) -> tuple[Target, Calendar]:
        """The first target that fits a head, and the calendar that counts for it.

        That of the target, else of the team, else the desk's.
        """
        requester = head.get("requester")
        key = (
            head.get("kind"),
            head.get("priority"),
            head.get("category"),
            head.get("team"),
            requester.get("department") if isinstance(requester, dict) else None,
            head.get("impact"),
            head.get("channel"),
            head.get("major"),
            self._day(head.get("opened")) if self._dated else None,
        )
        try:
            found = self._chosen.get(key)
        except TypeError:  # a list or mapping where a text should stand, typed by hand
            return self._choose(self.values(head), str(key[-1]))
        if found is None:
            found = self._chosen[key] = self._choose(self.values(head), str(key[-1]))
        return found

    def _day(self, opened: Value) -> str:
        """The day of a stamp where the desk is, as ISO 8601; empty for what is none."""
        try:
            return dates.at(dates.seconds(str(opened)), self._zone).date().isoformat()
        except ValueError:
            return ""

    def _choose(self, values: Mapping[str, Value], opened: str) -> tuple[Target, Calendar]:
        fitting = (one for one in self.targets if one.fits(values, opened))
        target = next(fitting, NO_TARGET)
        by_team = self.team_calendars.get(as_text(values["team"]), self.calendar)
        return target, target.calendar or by_team


def read(reader: Reader, timezone: str, known: Mapping[str, Sequence[str]]) -> Promises:
    """The promises in a desk.yaml; mistakes are noted in the reader.

    `known` are the values that the policy knows for fields of a condition.
    """
    calendars = workhours.read(reader, timezone)
    default = reader.text("calendar", default=workhours.ALWAYS)
    reader.known(default, calendars, "calendar")
    by_team = {}
    for team in reader.mapping("teams"):
        name = reader.text("teams", team, "calendar")
        reader.known(name, calendars, "teams", team, "calendar")
        if name in calendars:
            by_team[team] = calendars[name]
    return Promises(
        targets=list(_targets(reader, calendars, known)),
        calendars=calendars,
        calendar=calendars.get(default, calendars[workhours.ALWAYS]),
        team_calendars=by_team,
        pauses=_pauses(reader),
        at_risk=share(reader, "at_risk", default="75%", most=100),
        resolve_until=_resolve_until(reader),
        zone=calendars[workhours.ALWAYS].zone,
    )


def _resolve_until(reader: Reader) -> str:
    """With which status a ticket's resolve and update clocks stop."""
    status = reader.text("resolve_until", default=ENDS[0])
    reader.known(status, ENDS, "resolve_until")
    return status if status in ENDS else ENDS[0]


def share(
    reader: Reader, *path: str | int, default: str, most: int = 999, of: str = "of the target "
) -> float:
    """The share there, written `75%` and at most so many percent, as 0.75."""
    value = reader.at(*path)
    match = _SHARE.fullmatch(str(default if value is None else value))
    if not match or not 1 <= int(match[1]) <= most:
        reader.problem(f"{path[-1]!r} is a share {of}from 1% to {most}%, such as 75%", *path)
        return 1.0
    return int(match[1]) / 100


def working_time(reader: Reader, *path: str | int) -> float | None:
    """The length of working time there in seconds, None where nothing is promised."""
    value = reader.at(*path)
    if value in (None, _NO_PROMISE):
        return None
    try:
        if not isinstance(value, str) or re.search(r"[dw天周日]", value):
            raise ValueError
        seconds = length_of(value).total_seconds()
        if not seconds:
            raise ValueError
        return seconds
    except ValueError:
        reader.problem(f"{path[-1]!r} is working time in hours and minutes: 30m, 4h, 16h", *path)
        return None


def _targets(
    reader: Reader, calendars: Mapping[str, Calendar], known: Mapping[str, Sequence[str]]
) -> Iterator[Target]:
    for place in range(reader.count("targets")):
        path = ("targets", place)
        reader.only(reader.mapping(*path), TARGET, *path)
        promised = {clock: working_time(reader, *path, clock) for clock in CLOCKS}
        if all(reader.at(*path, clock) is None for clock in CLOCKS):
            reader.problem(
                "this target promises nothing; give respond, update or resolve a time, or say "
                f"`resolve: {_NO_PROMISE}` if that is meant",
                *path,
            )
        respond, update = promised[RESPOND], promised[UPDATE]
        if respond and update and update < respond:
            reader.problem(
                "'update' is shorter than 'respond', which is the first news; give it as long",
                *path,
                UPDATE,
            )
        calendar = reader.text(*path, "calendar")
        reader.known(calendar, calendars, *path, "calendar")
        when = condition(reader, known, *path, "when")
        since, until = (_day(reader, *path, key) for key in ("from", "until"))
        if until and until < since:
            reader.problem(f"no day is from {since} until {until}", *path, "until")
        yield Target(
            reader.text(*path, "name", default=str(when)),
            when,
            {clock: seconds for clock, seconds in promised.items() if seconds is not None},
            calendars.get(calendar),
            since,
            until,
        )


def _day(reader: Reader, *path: str | int) -> str:
    """The one date there as ISO 8601, empty where there is none."""
    text = reader.text(*path)
    found = workhours.span(reader, text, *path) if text else None
    if found and found[0] != found[1]:
        reader.problem(f"{path[-1]!r} is one day, such as {found[0]}", *path)
    return found[0].isoformat() if found else ""


def condition(reader: Reader, known: Mapping[str, Sequence[str]], *path: str | int) -> Condition:
    """The fields and values there that a ticket must have: `{priority: [P1, P2]}`."""
    when: dict[str, tuple[str, ...]] = {}
    reader.only(reader.mapping(*path), CHOOSING, *path)
    for field, wanted in reader.mapping(*path).items():
        values = wanted if isinstance(wanted, list) else [wanted]
        when[field] = tuple(as_text(value) for value in values)
        if not values or any(value is None or isinstance(value, list | dict) for value in values):
            reader.problem(f"{field!r} is a value or a list of values: [one, two]", *path, field)
        elif field in known:
            for place, value in enumerate(when[field]):
                at = (field, place) if isinstance(wanted, list) else (field,)
                reader.known(value, known[field], *path, *at)
    return Condition(when)


def _pauses(reader: Reader) -> dict[str, frozenset[str]]:
    """Unless it says otherwise, the response never pauses and the rest waits for others."""
    pauses = {RESPOND: frozenset[str](), UPDATE: frozenset(WAITING_FOR)}
    pauses[RESOLVE] = frozenset(WAITING_FOR)
    reader.only(reader.mapping("pauses"), CLOCKS, "pauses")
    for clock in reader.mapping("pauses"):
        reasons = reader.texts("pauses", clock)
        for place, reason in enumerate(reasons):
            reader.known(reason, WAITING_FOR, "pauses", clock, place)
        pauses[clock] = frozenset(reasons)
    return pauses
