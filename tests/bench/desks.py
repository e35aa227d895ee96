"""Desks of any size for the benches: tickets of ten years, as the program would have written them.

    python -m tests.bench.desks COUNT FOLDER [--no-git]

The same count always makes the same files. One ticket in twenty is live, but never more than
MOST_LIVE; a third speaks Chinese. Each ticket is made by the verbs themselves (desk.lifecycle)
and written by desk.codec; only the locks and syncs of desk.store are left out.
"""

import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from desk import codec, lifecycle, policy, store
from desk.lifecycle import Act
from desk.model import WAITING_FOR, Ticket, Value
from desk.rules import AUTO_CLOSE
from tests.bench import phrases
from tests.bench.phrases import CHINESE, ENGLISH, Voice

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
YEARS = timedelta(days=3652)
MOST_LIVE = 5000
_CHUNK = 500
_HOUR, _DAY = 3600.0, 86400.0

_PEOPLE = {
    "service-desk": "chen sam wang anna ben liu mia zhou tom yang",
    "network": "lin hugo sun petra guo karim",
    "systems": "omar vera he nadia xu",
    "applications": "zhao clara feng igor",
}
_OWNERS = {
    "hardware": "service-desk",
    "software": "applications",
    "network": "network",
    "account": "service-desk",
    "data": "systems",
}
POLICY = """\
format: 1
name: Generated desk
prefix: T
timezone: Asia/Shanghai

people:
{people}
teams:
  service-desk: {{tier: 1, lead: chen, escalates_to: systems, categories: [hardware, account]}}
  network: {{tier: 2, lead: lin, categories: [network]}}
  systems: {{tier: 2, lead: omar, categories: [data]}}
  applications: {{tier: 2, lead: zhao, categories: [software]}}
  vendor: {{tier: 3, vendor: true}}

kinds: [incident, request, problem, change, complaint, improvement]
channels: [phone, email, web, chat, walk-in, social, monitoring]
categories:
  hardware: [computer, printer, phone, peripheral]
  software: [office, business, operating-system, installation]
  network: [vpn, wifi, wired, internet]
  account: [password, permission, mailbox, new-starter]
  data: [backup, restore, report, storage]
impacts: [organisation, department, person]
urgencies: [high, medium, low]
matrix:
  organisation: [P1, P2, P3]
  department: [P2, P3, P4]
  person: [P3, P4, P4]
defaults: {{kind: incident, channel: phone, impact: person, urgency: medium, team: service-desk}}
codes: [fixed, workaround, user-guidance, no-fault-found, duplicate, by-vendor]
reopen_within: 14d
on_resolve: {{duplicates: resolve, children: offer}}

calendars:
  office:
    hours: {{mon-fri: [09:00-12:00, 13:30-18:00]}}
    holidays: [2026-10-01..2026-10-07]
    working_days: {{2026-10-10: mon}}
  shifts: {{hours: {{mon-sat: [07:00-21:00]}}}}
calendar: office
targets:
  - {{when: {{priority: P1}}, respond: 30m, update: 2h, resolve: 8h, calendar: 24x7}}
  - {{when: {{priority: P2}}, respond: 1h, update: 8h, resolve: 16h, calendar: shifts}}
  - {{when: {{kind: request}}, respond: 8h, resolve: 40h}}
  - {{when: {{priority: P3}}, respond: 4h, resolve: 24h}}
  - {{respond: 8h, resolve: 40h}}
at_risk: 75%
rules:
  - {{clock: respond, at: 75%, do: tell-assignee}}
  - {{clock: resolve, at: 75%, do: tell-manager}}
remind_before: 1d
close_after: 5d
survey: {{after: 1d, every: 30d}}
"""

# The verbs of a life, 4 to 8; "queue" is an assignment to a team. How often each is drawn.
_ENDED = {
    "open assign resolve close": 6,
    "open assign note resolve close": 10,
    "open assign resolve close survey": 8,
    "open reply assign note resolve close": 10,
    "open classify assign resolve close survey": 8,
    "open assign hold resume resolve close": 8,
    "open classify queue assign note resolve close": 10,
    "open assign reply hold resume resolve close": 8,
    "open assign note resolve reopen resolve close": 3,
    "open classify assign reply note resolve close survey": 8,
    "open assign reply hold resume resolve close survey": 8,
    "open classify queue assign reply note resolve close": 8,
    "open queue note cancel": 3,
}
_LIVE = {
    "open classify queue note": 4,
    "open assign reply note": 6,
    "open classify assign note reply": 6,
    "open assign reply hold": 4,
    "open classify queue assign note reply": 4,
    "open assign reply hold resume note": 4,
    "open classify assign reply note hold": 4,
    "open assign note resolve reopen note reply": 1,
    "open classify queue assign reply note reply note": 2,
}
# The mean time before each verb, in seconds; what is not here comes after half a day.
_PAUSES = {
    "classify": 0.3 * _HOUR,
    "queue": 0.5 * _HOUR,
    "assign": 2 * _HOUR,
    "resume": 3 * _DAY,
    "resolve": 1 * _DAY,
    "close": 2 * _DAY,
    "survey": 1 * _DAY,
    "reopen": 2 * _DAY,
}


def live_of(count: int) -> int:
    """How many of so many tickets are live."""
    return min(count // 20, MOST_LIVE)


@cache
def rules() -> policy.Policy:
    """The policy of the generated desks."""
    return policy.load(policy_text())


def policy_text() -> str:
    """Their desk.yaml."""
    people = (
        f"  {who}: {{email: {who}@example.com, teams: [{team}], manager: {members.split()[0]}}}\n"
        for team, members in _PEOPLE.items()
        for who in members.split()
    )
    return POLICY.format(people="".join(people))


def ticket(number: int, count: int) -> Ticket:
    """Ticket `number` (from 0, the live ones last) of a desk of `count`."""
    draw = random.Random(f"{number} of {count}")
    live = number >= count - live_of(count)
    opened = _opening(draw, number / count, live=live)
    verbs = _verbs(draw, opened, live=live)
    language = CHINESE if draw.random() < 1 / 3 else ENGLISH
    story = Story(draw, Voice(draw, language), _record_id(number, opened))
    made: Ticket | None = None
    for verb, at in zip(verbs, _moments(draw, verbs, opened), strict=True):
        made = story.told(verb, made, at)
    assert made
    return made


def _opening(draw: random.Random, share: float, *, live: bool) -> datetime:
    """When it was opened: ended ones one after the other, live ones mostly of late."""
    if live:
        tail = draw.random() < 0.1
        age = draw.uniform(0, 3 * 365 * _DAY) if tail else draw.expovariate(1 / (20 * _DAY))
        return NOW - timedelta(seconds=round(4 * _HOUR + age))
    day = NOW - YEARS + (YEARS - timedelta(days=2)) * share
    if day.weekday() > 4 and draw.random() < 0.9:
        day -= timedelta(days=2)
    # Nine in ten calls come in office hours.
    hours = draw.triangular(8, 18, 10) if draw.random() < 0.9 else draw.uniform(0, 24)
    return day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
        seconds=round(hours * _HOUR)
    )


def _verbs(draw: random.Random, opened: datetime, *, live: bool) -> list[str]:
    lives = _LIVE if live else _ENDED
    verbs = draw.choices(list(lives), list(lives.values()))[0].split()
    if not live and NOW - opened < timedelta(days=6):  # solved, and not closed yet
        still_short = [verb for verb in verbs if verb not in ("close", "survey")]
        verbs = still_short if len(still_short) >= 4 else verbs
    return verbs


def _moments(draw: random.Random, verbs: list[str], opened: datetime) -> Iterator[datetime]:
    """When each verb was done: after pauses as they are usual, but all before NOW."""
    pauses = [60 + draw.expovariate(1 / _PAUSES.get(verb, _DAY / 2)) for verb in verbs[1:]]
    room = (NOW - opened).total_seconds() - _HOUR
    scale = min(1.0, room / sum(pauses))
    at = 0.0
    yield opened
    for pause in pauses:
        at += pause * scale
        yield opened + timedelta(seconds=round(at))


def _record_id(number: int, opened: datetime) -> str:
    """The same number always gives the same id, and no other number gives it."""
    return store.new_id("T", opened, number * 0x9E3779B1 + 0xDE5C & 0x1FFFFFF)


@dataclass(frozen=True)
class Story:
    """What happens to one ticket, verb by verb."""

    draw: random.Random
    voice: Voice
    id: str

    def told(self, verb: str, ticket: Ticket | None, at: datetime) -> Ticket:
        """The ticket after one more verb."""
        member = self.draw.choice(_PEOPLE["service-desk"].split())
        by = (ticket.text("assignee") if ticket else "") or member
        act = Act(by, at, rules())
        if ticket is None:
            return self._opened(act)
        return VERBS[verb](self, ticket, act)

    def _opened(self, act: Act) -> Ticket:
        category = self._category()
        fields: dict[str, Value] = {
            "kind": self._one_of({"incident": 60, "request": 30, "problem": 3, "change": 4,
                                  "complaint": 2, "improvement": 1}),
            "channel": self._one_of({"phone": 35, "email": 30, "web": 15, "chat": 8, "walk-in": 6,
                                     "monitoring": 5, "social": 1}),
            "impact": self._one_of({"person": 75, "department": 20, "organisation": 5}),
            "urgency": self._one_of({"medium": 60, "low": 20, "high": 20}),
            "category": category,
            "requester": self._requester(),
        }  # fmt: skip
        if self.draw.random() < 0.3:
            fields["asset"] = self.voice.asset()
        if self.draw.random() < 0.2:
            fields["tags"] = list(self.draw.sample(phrases.TAGS, self.draw.randrange(1, 3)))
        if self.draw.random() < 0.02:
            fields["external"] = f"INC{self.draw.getrandbits(25):08}"
        title = self.voice.say(phrases.TITLES[category])
        text = self.voice.description()
        return lifecycle.opened(self.id, act, title, fields=fields, description=text)[0]

    def _one_of(self, weights: Mapping[str, int]) -> str:
        return self.draw.choices(list(weights), list(weights.values()))[0]

    def _category(self) -> str:
        return self.draw.choice(list(phrases.TITLES))

    def _requester(self) -> dict[str, Value]:
        """One of some thousands, always with the same e-mail for the same name."""
        name = self.voice.name()
        known: dict[str, Value] = {"name": name}
        if name.isascii():
            known["email"] = f"{name.lower().replace(' ', '.')}@example.com"
        elif self.draw.random() < 0.5:
            known["phone"] = str(8000 + sum(map(ord, name)) % 1000)
        return known | {"department": self.voice.department()}

    def _classified(self, ticket: Ticket, act: Act) -> Ticket:
        others = [one for one in phrases.TITLES if one != ticket.text("category")]
        urgency = self._one_of({"medium": 50, "high": 30, "low": 20})
        fields = {"category": self.draw.choice(others), "urgency": urgency}
        return lifecycle.classified(ticket, act, fields)

    def _queued(self, ticket: Ticket, act: Act) -> Ticket:
        owner = _owner(ticket)
        return lifecycle.assigned(ticket, act, team="vendor" if owner == "service-desk" else owner)

    def _assigned(self, ticket: Ticket, act: Act) -> Ticket:
        return lifecycle.assigned(ticket, act, to=self.draw.choice(_PEOPLE[_owner(ticket)].split()))

    def _noted(self, ticket: Ticket, act: Act) -> Ticket:
        return lifecycle.noted(
            ticket, act, self.voice.say(phrases.NOTES, self.draw.randrange(1, 5))
        )

    def _replied(self, ticket: Ticket, act: Act) -> Ticket:
        text = self.voice.say(phrases.REPLIES, self.draw.randrange(1, 3))
        return lifecycle.replied(ticket, act, text)

    def _held(self, ticket: Ticket, act: Act) -> Ticket:
        until = act.at + timedelta(days=self.draw.randrange(2, 20))
        return lifecycle.held(
            ticket, act, waiting_for=self.draw.choice(WAITING_FOR),
            until=until if self.draw.random() < 0.5 else None,
            because=self.voice.say(phrases.REASONS),
        )  # fmt: skip

    def _resolved(self, ticket: Ticket, act: Act) -> Ticket:
        cause = self.voice.say(phrases.CAUSES) if self.draw.random() < 0.4 else ""
        code = self.draw.choice(("fixed", "workaround", "user-guidance", "by-vendor"))
        solution = self.voice.say(phrases.SOLUTIONS, self.draw.randrange(1, 3))
        return lifecycle.resolved(ticket, act, solution=solution, code=code, cause=cause)

    def _closed(self, ticket: Ticket, act: Act) -> Ticket:
        quiet = timedelta(days=5)
        by_rule = ticket.log[-1].when + quiet
        if self.draw.random() < 0.5 or by_rule > NOW:
            return lifecycle.closed(ticket, act, confirmed=True)
        because = "quiet for 5d"
        change: dict[str, Value] = {"status": "closed"}
        return ticket.add("close", by_rule, "desk", change, rule=AUTO_CLOSE, because=because)

    def _surveyed(self, ticket: Ticket, act: Act) -> Ticket:
        at = max(act.at, ticket.log[-1].when + timedelta(minutes=1))
        comment = self.voice.say(phrases.COMMENTS) if self.draw.random() < 0.4 else ""
        score = self.draw.choice((1, 2, 3, 4, 4, 5, 5, 5))
        return lifecycle.surveyed(ticket, Act(act.by, min(at, NOW), act.policy), score, comment)


VERBS: dict[str, Callable[[Story, Ticket, Act], Ticket]] = {
    "classify": Story._classified,
    "queue": Story._queued,
    "assign": Story._assigned,
    "note": Story._noted,
    "reply": Story._replied,
    "hold": Story._held,
    "resume": lambda story, ticket, act: lifecycle.resumed(ticket, act),
    "resolve": Story._resolved,
    "reopen": lambda story, ticket, act: lifecycle.reopened(
        ticket, act, story.voice.say(phrases.NOTES)
    ),
    "close": Story._closed,
    "survey": Story._surveyed,
    "cancel": lambda story, ticket, act: lifecycle.cancelled(
        ticket, act, story.voice.say(phrases.NOTES)
    ),
}


def _owner(ticket: Ticket) -> str:
    return _OWNERS[ticket.text("category").partition("/")[0]]


# --- the folder ----------------------------------------------------------------------------


def build(folder: Path, count: int, *, git: bool = True) -> Path:
    """A desk of `count` tickets in `folder`, which must not exist; all cores work on it."""
    store.make(str(folder), policy_text())
    _make_months(folder)
    spans = [(str(folder), start, min(start + _CHUNK, count), count)
             for start in range(0, count, _CHUNK)]  # fmt: skip
    # Spawned, since a fork of a process with threads, such as a test run's, may hang.
    with multiprocessing.get_context("spawn").Pool() as pool:
        for _ in pool.imap_unordered(_write_span, spans):
            pass
    if git:
        commit(folder)
    return folder


def _make_months(folder: Path) -> None:
    first = NOW - YEARS - timedelta(days=7)
    for year in range(first.year, NOW.year + 1):
        for month in range(1, 13):
            if (first.year, first.month) <= (year, month) <= (NOW.year, NOW.month):
                (folder / "tickets" / f"{year}" / f"{month:02}").mkdir(parents=True)


def _write_span(span: tuple[str, int, int, int]) -> None:
    folder, start, end, count = span
    for number in range(start, end):
        made = ticket(number, count)
        with open(os.path.join(folder, store.path_of(made.id)), "x", encoding="utf-8") as file:
            file.write(codec.dump(made))


def commit(folder: Path) -> None:
    """Put the folder under git, and let git look at it once so that it knows each file's time."""
    git = ["git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    # No packing in the background while something else is measured.
    subprocess.run([*git, "config", "gc.auto", "0"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "A generated desk"], check=True)
    time.sleep(1.1)  # a file as young as git's own index is read again each time
    subprocess.run([*git, "status", "--short"], check=True)


def main(arguments: list[str]) -> None:
    """Build a desk and say how long it took."""
    count, folder, *more = arguments
    begun = time.perf_counter()
    build(Path(folder), int(count), git="--no-git" not in more)
    print(f"{count} tickets in {time.perf_counter() - begun:.1f} s")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
