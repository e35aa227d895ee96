"""Working time and clocks counted one minute at a time, to compare desk's own with.

Nothing of desk.calendars or desk.sla is used: each minute is turned into the wall time of a
zone, and every question about a ticket is answered from all that had happened by then. Times
are whole minutes since 1970.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from desk.model import Ticket

DAY = 1440
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LENGTH = 26 * DAY  # of a window
LIVE = ("new", "in_progress", "on_hold")
SOLVED = ("resolved", "closed")
Settings = Mapping[str, Any]

# Zones with a day on which something is odd; each window begins 12 days before.
ODD_DAYS = (
    ("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"),
    ("America/Sao_Paulo", "2018-11-04"), ("America/Sao_Paulo", "2019-02-17"),
    ("Australia/Lord_Howe", "2026-04-05"), ("Australia/Lord_Howe", "2026-10-04"),
    ("Pacific/Apia", "2011-12-30"), ("Pacific/Apia", "2012-04-01"),
    ("Africa/Casablanca", "2026-02-15"), ("Africa/Casablanca", "2026-03-22"),
    ("Asia/Shanghai", "2024-02-29"), ("Asia/Shanghai", "1988-04-17"),
    ("Asia/Kolkata", "2000-02-29"), ("UTC", "2026-12-31"),
)  # fmt: skip


class Window(NamedTuple):
    """The minutes around an odd day that are looked at."""

    zone: str
    day: date
    first: int

    @property
    def last(self) -> int:
        """The first minute after it."""
        return self.first + LENGTH


def window(random: Random) -> Window:
    zone, text = random.choice(ODD_DAYS)
    day = date.fromisoformat(text)
    return Window(zone, day, (day.toordinal() - date(1970, 1, 1).toordinal() - 12) * DAY)


# --- working time --------------------------------------------------------------------------


@cache
def _walls(zone: str, first: int) -> "array[int]":
    """The wall time of each minute of a window, in minutes since the year 1."""
    found = ZoneInfo(zone)
    moments = (
        datetime.fromtimestamp(minute * 60, found) for minute in range(first, first + LENGTH)
    )
    return array("q", (one.toordinal() * DAY + one.hour * 60 + one.minute for one in moments))


def working(calendar: Settings, first: int) -> bytes:
    """1 for each minute of the window that is working time, 0 for the others."""
    if calendar["hours"] == "24x7":
        return b"\1" * LENGTH
    walls = _walls(calendar["timezone"], first)
    days = range(min(walls) // DAY - 1, max(walls) // DAY + 1)
    painted = bytearray((len(days) + 2) * DAY)
    for number, day in enumerate(days):
        for start, end in _shifts(calendar, date.fromordinal(day)):
            place = number * DAY + start
            painted[place : place + end - start] = b"\1" * (end - start)
    base = days[0] * DAY
    return bytes([painted[wall - base] for wall in walls])


def _shifts(calendar: Settings, day: date) -> list[tuple[int, int]]:
    """The shifts that begin on a day, in minutes from its midnight."""
    for days, hours in reversed(calendar.get("working_days", {}).items()):
        if _within(days, day):
            return _spans(_usual(calendar, WEEK.index(hours)) if hours in WEEK else hours)
    if any(_within(days, day) for days in calendar.get("holidays", ())):
        return []
    return _spans(_usual(calendar, day.weekday()))


def _within(days: str, day: date) -> bool:
    first, _, last = days.partition("..")
    return first <= day.isoformat() <= (last or first)


def _usual(calendar: Settings, weekday: int) -> Sequence[str]:
    for days, spans in calendar["hours"].items():
        first, _, last = days.replace("daily", "mon-sun").partition("-")
        start, end = WEEK.index(first), WEEK.index(last or first)
        if (weekday - start) % 7 <= (end - start) % 7:
            found: Sequence[str] = spans
            return found
    return ()


def _spans(spans: Iterable[str]) -> list[tuple[int, int]]:
    found = []
    for span in spans:
        start, end = (int(text[:2]) * 60 + int(text[3:]) for text in span.split("-"))
        found.append((start, end if end > start else end + DAY))
    return found


# --- a ticket's clocks ---------------------------------------------------------------------


class Counted(NamedTuple):
    """A clock as it was counted: working minutes, and moments in minutes since 1970.

    `due` is None where a pause keeps it open, and `Window.last` where it lies beyond that.
    """

    name: str
    state: str
    target: float
    elapsed: float
    start: float
    end: float
    stopped: bool
    missed: int
    due: float | None


class Moment(NamedTuple):
    """A ticket from a minute on: what was done then, and its fields after that."""

    minute: int
    did: str
    head: Mapping[str, Any]


def minute_of(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp()) // 60


def moments(ticket: Ticket, now: int) -> list[Moment]:
    """The log replayed up to `now`: after each thing that happened, all until then folded."""
    opened = minute_of(ticket.text("opened"))
    happened = sorted((minute_of(one.at), one.n, place) for place, one in enumerate(ticket.log))
    happened = [one for one in happened if one[0] <= now]
    first = before_the_log(ticket)
    found = [Moment(opened, "", first)]
    for count, (minute, _, place) in enumerate(happened, 1):
        head = dict(first)
        for _, _, known in sorted(happened[:count], key=lambda one: (one[1], one[0])):
            head |= {name: to for name, (_, to) in ticket.log[known].change.items()}
        found.append(Moment(max(minute, opened), ticket.log[place].did, head))
    return found


def before_the_log(ticket: Ticket) -> dict[str, Any]:
    """The fields that the ticket had before its first event."""
    head = dict(ticket.head)
    for event in sorted(ticket.log, key=lambda one: (one.n, one.when), reverse=True):
        head |= {name: was for name, (was, _) in event.change.items()}
    return head


def target_of(desk: Settings, head: Mapping[str, Any]) -> Settings:
    """The first entry of targets that fits."""
    for target in desk["targets"]:
        day = head["opened"][:10]
        if target.get("from", "") <= day <= target.get("until", "9999") and all(
            _fits(head, name, wanted) for name, wanted in target.get("when", {}).items()
        ):
            found: Settings = target
            return found
    return {}


def _fits(head: Mapping[str, Any], name: str, wanted: Sequence[str]) -> bool:
    value = head["requester"]["department"] if name == "department" else head.get(name) or ""
    return any(value == one or value.startswith(one + "/") for one in wanted)


def calendar_of(desk: Settings, head: Mapping[str, Any]) -> str:
    """That of the target, else of the team, else the desk's."""
    by_team: str = desk["teams"].get(head.get("team"), {}).get("calendar", desk["calendar"])
    by_target: str = target_of(desk, head).get("calendar", by_team)
    return by_target


def runs(desk: Settings, head: Mapping[str, Any], clock: str) -> bool:
    """Whether that clock runs while a ticket is like that."""
    if head.get("status") == "on_hold":
        return head.get("waiting_for") not in desk["pauses"][clock]
    if head.get("status") == "resolved":
        return bool(desk["resolve_until"] == "closed")
    return head.get("status") in LIVE


class _Count:
    """One ticket at one moment."""

    def __init__(self, desk: Settings, ticket: Ticket, now: int, window: Window) -> None:
        self.desk = desk
        self.now = now
        self.window = window
        self.opened = minute_of(ticket.text("opened"))
        self.moments = moments(ticket, now)
        self.worked = {
            name: working(calendar, window.first) for name, calendar in desk["calendars"].items()
        }

    def heads(self) -> Iterable[tuple[int, int, Mapping[str, Any]]]:
        """From, to and the fields that the ticket had in those minutes."""
        ends = [one.minute for one in self.moments[1:]] + [self.now]
        for moment, end in zip(self.moments, ends, strict=True):
            if moment.minute < end:
                yield moment.minute, end, moment.head

    def line(self, clock: str) -> bytes:
        """1 for each minute since the opening in which that clock went on."""
        parts = []
        for start, end, head in self.heads():
            worked = self.worked[calendar_of(self.desk, head)]
            going = worked[start - self.window.first : end - self.window.first]
            parts.append(going if runs(self.desk, head, clock) else bytes(end - start))
        return b"".join(parts)

    def news(self) -> list[int]:
        return [one.minute for one in self.moments if one.did == "reply"]

    def over(self) -> int | None:
        """Since when it has been resolved or closed, or closed where that is what counts."""
        since = None
        ends = SOLVED if self.desk["resolve_until"] == "resolved" else ("closed",)
        for moment in self.moments:
            if moment.head.get("status") not in ends:
                since = None
            elif since is None:
                since = moment.minute
        return since

    def responded(self) -> int | None:
        for moment in self.moments:
            if moment.did == "reply" or moment.head.get("status") in SOLVED:
                return moment.minute
        return None

    def clock(self, name: str, target: int) -> Counted:
        stop = self.responded() if name == "respond" else self.over()
        end = self.now if stop is None else stop
        line, bounds = self.line(name), [self.opened, end]
        if name == "update":
            bounds[1:1] = [m for m in self.news() if m < end or stop is None]
        spent = [
            sum(line[start - self.opened : then - self.opened]) for start, then in pairwise(bounds)
        ]
        missed = sum(one > target for one in spent)
        state = self.state(name, target, spent[-1])
        shown = len(spent) - 1
        if stop is not None:
            state = "breached" if missed else "met"
            shown = max(range(len(spent)), key=lambda at: (spent[at], bounds[at], bounds[at + 1]))
        start, end = bounds[shown], bounds[shown + 1]
        due = self.due(name, target, line, start, end, stop is not None)
        news_missed = missed if name == "update" else 0
        return Counted(
            name, state, target, spent[shown], start, end, stop is not None, news_missed, due
        )

    def state(self, name: str, target: int, elapsed: int) -> str:
        """The state of a clock that has not stopped."""
        if elapsed > target:
            return "breached"
        if not runs(self.desk, self.moments[-1].head, name):
            return "paused"
        share = int(self.desk["at_risk"].rstrip("%"))
        return "at_risk" if elapsed * 100 >= target * share else "running"

    def due(
        self, name: str, target: int, line: bytes, start: int, end: int, stopped: bool
    ) -> int | None:
        """Go on minute by minute until the target is used up."""
        head = self.moments[-1].head
        if stopped:
            ran = [(0, 0, self.head_at_opening())] + [
                one for one in self.heads()
                if one[1] > start and one[0] < end and runs(self.desk, one[2], name)
            ]  # fmt: skip
            head = ran[-1][2]
        ahead = self.worked[calendar_of(self.desk, head)][end - self.window.first :]
        spent = 0
        for minute, counts in enumerate(line[start - self.opened : end - self.opened], start):
            spent += counts
            if spent == target:
                return minute + 1
        if not stopped and not runs(self.desk, head, name):
            return None
        for minute, counts in enumerate(ahead, end):
            spent += counts
            if spent == target:
                return minute + 1
        return self.window.last

    def head_at_opening(self) -> Mapping[str, Any]:
        return [one.head for one in self.moments if one.minute <= self.opened][-1]


def clocks(desk: Settings, ticket: Ticket, now: int, window: Window) -> list[Counted]:
    """The clocks of a ticket as of a minute of the window."""
    if now < minute_of(ticket.text("opened")):
        return []
    count = _Count(desk, ticket, now, window)
    head = count.moments[-1].head
    if head["status"] == "cancelled":
        return []
    promised = target_of(desk, head)
    return [
        count.clock(name, int(promised[name].rstrip("m")))
        for name in ("respond", "update", "resolve")
        if name in promised
    ]


# --- random calendars ----------------------------------------------------------------------


def random_calendar(random: Random, window: Window) -> dict[str, Any]:
    """Hours, holidays and swapped days as desk.yaml has them."""
    zone = random.choice((window.zone, window.zone, window.zone, "Asia/Shanghai", "UTC"))
    hours: dict[str, list[str]] = {}
    for days in random.choice((("daily",), ("mon-fri", "sat"), ("fri-mon", "wed"), WEEK)):
        if random.random() < 0.9:
            hours[days] = _random_spans(random)
    hours = hours or {"tue": ["09:00-17:00"]}
    swapped = {
        _random_days(random, window): random.choice((random.choice(WEEK), _random_spans(random)))
        for _ in range(random.choice((0, 0, 1, 2)))
    }
    holidays = [_random_days(random, window) for _ in range(random.choice((0, 0, 1, 3)))]
    return {"timezone": zone, "hours": hours, "holidays": holidays, "working_days": swapped}


def _random_days(random: Random, window: Window) -> str:
    first = window.day + timedelta(days=random.randint(-9, 9))
    last = first + timedelta(days=random.choice((0, 0, 1, 2)))
    return f"{first}..{last}" if last > first else str(first)


def _random_spans(random: Random) -> list[str]:
    """One to three spans that may touch; the last may go over midnight."""
    step = random.choice((1, 5, 30, 60))
    edges = sorted(random.sample(range(0, DAY + 1, step), 2 * random.choice((1, 2, 2, 3))))
    for place in range(2, len(edges), 2):
        if random.random() < 0.3:
            edges[place] = edges[place - 1]
    if random.random() < 0.3:
        edges[-1] = random.randrange(0, edges[-2] + 1, step) if edges[-2] else 0
    times = [f"{edge // 60:02}:{edge % 60:02}" for edge in edges]
    return [f"{start}-{end}" for start, end in zip(times[::2], times[1::2], strict=True)]
