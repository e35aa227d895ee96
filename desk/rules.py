"""What the policy says of time rules and of assignment: read from desk.yaml, validated."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from desk import promises
from desk.promises import CLOCKS, WHEN, Condition
from desk.settings import Reader
from desk.shapes import LENGTH, NAMES, TEXT, WHOLE, Setting, one_of

TELL_ASSIGNEE, TELL_MANAGER, RAISE_TIER, HAND_ON = DO = (
    "tell-assignee", "tell-manager", "raise-tier", "hand-on",
)  # fmt: skip
PROPOSE, DECLARE = MAJOR_DO = ("propose", "declare")
# The names by which events of the rules that desk brings along are known.
HOLD_REMINDER, HOLD_END, STALE_OWNER, MAJOR, AUTO_CLOSE, SURVEY, REVIEW = BUILT_IN = (
    "hold-reminder", "hold-end", "stale-owner", "major-incident", "auto-close", "survey", "review",
)  # fmt: skip
_SURVEY_EVERY = "30d"
_NAME = Setting("What it is called in the log; made of the rest, unless given.", TEXT)
_FITS = Setting("The tickets that it is for: {priority: [P1, P2]}; all, unless given.", WHEN)
CLOCK_RULE = {
    "name": _NAME,
    "when": _FITS,
    "clock": Setting("The clock that it looks at.", one_of(CLOCKS)),
    "at": Setting("The share of the clock's target that has elapsed: 75%.", promises.SHARE),
    "do": Setting(
        "What is done: tell somebody, raise-tier (to the team of a higher tier) or hand-on "
        "(to the team's escalates_to).",
        one_of(DO),
    ),
}
MAJOR_RULE = {
    "name": _NAME,
    "when": Setting(
        "What looks like a major incident: {priority: P1}.", {**WHEN, "minProperties": 1}
    ),
    "do": Setting(
        "Whether it is proposed or declared one; proposed, unless given.", one_of(MAJOR_DO)
    ),
    "plan": Setting("The article with the plan to follow: KB-261023-M2FQD.", TEXT),
}
ASSIGNMENT_RULE = {
    "name": _NAME,
    "when": _FITS,
    "team": Setting("The team that they go to; that which owns the category, unless given.", TEXT),
    "skills": Setting("The skills that they need.", NAMES),
    "tier": Setting("The least tier that they need.", WHOLE),
}
SURVEY_RULE = {
    "after": Setting("The requester is asked so long after the closing: 1d.", LENGTH),
    "every": Setting("And not again for so long: 30d.", LENGTH),
}


class ClockRule(NamedTuple):
    """What is done (one of DO) when so much of a clock's target has elapsed."""

    name: str
    clock: str
    share: float
    do: str
    when: Condition


class MajorRule(NamedTuple):
    """Which tickets look like major incidents (MAJOR_DO); `plan` is the article to follow."""

    name: str
    when: Condition
    do: str
    plan: str


class AssignmentRule(NamedTuple):
    """Which team tickets go to, with the skills and least tier that they need.

    No team: the one that owns the category, else that of the ticket.
    """

    name: str
    when: Condition
    team: str
    skills: tuple[str, ...]
    tier: int


class TimeRules(NamedTuple):
    """What time alone decides; None where the desk does not want it."""

    clocks: tuple[ClockRule, ...] = ()
    stale_after: timedelta | None = None
    remind_before: timedelta | None = None
    close_after: timedelta | None = None
    survey_after: timedelta | None = None
    survey_every: timedelta = timedelta()
    majors: tuple[MajorRule, ...] = ()


def read_time_rules(reader: Reader, known: Mapping[str, Sequence[str]]) -> TimeRules:
    """The time rules in a desk.yaml; mistakes are noted in the reader."""
    reader.only(reader.mapping("survey"), SURVEY_RULE, "survey")
    return TimeRules(
        clocks=tuple(_clock_rules(reader, known)),
        stale_after=reader.length("stale_after"),
        remind_before=reader.length("remind_before"),
        close_after=reader.length("close_after"),
        survey_after=reader.length("survey", "after"),
        survey_every=reader.length("survey", "every", default=_SURVEY_EVERY) or timedelta(),
        majors=tuple(_majors(reader, known)),
    )


def _clock_rules(reader: Reader, known: Mapping[str, Sequence[str]]) -> Iterator[ClockRule]:
    names = set(BUILT_IN)
    for path in _entries(reader, "rules", CLOCK_RULE):
        clock, do = reader.text(*path, "clock"), reader.text(*path, "do")
        for key, value, allowed in (("clock", clock, CLOCKS), ("do", do, DO)):
            if not value:
                reader.problem(f"{key!r} is missing; one of {', '.join(allowed)}", *path)
            reader.known(value, allowed, *path, key)
        share = promises.share(reader, *path, "at", default="100%")
        name = reader.text(*path, "name", default=f"{clock}-{share:.0%}-{do}")
        if not name.strip():
            reader.problem("'name' is empty; leave it out or give one", *path, "name")
        if name in names:  # a rule's events are known by its name
            reader.problem(f"another rule is named {name!r}; give each a `name` of its own", *path)
        names.add(name)
        when = promises.condition(reader, known, *path, "when")
        yield ClockRule(name, clock, share, do, when)


def _entries(reader: Reader, name: str, keys: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The path of each entry of a list of mappings that have those keys."""
    for place in range(reader.count(name)):
        reader.only(reader.mapping(name, place), keys, name, place)
        yield name, place


def _majors(reader: Reader, known: Mapping[str, Sequence[str]]) -> Iterator[MajorRule]:
    for path in _entries(reader, "major", MAJOR_RULE):
        do = reader.text(*path, "do", default=PROPOSE)
        reader.known(do, MAJOR_DO, *path, "do")
        when = promises.condition(reader, known, *path, "when")
        if not when.fields:
            reader.problem("'when' is missing: a major incident is not every ticket", *path)
        plan = reader.text(*path, "plan")
        yield MajorRule(reader.text(*path, "name", default=str(when)), when, do, plan)


def read_assignment(
    reader: Reader, known: Mapping[str, Sequence[str]]
) -> tuple[AssignmentRule, ...]:
    """The assignment rules in a desk.yaml, in order; mistakes are noted in the reader."""
    rules = []
    for path in _entries(reader, "assignment", ASSIGNMENT_RULE):
        team = reader.text(*path, "team")
        reader.known(team, known["team"], *path, "team")
        when = promises.condition(reader, known, *path, "when")
        rules.append(
            AssignmentRule(
                name=reader.text(*path, "name", default=str(when)),
                when=when,
                team=team,
                skills=reader.names(*path, "skills"),
                tier=reader.whole(*path, "tier", default=1),
            )
        )
    return tuple(rules)
