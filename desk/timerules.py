"""What time alone decides (pure): `desk tick` writes it down.

A step is a function of the ticket, the policy and the moment at which it fell due, and a rule
writes at most one event for a moment. So two clones that both tick write the same events, and
a second run finds nothing to do. Rules look at the ticket as it stands: what somebody did in
the meantime is not done again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from desk import assignment, dates, lifecycle, model, sla
from desk.model import Article, Record, Ticket, Value
from desk.people import Team
from desk.policy import Policy
from desk.promises import UPDATE
from desk.rules import (
    AUTO_CLOSE,
    DECLARE,
    HAND_ON,
    HOLD_END,
    HOLD_REMINDER,
    MAJOR,
    RAISE_TIER,
    REVIEW,
    STALE_OWNER,
    SURVEY,
    TELL_MANAGER,
    ClockRule,
    MajorRule,
)
from desk.sla import Clock

BY = "desk"
REQUESTER = "requester"


@dataclass(frozen=True, slots=True)
class Step:
    """One event that fell due; `tell` are those who must hear of it, as (whom, what)."""

    at: datetime
    rule: str
    did: str
    change: Mapping[str, Value] = field(default_factory=dict)
    because: str = ""
    tell: tuple[tuple[str, str], ...] = ()
    words: Mapping[str, Value] = field(default_factory=dict)

    def written_in(self, record: Record) -> bool:
        """Whether the record has the rule's event for that moment, of which it has the second."""
        at = self.at.replace(microsecond=0)
        return any(one.rule == self.rule and one.when == at for one in record.log)

    def taken(self, record: model.R) -> model.R:
        """The record after it."""
        outbox: list[Value] = [{"to": whom, "about": what} for whom, what in self.tell if whom]
        return record.add(
            self.did,
            self.at,
            BY,
            self.change,
            **self.words,
            rule=self.rule,
            because=self.because,
            outbox=outbox,
        )


Asked = dict[str, list[datetime]]


def tick(
    records: Iterable[Record], policy: Policy, now: datetime, asked: Asked
) -> Iterator[tuple[Record, Record]]:
    """Each record that changes by what fell due until `now`, before and after it.

    `asked` are the moments at which each requester was invited to a survey on other tickets;
    those on these are added.
    """
    closed: list[tuple[Ticket, Ticket]] = []
    for record in records:
        after = ticked(record, policy, now)
        if isinstance(record, Ticket) and isinstance(after, Ticket):
            for when in _by_rule(after, SURVEY):
                asked.setdefault(requester_of(after), []).append(when)
            if _invitation(after, policy, now):
                closed.append((record, after))
                continue
        if after is not record:
            yield record, after
    yield from _with_invitations(closed, policy, now, asked)


def ticked(record: Record, policy: Policy, now: datetime) -> Record:
    """The record after all that fell due until `now` by its own log, in order of time."""
    while True:
        due = [step for step in ahead(record, policy, now) if step.at <= now]
        if not due:
            return record
        record = due[0].taken(record)


def ahead(record: Record, policy: Policy, now: datetime) -> list[Step]:
    """What falls due, or fell and is not written yet, as the record stands; the first first."""
    steps = (step for step in _steps(record, policy, now) if not step.written_in(record))
    return sorted(steps, key=lambda step: (step.at, step.rule))


def _steps(record: Record, policy: Policy, now: datetime) -> Iterator[Step]:
    if isinstance(record, Article):
        yield from _review_steps(record, policy)
    elif isinstance(record, Ticket):
        yield from _clock_steps(record, policy, now)
        if record.live:
            yield from _hold_steps(record, policy)
            yield from _stale_steps(record, policy)
            yield from _major_steps(record, policy)
        elif record.status == "resolved":
            yield from _close_steps(record, policy)


def _by_rule(record: Record, rule: str) -> list[datetime]:
    """When that rule wrote events of the record."""
    return [one.when for one in record.log if one.rule == rule]


# --- clocks --------------------------------------------------------------------------------


def _clock_steps(ticket: Ticket, policy: Policy, now: datetime) -> Iterator[Step]:
    """At a share of a clock: once for each clock, of the update clock once an interval."""
    if not policy.rules.clocks:
        return
    values = policy.promises.values(ticket.head)
    for clock in sla.clocks(ticket, policy.promises, now.timestamp()):
        for rule in policy.rules.clocks:
            if rule.clock != clock.name or clock.stopped or not rule.when.fits(values):
                continue
            since = clock.start if clock.name == UPDATE else 0.0
            if any(when.timestamp() > since for when in _by_rule(ticket, rule.name)):
                continue
            moment = clock.reached(rule.share)
            if moment is not None:
                yield from _done(rule, clock, ticket, policy, dates.at(moment, policy.zone))


def _done(
    rule: ClockRule, clock: Clock, ticket: Ticket, policy: Policy, at: datetime
) -> Iterator[Step]:
    """What a rule says is done: somebody is told, or the ticket goes to another team."""
    holder = ticket.text("assignee") or ticket.text("team")
    about = f"{rule.share:.0%} of the time to {clock.name} is over"
    if rule.do in (RAISE_TIER, HAND_ON):
        team = _next_team(rule.do, ticket, policy)
        if team and not _handed_over_since(ticket, at):
            change: dict[str, Value] = {"team": team.id, "assignee": None}
            way: dict[str, Value] = {"escalation": "functional"}
            yield Step(at, rule.name, "escalate", change, about, ((team.id, about),), way)
        return
    whom = policy.manager_of(ticket) if rule.do == TELL_MANAGER else holder
    if whom:
        yield Step(at, rule.name, "tell", {}, about, ((whom, about),))


def _next_team(do: str, ticket: Ticket, policy: Policy) -> Team | None:
    """The team that the ticket's own escalates to, or one of a higher tier.

    That is the one that owns the category, else the next; a vendor only if it owns it.
    """
    own = policy.teams.get(ticket.text("team"))
    if do == HAND_ON:
        return policy.teams.get(own.escalates_to) if own else None
    owner = assignment.owner_of(ticket.text("category"), policy)
    higher = (team for team in policy.teams.values() if team.tier > (own.tier if own else 0))
    able = (team for team in higher if team.id == owner or not team.vendor)
    return min(able, key=lambda team: (team.id != owner, team.tier), default=None)


def _handed_over_since(ticket: Ticket, moment: datetime) -> bool:
    """Whether somebody gave it to another team from then on: that one has its chance."""
    return any("team" in one.change and one.when >= moment for one in model.standing(ticket.log))


# --- holds, owners, major incidents --------------------------------------------------------


def _hold_steps(ticket: Ticket, policy: Policy) -> Iterator[Step]:
    """A hold past its date ends; before that the requester is reminded."""
    if ticket.status != "on_hold" or not ticket.text("until"):
        return
    until = dates.from_stamp(ticket.text("until")).astimezone(policy.zone)
    before = policy.rules.remind_before
    held = max(_moments_of(ticket, "until"), default=ticket.opened)
    if before and ticket.text("waiting_for") == REQUESTER and until - before > held:
        about = f"we wait for your answer until {dates.stamp(until)}"
        tell = ((REQUESTER, about),)
        yield Step(until - before, HOLD_REMINDER, "tell", {}, "the hold ends soon", tell)
    change: dict[str, Value] = {"status": "in_progress", **lifecycle.OFF_HOLD}
    holder = ticket.text("assignee") or ticket.text("team")
    because = "the date of the hold has come"
    step = Step(until, HOLD_END, "resume", change, because, ((holder, because),))
    while step.written_in(ticket):  # a hold to the same date came back with a merge
        until += timedelta(seconds=1)
        step = replace(step, at=until)
    yield step


def _moments_of(ticket: Ticket, name: str) -> list[datetime]:
    """When that field was changed."""
    return [one.when for one in model.standing(ticket.log) if name in one.change]


_DECIDES = frozenset(("status", "assignee", "team"))


def _just_decided(ticket: Ticket) -> bool:
    """Whether somebody decided by hand what is in no event yet: that was done just now."""
    return bool(_DECIDES & model.hand_edits(ticket).keys())


def _touched(ticket: Ticket) -> datetime:
    """When something was last done to a ticket, other than somebody being told of it.

    An edit by hand is dated to when desk found it, which matters only for what it decided.
    """
    found = (
        one
        for one in model.standing(ticket.log)
        if not one.words.get("by_hand") or _DECIDES & one.change.keys()
    )
    done = (one.when for one in found if one.change or not one.rule)
    return max(done, default=ticket.opened)


def _stale_steps(ticket: Ticket, policy: Policy) -> Iterator[Step]:
    """A ticket in work on which nothing was done for long is taken from its assignee."""
    after, assignee = policy.rules.stale_after, ticket.text("assignee")
    if not after or not assignee or ticket.status == "on_hold" or _just_decided(ticket):
        return
    at = _touched(ticket) + after
    because = f"nothing was done on it for {dates.in_words(after.total_seconds())}"
    whom = dict.fromkeys((assignee, policy.manager_of(ticket)))
    tell = tuple((one, because) for one in whom)
    yield Step(at, STALE_OWNER, "assign", {"assignee": None}, because, tell)


def _major_steps(ticket: Ticket, policy: Policy) -> Iterator[Step]:
    """A ticket that looks like a major incident is proposed or declared one, once."""
    if "major" in ticket.head or _moments_of(ticket, "major"):
        return  # somebody has decided
    rule = major_rule(ticket, policy)
    if not rule or _by_rule(ticket, MAJOR):
        return
    at = _fitting_since(rule, ticket, policy)
    whom = policy.manager_of(ticket) or ticket.text("team") or ticket.text("assignee")
    because = (
        "is declared a major incident" if rule.do == DECLARE else "looks like a major incident"
    )
    because += f": {rule.name}"
    about = f"{because}; the plan is {rule.plan}" if rule.plan else because
    if rule.do == DECLARE:
        yield Step(at, MAJOR, "classify", {"major": True}, because, ((whom, about),))
    elif whom:
        yield Step(at, MAJOR, "tell", {}, because, ((whom, about),))


def major_rule(ticket: Ticket, policy: Policy) -> MajorRule | None:
    """The first rule for major incidents that fits a ticket; its plan is the one to follow."""
    values = policy.promises.values(ticket.head)
    return next((rule for rule in policy.rules.majors if rule.when.fits(values)), None)


def _fitting_since(rule: MajorRule, ticket: Ticket, policy: Policy) -> datetime:
    """When the ticket first came to fit the rule, by its log."""
    head = model.origin(ticket)
    for event in model.in_order(model.standing(ticket.log)):
        model.apply(head, event.change)
        if rule.when.fits(policy.promises.values(head)):
            return event.when
    return ticket.opened


# --- closing, surveys, reviews -------------------------------------------------------------


def _close_steps(ticket: Ticket, policy: Policy) -> Iterator[Step]:
    """Resolved becomes closed after the quiet days; a major incident never does by itself."""
    after = policy.rules.close_after
    if after is not None and not ticket.head.get("major") and not _just_decided(ticket):
        because = f"quiet for {dates.in_words(after.total_seconds())}"
        yield Step(_touched(ticket) + after, AUTO_CLOSE, "close", {"status": "closed"}, because)


def _with_invitations(
    closed: Iterable[tuple[Ticket, Ticket]], policy: Policy, now: datetime, asked: Asked
) -> Iterator[tuple[Ticket, Ticket]]:
    """The tickets, those with an invitation whose requester was not asked too lately.

    The earliest comes first, so that it does not matter how often or where this runs.
    """
    moments = {who: list(when) for who, when in asked.items()}
    due = [(step, *pair) for pair in closed if (step := _invitation(pair[1], policy, now))]
    for step, before, after in sorted(due, key=lambda one: (one[0].at, one[1].id)):
        earlier = moments.setdefault(requester_of(after), [])
        if all(abs(step.at - when) >= policy.rules.survey_every for when in earlier):
            earlier.append(step.at)
            yield before, step.taken(after)
        elif after is not before:
            yield before, after


# Nobody is asked about a ticket that was closed longer ago.
_ASKED_WITHIN = timedelta(days=30)


def _invitation(ticket: Ticket, policy: Policy, now: datetime) -> Step | None:
    """The question to the requester of a closed ticket how it went, asked once and in time."""
    after = policy.rules.survey_after
    closing = model.last(ticket.log, "close") if ticket.status == "closed" else None
    if after is None or not closing or ticket.survey or not requester_of(ticket):
        return None
    at = closing.when + after
    if at > now or now - at > _ASKED_WITHIN or _by_rule(ticket, SURVEY):
        return None
    return Step(at, SURVEY, "invite", tell=((REQUESTER, "how did we do?"),))


def requester_of(ticket: Ticket) -> str:
    """Who asked, as one word: the e-mail, else the name."""
    known = ticket.requester
    return str(known.get("email") or known.get("name") or "").casefold()


def _review_steps(article: Article, policy: Policy) -> Iterator[Step]:
    """The owner of a published article hears of its review date when that has come."""
    due, owner = article.text("review_by"), article.text("owner")
    if article.status == "published" and due and owner:
        at = dates.from_stamp(due).astimezone(policy.zone)
        because = "its review is due"
        yield Step(at, REVIEW, "tell", {}, because, ((owner, because),))
