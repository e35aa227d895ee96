"""Which rules of desk.yaml apply to a ticket, and why (pure): what `desk policy` shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from desk import assignment, dates, lifecycle, model, sla, timerules
from desk.calendars import DAY, WEEKDAYS, Calendar
from desk.errors import RefusedError
from desk.model import Ticket
from desk.policy import Policy
from desk.promises import NO_TARGET, Target, as_text
from desk.rules import PROPOSE


@dataclass(frozen=True, slots=True)
class Rule:
    """A thing that is ruled, how it is, and why."""

    what: str
    is_: str
    because: str = ""


def in_brief(policy: Policy) -> Iterator[Rule]:
    """All rules of a policy.

    Raises DamagedError where a calendar's file of holidays cannot be read.
    """
    promises = policy.promises
    for calendar in promises.calendars.values():
        default = "unless a target or team has its own" if calendar is promises.calendar else ""
        yield Rule(f"calendar {calendar.name}", _hours(calendar), default)
    for target in promises.targets:
        yield Rule(f"promise {target.name}", _promised(target), str(target.when))
    yield from _pauses(policy)
    for rule in policy.rules.clocks:
        doing = f"{rule.do} at {rule.share:.0%} of {rule.clock}"
        yield Rule(f"rule {rule.name}", doing, str(rule.when))
    yield from _lengths(policy)
    for major in policy.rules.majors:
        yield Rule(f"major {major.name}", f"{major.do}{_plan(major.plan)}", str(major.when))
    for one in policy.assignment:
        needs = ", ".join((*one.skills, *([f"tier {one.tier}"] if one.tier > 1 else [])))
        to = one.team or "the team that owns the category"
        yield Rule(f"assign {one.name}", to + (f", needs {needs}" if needs else ""), str(one.when))
    for team in policy.teams.values():
        if team.categories:
            yield Rule(f"team {team.id}", f"owns {', '.join(team.categories)}")


def applying(
    ticket: Ticket, policy: Policy, load: Mapping[str, int], now: datetime
) -> Iterator[Rule]:
    """The rules that apply to a ticket; `load` is that of assignment.loads()."""
    yield Rule("priority", ticket.text("priority") or "none", _why_priority(ticket, policy))
    target, calendar = policy.promises.of(ticket.head)
    yield Rule("promise", target.name, _why_target(target, ticket, policy))
    for clock in sla.clocks(ticket, policy.promises, now.timestamp()):
        due = clock.due
        when = "standing still" if due is None else f"due {_stamp(due, policy)}"
        yield Rule(clock.name, f"{dates.in_hours(clock.target)}, {when}, {clock.state}")
    yield Rule(
        "calendar", f"{calendar.name}: {_hours(calendar)}", _why_calendar(target, ticket, policy)
    )
    yield from _pauses(policy)
    for step in timerules.ahead(ticket, policy, now):
        yield Rule(f"rule {step.rule}", _step(step), f"at {dates.stamp(step.at)}")
    yield from _ending(ticket, policy, now)
    manager = policy.manager_of(ticket)
    if ticket.live:
        yield Rule("escalates up to", manager or "nobody")
        yield _assignment(ticket, policy, load, now)
    major = timerules.major_rule(ticket, policy)
    if major and ticket.head.get("major") is not False:
        done = "proposed" if major.do == PROPOSE else "declared"
        is_ = "a major incident" if ticket.head.get("major") else f"is {done} a major incident"
        yield Rule("major", is_ + _plan(major.plan), major.name)


def _why_priority(ticket: Ticket, policy: Policy) -> str:
    if because := ticket.text("priority_because"):
        return f"by hand, because {because}"
    by_matrix = lifecycle.priority_of(policy, ticket.text("impact"), ticket.text("urgency"))
    return by_matrix.why if by_matrix.value == ticket.text("priority") else "as it was recorded"


def _why_target(target: Target, ticket: Ticket, policy: Policy) -> str:
    if target is NO_TARGET:
        return "no target in desk.yaml fits it"
    place = policy.promises.targets.index(target) + 1
    values = policy.promises.values(ticket.head)
    fits = ", ".join(f"{name} is {as_text(values[name])}" for name in target.when.fields)
    return f"the first that fits, {place} of {len(policy.promises.targets)}: {fits or target.when}"


def _why_calendar(target: Target, ticket: Ticket, policy: Policy) -> str:
    if target.calendar:
        return "of the promise"
    team = ticket.text("team")
    return f"of the team {team}" if team in policy.promises.team_calendars else "of the desk"


def _promised(target: Target) -> str:
    parts = [f"{name} {dates.in_hours(one)}" for name, one in target.promised.items()]
    parts += [f"by {target.calendar.name}"] if target.calendar else []
    parts += [f"opened from {target.since}"] if target.since else []
    parts += [f"opened until {target.until}"] if target.until else []
    return ", ".join(parts) or "nothing"


def _pauses(policy: Policy) -> Iterator[Rule]:
    for name, reasons in policy.promises.pauses.items():
        waiting = ", ".join(one for one in model.WAITING_FOR if one in reasons)
        yield Rule(f"{name} pauses", f"on hold for {waiting}" if waiting else "never")
    ends = "resolved" if "resolved" in policy.promises.over else "closed"
    yield Rule("update and resolve stop", f"when it is {ends}")
    yield Rule("at risk", f"from {policy.promises.at_risk:.0%} of a target")


def _lengths(policy: Policy) -> Iterator[Rule]:
    rules = policy.rules
    lengths = (
        ("a stale owner is taken off after", rules.stale_after),
        ("a requester is reminded before a hold ends", rules.remind_before),
        ("resolved becomes closed after", rules.close_after),
        ("a survey is sent after closing", rules.survey_after),
        ("a requester is asked again after", rules.survey_every if rules.survey_after else None),
        ("closed can be reopened for", policy.reopen_within),
    )
    for what, length in lengths:
        yield Rule(what, "never" if length is None else dates.in_words(length.total_seconds()))


def _ending(ticket: Ticket, policy: Policy, now: datetime) -> Iterator[Rule]:
    closing = model.last(ticket.log, "close")
    if ticket.status == "closed" and closing:
        until = closing.when + policy.reopen_within
        verb = "can be reopened until" if until >= now else "could be reopened until"
        yield Rule(verb, dates.stamp(until))
    if ticket.status == "resolved" and ticket.head.get("major"):
        yield Rule("closing", "by hand only", "a major incident never closes by itself")


def _assignment(ticket: Ticket, policy: Policy, load: Mapping[str, int], now: datetime) -> Rule:
    try:
        choice = assignment.chosen(ticket, policy, load, now)
    except RefusedError as error:
        return Rule("assign --auto", "nobody", str(error))
    passed = "; passed over: " + ", ".join(choice.passed_over) if choice.passed_over else ""
    return Rule("assign --auto", choice.person or choice.team, f"{choice.because}{passed}")


def _step(step: timerules.Step) -> str:
    told = " and ".join(whom for whom, _ in step.tell if whom)
    return step.did + (f", tells {told}" if told and step.did != "tell" else f" {told}")


def _plan(plan: str) -> str:
    return f", plan {plan}" if plan else ""


def _stamp(moment: float, policy: Policy) -> str:
    return dates.stamp(dates.at(moment, policy.zone))


def _hours(calendar: Calendar) -> str:
    """The hours of a calendar as desk.yaml writes them: `mon-fri 09:00-12:00 13:30-18:00`."""
    if calendar.always:
        return "around the clock"
    parts: list[str] = []
    first = 0
    for day in range(1, 8):
        if day == 7 or calendar.week[day] != calendar.week[first]:
            name = WEEKDAYS[first] + (f"-{WEEKDAYS[day - 1]}" if day - 1 > first else "")
            spans = " ".join(
                f"{_clock(start)}-{_clock(end)}" for start, end in calendar.week[first]
            )
            parts += [f"{name} {spans}"] if spans else []
            first = day
    swapped = {day for day, shifts in calendar.special.items() if shifts}
    off = (calendar.days_off | calendar.special.keys()) - swapped
    for number, what in ((len(off), "holiday"), (len(swapped), "swapped day")):
        parts += [f"{number} {what}{'s' * (number > 1)}"] if number else []
    return f"{', '.join(parts) or 'never'} ({calendar.zone})"


def _clock(seconds: int) -> str:
    minutes = seconds % DAY // 60 if seconds != DAY else 24 * 60
    return f"{minutes // 60:02}:{minutes % 60:02}"
