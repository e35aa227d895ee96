"""What each verb does to a ticket: pure functions from a ticket to the ticket after it.

Each takes the ticket and an Act (who, when, by which policy), appends exactly one event,
and raises RefusedError with the reason and what would be allowed where a rule says no.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from desk import dates, model
from desk.errors import DamagedError, NotFoundError, RefusedError, UsageError, nearest
from desk.model import (
    INVERSE_LINKS,
    LINKS,
    SOLVED_BY,
    SOLVES,
    Article,
    Record,
    Ticket,
    Value,
)
from desk.policy import Policy
from desk.roles import REQUEST, WORK

CLASSIFIED = ("kind", "category", "impact", "urgency")
# Fields that only their own command may change, with that command.
GOVERNED: Mapping[str, str] = {
    "id": "nothing: an id never changes",
    "opened": "nothing: the opening is history; `began` says when it started",
    "log": "nothing: a log only grows, by commands",
    "status": "desk hold, resume, resolve, close, reopen or cancel",
    "waiting_for": "desk hold",
    "until": "desk hold",
    "priority": "desk classify",
    "priority_because": "desk classify",
    "impact": "desk classify",
    "urgency": "desk classify",
    "category": "desk classify",
    "kind": "desk classify",
    "major": "desk classify",
    "team": "desk assign",
    "assignee": "desk assign",
    "links": "desk link or unlink",
}
# What no file holds, as desk works it out; with what it comes from. No field may take their names.
WORKED_OUT: Mapping[str, str] = {
    "age": "the opening and the moment",
    "holder": "team and assignee (desk assign)",
    "score": "the survey (desk survey)",
    "code": "the resolution (desk resolve)",
    "solution": "the resolution (desk resolve)",
    "closed": "the log (desk close)",
    "resolved": "the log (desk resolve)",
    "sla": "the clocks (desk sla)",
    "due": "the clocks (desk sla)",
}


class Act(NamedTuple):
    """Who does something to a ticket, when (told otherwise than now?), and by which rules."""

    by: str
    at: datetime
    policy: Policy
    backdated: bool = False


def _added(
    ticket: Ticket,
    act: Act,
    did: str,
    change: Mapping[str, Value] | None = None,
    **words: Value,
) -> Ticket:
    """The ticket with the act's event.

    Raises UsageError as `check_dated` does, RefusedError as `check_may`.
    """
    check_may(act, did, ticket)
    check_dated(ticket, act, change or (), ticket.opened)
    return ticket.add(did, act.at, act.by, change, **words)


def check_may(act: Act, did: str, ticket: Ticket | None = None) -> None:
    """Raise RefusedError where the roles of desk.yaml do not let the actor do that.

    Who may only make requests opens tickets, and replies to and surveys their own.
    """
    rights = act.policy.rights_of(act.by)
    asks = did == "open" or (did in ("reply", "survey") and ticket and _is_own(ticket, act))
    if not (rights.may(WORK) or (asks and rights.may(REQUEST))):
        raise RefusedError(
            f"{act.by} may not {did}{f' {ticket.id}' if ticket else ''}: that needs the ability "
            f"{WORK}; `roles` in desk.yaml say who has it"
        )


def _is_own(ticket: Ticket, act: Act) -> bool:
    """Whether the actor is the ticket's requester."""
    return is_requester(ticket, act.policy.names_of(act.by))


def is_requester(ticket: Record, names: Iterable[str]) -> bool:
    """Whether the requester is somebody who goes by those names, in whatever case."""
    requester = ticket.head.get("requester")
    fields = requester if isinstance(requester, dict) else {}
    given = {str(fields.get(name) or "").casefold() for name in ("name", "email")}
    return not given.isdisjoint(name.casefold() for name in names if name)


def check_dated(record: Record, act: Act, changed: Container[str], opened: datetime) -> None:
    """Raise UsageError where the act is dated back before the opening.

    If the status is among the fields that it changes: before that became what it is.
    """
    if not act.backdated:
        return
    since = opened
    if "status" in changed:
        moves = (one.when for one in model.standing(record.log) if "status" in one.change)
        since = max((since, *moves))
    if act.at < since:
        what = "opened" if since == opened else record.status
        raise UsageError(
            f"--at {dates.stamp(act.at)} is before {record.id} was {what}, {dates.stamp(since)}"
        )


class Priority(NamedTuple):
    """A priority and why it is that; `because` is the reason given by hand."""

    value: str
    why: str
    because: str = ""


def priority_of(policy: Policy, impact: str, urgency: str) -> Priority:
    """What the matrix makes of impact and urgency."""
    value = policy.priority_for(impact, urgency)
    if not value:
        return Priority("", "the matrix has no place for its impact and urgency")
    return Priority(value, f"impact {impact} × urgency {urgency} in the matrix")


def priority_by_hand(policy: Policy, value: str, because: str) -> Priority:
    """A priority that somebody chose, with the reason that must be given."""
    if not because:
        raise UsageError("a priority by hand needs its reason: add --because TEXT")
    return Priority(policy.checked("priority", value), f"by hand, because {because}", because)


def opened(
    record_id: str,
    act: Act,
    title: str,
    *,
    fields: Mapping[str, Value],
    description: str = "",
    priority: str = "",
    because: str = "",
) -> tuple[Ticket, Priority]:
    """A new ticket with those fields of the head, and why it has its priority.

    Fields that are not given have the policy's defaults.
    """
    if not title.strip():
        raise UsageError("a ticket needs a title that says what it is about")
    if because and not priority:
        raise UsageError("--because goes with --priority; say which one")
    policy = act.policy
    given: dict[str, Value] = {**policy.defaults, **{k: v for k, v in fields.items() if v}}
    given = {name: _known(policy, name, value) for name, value in given.items()}
    assignee = policy.people.get(str(given.get("assignee")))
    if assignee and assignee.teams and not fields.get("team"):
        own = given.get("team")
        given["team"] = own if own in assignee.teams else assignee.teams[0]
    reason = (
        priority_by_hand(policy, priority, because)
        if priority
        else priority_of(policy, str(given.get("impact", "")), str(given.get("urgency", "")))
    )
    head: dict[str, Value] = {"id": record_id}
    if description:
        head["description"] = description
    given |= {"title": title, "status": "in_progress" if given.get("assignee") else "new"}
    given |= {"opened": dates.stamp(act.at)}
    given |= {"priority": reason.value or None, "priority_because": reason.because or None}
    ordered = {name: given[name] for name in model.TICKET_FIELDS if name in given}
    check_may(act, "open")
    return Ticket(head, ()).add("open", act.at, act.by, {**ordered, **given}), reason


def _known(policy: Policy, name: str, value: Value) -> Value:
    if name == "assignee":
        return policy.person(str(value))
    if name in ("team", "channel", *CLASSIFIED):
        return policy.checked(name, str(value))
    return value


def classified(
    ticket: Ticket,
    act: Act,
    fields: Mapping[str, str],
    *,
    priority: str = "",
    because: str = "",
    major: bool | None = None,
    **words: Value,
) -> Ticket:
    """The ticket with another kind, category, impact, urgency, priority or as major incident.

    The priority follows the matrix unless it was set by hand; `matrix` as priority gives it
    back to the matrix. `words` say why, where it was not a person who chose.
    """
    policy = act.policy
    change: dict[str, Value] = {n: policy.checked(n, v) for n, v in fields.items() if v}
    if because and not priority:
        raise UsageError("--because goes with --priority; say which one")
    if priority and priority != "matrix":
        chosen = priority_by_hand(policy, priority, because)
        change |= {"priority": chosen.value, "priority_because": chosen.because}
    elif priority == "matrix" or not ticket.text("priority_because"):
        impact, urgency = (
            str(change.get(name) or ticket.text(name)) for name in ("impact", "urgency")
        )
        by_matrix = priority_of(policy, impact, urgency).value
        if priority == "matrix" or ({"impact", "urgency"} & change.keys() and by_matrix):
            change |= {"priority": by_matrix or None, "priority_because": None}
    if major is not None:
        change["major"] = major
    if not change:
        raise UsageError("say what to change: --kind, --category, --impact, --urgency, …")
    _check_new(ticket, change, "classified so")
    return _added(ticket, act, "classify", change, **words)


# As in a query: `assignee:none`.
NOBODY = "none"


def _check_new(ticket: Ticket, change: Mapping[str, Value], already: str) -> None:
    if all(ticket.head.get(name) == value for name, value in change.items()):
        raise RefusedError(f"{ticket.id} is {already} already")


def _check_live(ticket: Ticket, verb: str) -> None:
    if not ticket.live:
        way = "reopen it first" if ticket.status != "cancelled" else "that is final"
        raise RefusedError(f"{ticket.id} is {ticket.status} and cannot be {verb}; {way}")


def assigned(ticket: Ticket, act: Act, *, to: str = "", team: str = "", **words: Value) -> Ticket:
    """The ticket in the hands of a person, a team, or both; NOBODY takes it out of them.

    `words` say why, where it was not a person who chose.
    """
    _check_live(ticket, "assigned")
    if not to and not team:
        raise UsageError("say to whom: --to WHO or --team TEAM")
    person, group = ("" if name == NOBODY else name for name in (to, team))
    change = _handed_to(ticket, act.policy, person, group)
    if to == NOBODY:
        change["assignee"] = None
    if team == NOBODY:
        change["team"] = None
    _check_new(ticket, change, f"with {person or group or 'nobody'}")
    return _added(ticket, act, "assign", change, **words)


def _handed_to(ticket: Ticket, policy: Policy, to: str, team: str) -> dict[str, Value]:
    """The change that hands a ticket over.

    A person's own team comes along unless the ticket's is theirs too; a team keeps the
    assignee who is its member. Work by a person has begun, by a team it waits.
    """
    change: dict[str, Value] = {}
    if team:
        team = policy.checked("team", team)
        change["team"] = team
        assignee = policy.people.get(ticket.text("assignee"))
        if not to and not (assignee and team in assignee.teams):
            change["assignee"] = None
    if to:
        person = policy.people[policy.person(to)]
        change["assignee"] = person.id
        if not team and person.teams and ticket.text("team") not in person.teams:
            change["team"] = person.teams[0]
        if ticket.status == "new":
            change["status"] = "in_progress"
    return change


def escalated(
    ticket: Ticket, act: Act, *, because: str, to: str = "", team: str = "", up: bool = False
) -> Ticket:
    """The ticket handed on, functionally (a team or person) or hierarchically (`up`)."""
    _check_live(ticket, "escalated")
    if sum(map(bool, (to, team, up))) != 1:
        raise UsageError("say where: one of --to-team TEAM, --to WHO or --up")
    check_said(because, "--because")
    manager = act.policy.manager_of(ticket)
    if up and not manager:
        raise RefusedError(
            f"nobody stands above {ticket.text('assignee') or ticket.text('team') or ticket.id} "
            "in desk.yaml; give the person a `manager` or the team a `lead`, or use --to"
        )
    whom = manager if up else to
    change = _handed_to(ticket, act.policy, whom, team)
    _check_new(ticket, change, f"with {whom or team}")
    hierarchical = up or bool(to and act.policy.person(to) == manager)
    if hierarchical:
        change.pop("team", None)
    way = "hierarchical" if hierarchical else "functional"
    return _added(ticket, act, "escalate", change, escalation=way, because=because)


def check_said(text: str, what: str) -> None:
    """Raise UsageError where there are no words."""
    if not text.strip():
        raise UsageError(f"{what} is empty; write what there is to say")


def noted(ticket: Ticket, act: Act, text: str) -> Ticket:
    """The ticket with an internal note."""
    check_said(text, "the note")
    return _added(ticket, act, "note", text=text)


def replied(ticket: Ticket, act: Act, text: str) -> Ticket:
    """The ticket with a public reply, which the requester reads; a new one is now in work."""
    check_said(text, "the reply")
    change = {name: to for name, (_, to) in reply_change(ticket).items()}
    return _added(ticket, act, "reply", change, text=text)


def reply_change(ticket: Ticket) -> model.Change:
    """What a reply changes."""
    return {"status": ("new", "in_progress")} if ticket.status == "new" else {}


def held(
    ticket: Ticket, act: Act, *, waiting_for: str, until: datetime | None, because: str = ""
) -> Ticket:
    """The ticket on hold; one on hold already may wait for something else or longer."""
    if ticket.status != "on_hold":
        model.check_transition(ticket, "on_hold", "put on hold")
    if until and until <= act.at:
        raise UsageError(f"--until {dates.stamp(until)} is not after {dates.stamp(act.at)}")
    change: dict[str, Value] = {
        "status": "on_hold",
        "waiting_for": waiting_for,
        "until": dates.stamp(until) if until else None,
    }
    _check_new(ticket, change, f"on hold for {waiting_for}")
    return _added(ticket, act, "hold", change, because=because)


def resumed(ticket: Ticket, act: Act) -> Ticket:
    """The ticket back from hold."""
    if ticket.status != "on_hold":
        raise RefusedError(f"{ticket.id} is {ticket.status}, not on hold; there is no hold to end")
    return _added(ticket, act, "resume", {**OFF_HOLD, "status": "in_progress"})


# What ends with a hold.
OFF_HOLD: Mapping[str, Value] = {"waiting_for": None, "until": None}


def resolved(
    ticket: Ticket,
    act: Act,
    *,
    solution: str,
    code: str = "",
    articles: Sequence[str] = (),
    **words: Value,
) -> Ticket:
    """The ticket with its solution; `words` are cause, steps, parts, config_changes, because.

    It is linked to the `articles` by which it was solved, whose side `with_link` writes.
    """
    model.check_transition(ticket, "resolved", "resolved")
    check_said(solution, "--solution")
    if code:
        code = act.policy.checked("code", code)
    change: dict[str, Value] = {"status": "resolved", **OFF_HOLD}
    if articles:
        links = (*ticket.items("links"), *(f"{SOLVED_BY} {article}" for article in articles))
        change["links"] = list(dict.fromkeys(links))
    return _added(ticket, act, "resolve", change, code=code, solution=solution, **words)


def resolved_with(follower: Ticket, act: Act, original: Ticket, how: str) -> Ticket:
    """A duplicate or child resolved as its original was; `how` is its link to that."""
    event = model.last(original.log, "resolve")
    words = dict(event.words) if event else {}
    duplicate = how == "duplicate-of" and "duplicate" in act.policy.codes
    return resolved(
        follower,
        act,
        solution=str(words.get("solution") or f"see {original.id}"),
        code="duplicate" if duplicate else str(words.get("code") or ""),
        because=f"{how} {original.id}, which is resolved",
    )


def closed(ticket: Ticket, act: Act, *, confirmed: bool = False) -> Ticket:
    """The ticket closed; `confirmed` if the requester said that it holds."""
    model.check_transition(ticket, "closed", "closed")
    return _added(ticket, act, "close", {"status": "closed"}, confirmed=confirmed or None)


def reopened(ticket: Ticket, act: Act, because: str) -> Ticket:
    """The ticket back in work, because the solution did not hold."""
    if ticket.live:
        raise RefusedError(f"{ticket.id} is {ticket.status}; only what was resolved is reopened")
    model.check_transition(ticket, "in_progress", "reopened")
    check_said(because, "--because")
    closing = model.last(ticket.log, "close")
    window = act.policy.reopen_within
    if ticket.status == "closed" and closing and act.at - closing.when > window:
        ago = dates.in_words((act.at - closing.when).total_seconds())
        raise RefusedError(
            f"{ticket.id} was closed {ago} ago and can be reopened for "
            f"{dates.in_words(window.total_seconds())}; open a new ticket and "
            f"`desk link NEW follows {ticket.id}`"
        )
    return _added(ticket, act, "reopen", {"status": "in_progress"}, because=because)


def cancelled(ticket: Ticket, act: Act, because: str) -> Ticket:
    """The ticket taken back: it was opened in error or is not wanted any more."""
    model.check_transition(ticket, "cancelled", "cancelled")
    check_said(because, "--because")
    change: dict[str, Value] = {"status": "cancelled", **OFF_HOLD}
    return _added(ticket, act, "cancel", change, because=because)


# What a requester may answer to the survey, from bad to good.
SCORES = range(1, 6)


def surveyed(ticket: Ticket, act: Act, score: int, comment: str = "") -> Ticket:
    """The ticket with the requester's answer to the survey, given once."""
    check_survey(ticket)
    return _added(ticket, act, "survey", score=score, comment=comment)


def check_survey(ticket: Ticket) -> None:
    """Raise RefusedError where the ticket is not resolved or has its answer."""
    if ticket.status not in ("resolved", "closed"):
        raise RefusedError(
            f"{ticket.id} is {ticket.status}; satisfaction is asked about when it is resolved"
        )
    if ticket.survey:
        raise RefusedError(
            f"{ticket.id} has its answer already, of {ticket.survey.at}; a survey counts once"
        )


def check_no_circle(record_id: str, other_id: str, how: str, read: Callable[[str], Record]) -> None:
    """Raise RefusedError if following `how` from the other record leads back to the first."""
    if LINKS[how] == how:
        return
    seen: set[str] = set()
    waiting = [other_id]
    while waiting:
        one = waiting.pop()
        if one == record_id:
            raise RefusedError(
                f"{record_id} cannot be {how} {other_id}: that would be a circle of links"
            )
        if one not in seen:
            seen.add(one)
            with suppress(NotFoundError, DamagedError):
                waiting += read(one).linked(how)


def linked(record: Record, act: Act, how: str, other: Record) -> tuple[Record, Record]:
    """Both records with the link: `how` on the one, its inverse on the other."""
    if record.id == other.id:
        raise RefusedError(f"{record.id} cannot be linked to itself")
    if how == SOLVED_BY and not (isinstance(record, Ticket) and isinstance(other, Article)):
        raise RefusedError(
            f"{record.id} cannot be {how} {other.id}: a ticket is, by an article; swap them or "
            "use related"
        )
    if isinstance(other, Article) and how == SOLVED_BY:
        check_solves(other)
    inverse = LINKS[how]
    if (how, other.id) in record.links and (inverse, record.id) in other.links:
        raise RefusedError(f"{record.id} is {how} {other.id} already")
    present = record.linked(how)
    if how in ("parent", "duplicate-of") and present and present != [other.id]:
        raise RefusedError(f"{record.id} is {how} {present[0]} already; it can have only one")
    return with_link(record, act, how, other.id), with_link(other, act, inverse, record.id)


def check_solves(article: Article) -> None:
    """Raise RefusedError for an article by which no ticket can be solved: one not published."""
    if article.status not in ("published", "outdated"):
        way = "`desk kb submit` is next"
        way = "`desk kb approve` is next" if article.status == "review" else way
        raise RefusedError(
            f"{article.id} is {article.status}, and tickets are solved by published articles; "
            f"{way}, or `desk link` it as related"
        )


def with_link(record: Record, act: Act, how: str, other: str) -> Record:
    """The record with one side of a link; as it is where it has it."""
    if (how, other) in record.links:
        return record
    if how == SOLVES:
        return record.add("use", act.at, act.by, ticket=other)
    return _with_links(record, act, "link", [*record.items("links"), f"{how} {other}"])


def _with_links(record: Record, act: Act, did: str, links: list[Value]) -> Record:
    change: dict[str, Value] = {"links": links or None}
    if isinstance(record, Ticket):
        return _added(record, act, did, change)
    return record.add(did, act.at, act.by, change)


def unlinked(sides: Sequence[Record], act: Act, how: str, other_id: str) -> list[Record]:
    """The records without the link: `how` on the first, its inverse on the second.

    The second is missing where it is gone; a side that lacks the link stays as it is.
    """
    record = sides[0]
    links = ((how, other_id), (INVERSE_LINKS[how], record.id))
    pairs = list(zip(sides, links, strict=False))
    if not any(link in side.links for side, link in pairs):
        others = ", ".join(f"{kind} {other}" for kind, other in record.links)
        known = f"its links are {others}" if others else "it has no links"
        raise RefusedError(f"{record.id} is not {how} {other_id}; {known}")
    return [_without_link(side, act, *link) for side, link in pairs]


def _without_link(record: Record, act: Act, how: str, other: str) -> Record:
    if (how, other) not in record.links:
        return record
    if how == SOLVES and f"{how} {other}" not in record.items("links"):
        return record.add("unlink", act.at, act.by, ticket=other)
    links = [link for link in record.items("links") if link != f"{how} {other}"]
    return _with_links(record, act, "unlink", links)


def edited(ticket: Ticket, act: Act, change: Mapping[str, Value]) -> Ticket:
    """The ticket with other values in fields that no verb governs (None takes a field out)."""
    if channel := change.get("channel"):
        change = {**change, "channel": act.policy.checked("channel", str(channel))}
    change = {n: v for n, v in change.items() if ticket.head.get(n) != v}
    check_settable(change, GOVERNED, WORKED_OUT)
    for name, value in change.items():
        if name == "title" and not str(value or "").strip():
            raise UsageError("a ticket needs a title that says what it is about")
    if not change:
        raise RefusedError(f"{ticket.id} is so already; nothing was changed")
    return _added(ticket, act, "edit", change)


def check_settable(
    change: Mapping[str, Value], governed: Mapping[str, str], worked_out: Mapping[str, str]
) -> None:
    """Raise RefusedError for a field that has its own command, or that desk works out itself.

    One of the latter, which somebody typed into the file, can be taken out.
    """
    for name, value in change.items():
        if name in governed:
            raise RefusedError(f"{name!r} is changed by {governed[name]}")
        if name in worked_out and value is not None:
            raise RefusedError(f"{name!r} is no field to set: it follows from {worked_out[name]}")


def setting(ticket: Ticket, name: str, text: str, now: datetime) -> tuple[str, Value]:
    """The field and its new value that `FIELD=VALUE` means; an empty value takes it out.

    `requester.email` and the like set one part of the requester, `requester` itself takes
    `NAME <E-MAIL>`; `tags` takes commas;
    `began` takes what `dates.moment` does.
    """
    if name.startswith("requester."):
        part = name.partition(".")[2]
        if part not in model.REQUESTER_FIELDS:
            raise UsageError(
                f"a requester has no {part!r}; {nearest(part, model.REQUESTER_FIELDS)}"
            )
        given = (_named(text) if part == "name" else {}) or {part: text}
        requester = {**ticket.requester, **given}
        kept: Value = {key: value for key, value in requester.items() if value}
        return "requester", kept or None
    if name == "requester" and text:
        if both := _named(text):
            return name, {**ticket.requester, **both}
        raise UsageError("a requester has parts: set requester.name, .email, .phone, .department")
    if name == "tags":
        return name, list(dict.fromkeys(t.strip() for t in text.split(",") if t.strip())) or None
    if name == "began" and text:
        began = dates.moment(text, now)
        if began > ticket.opened:
            raise UsageError(f"began {dates.stamp(began)} is after the opening itself")
        return name, dates.stamp(began)
    return name, text or None


def _named(text: str) -> dict[str, Value]:
    """The parts of a requester that `Ann Lee <ann.lee@corp.cn>` gives; none of any other text."""
    name, email = model.name_and_email(text)
    given = {"name": name, "email": email}
    return {part: said for part, said in given.items() if said} if email else {}
