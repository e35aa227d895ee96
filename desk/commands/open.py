"""desk open."""

import sys
from contextlib import suppress

import click

from desk import lifecycle, model
from desk.commands.common import (
    Verb,
    at_option,
    command,
    conclude,
    from_stdin,
    known_option,
    name_of_new,
    tell,
    text_option,
)
from desk.commands.outcome import Outcome
from desk.errors import DeskError, UsageError
from desk.lifecycle import Act
from desk.model import TICKET_FIELDS, Ticket, Value
from desk.roles import WORK
from desk.session import Session, pass_session


@command(
    "open",
    'desk open "VPN drops every hour" --requester 李伟 --category vpn',
    'id=$(desk open "打印机卡纸" --channel walk-in --impact department)',
    'desk open "Wi-Fi is slow" --category wifi --auto',
    'desk open "Disk full on db1" --channel monitoring -d - < alert.txt',
    cls=Verb,
)
@click.argument("title")
@click.option("-d", "--description", metavar="TEXT|-", help="What happened; - reads it.")
@known_option("kind", help="Incident, request, problem, change, complaint, improvement …")
@known_option("channel", help="How it came in: phone, email, web, chat, walk-in …")
@click.option("--requester", metavar="NAME", help="Who asks; also `NAME <E-MAIL>`.")
@click.option("--email", help="The requester's e-mail.")
@click.option("--phone", help="The requester's telephone.")
@click.option("--department", help="The requester's department.")
@known_option("category", help="network, network/vpn or just vpn.")
@known_option("impact", help="How many it hits: organisation, department, person.")
@known_option("urgency", help="How soon it hurts: high, medium, low.")
@known_option("priority", help="Not the matrix's priority but this one; needs --because.")
@text_option("--because", help="Why that priority.")
@known_option("team", help="The team that shall work on it.")
@known_option("assignee", help="The person who shall work on it.")
@click.option("--auto", is_flag=True, help="Give it to whom the rules of desk.yaml choose.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="A tag; may be repeated.")
@click.option("--field", "custom", metavar="KEY=VALUE", multiple=True, help="A custom field.")
@click.option("--began", metavar="TIME", help="When it began, if before the call.")
@click.option("--external", metavar="NUMBER", help="Its number in another system.")
@at_option
@pass_session
def open_(
    session: Session,
    /,
    title: str,
    description: str | None,
    priority: str | None,
    because: str | None,
    auto: bool,
    tags: tuple[str, ...],
    custom: tuple[str, ...],
    began: str | None,
    at: str | None,
    **given: str | None,
) -> None:
    """Record a request and print its id.

    The id stands alone on standard output; the priority, why it is that, and when a reply and
    the solution are due are told on standard error; at a terminal also articles, similar
    tickets and duplicates. A dry run has no id to promise and prints
    none.
    """
    from desk import dates, store
    from desk.commands.automatic import Assigner
    from desk.commands.promised import promise

    act = session.act(at)
    if auto and (given["assignee"] or given["team"]):
        raise UsageError("--auto chooses by itself; leave out --assignee and --team")
    given["assignee"] = session.whom(given["assignee"])
    fields: dict[str, Value] = {
        **_custom_fields(custom),
        **_head_fields(given, act),
        "tags": tags_of(tags),
    }
    start = session.moment(began)
    if start and start > act.at:
        raise UsageError(f"--began {dates.stamp(start)} is after the opening itself")
    fields["began"] = dates.stamp(start) if start else None
    text = from_stdin("--description") if description == "-" else description or ""
    if external := given["external"]:
        session.index.check_external_free(external)
    assigner = Assigner(session, act) if auto else None
    reason: lifecycle.Priority
    ticket: Ticket

    def build(record_id: str) -> Ticket:
        nonlocal reason, ticket
        ticket, reason = lifecycle.opened(
            record_id, act, title, fields=fields, description=text,
            priority=priority or "", because=because or "",
        )  # fmt: skip
        ticket = assigner.at_opening(ticket) if assigner else ticket
        return ticket

    session.desk.create(build, store.new_ids(act.policy.prefix, act.at), session.now)
    whom = ticket.text("assignee") or ticket.text("team")
    due = promise(ticket, session)
    name = name_of_new(session, ticket.id)
    sentence = (
        f"{name} is recorded as {reason.value or 'without priority'} ({reason.why})"
        + (f", with {whom}" if whom and not auto else "")
        + (f"; {due}" if due else "")
    )
    tell(sentence)
    if assigner:
        tell(f"{name} {assigner.said(ticket)}")
    if not session.dry_run and not session.report_form:
        click.echo(ticket.id)
    record_id = None if session.dry_run else ticket.id
    conclude(session, [Outcome(record_id, sentence, events=ticket.log)])
    if sys.stderr.isatty() and not session.dry_run and not session.report_form:
        from desk.commands.suggest import hint

        with suppress(DeskError):  # the ticket is recorded, whatever can be told of others
            hint(session, ticket)
    if assigner:
        assigner.damage.say()


def _head_fields(given: dict[str, str | None], act: Act) -> dict[str, Value]:
    """The fields that options name; a requester of desk.yaml has the name and e-mail there.

    Who may do nothing but ask asks for themselves.
    """
    name, address = model.name_and_email(given.pop("requester") or "")
    email = given.pop("email") or address
    if address and address.casefold() != email.casefold():
        raise UsageError(f"--requester has the e-mail {address} and --email {email}; give one")
    if not (name or address or act.policy.rights_of(act.by).may(WORK)):
        name = act.by
    person = act.policy.people.get(name or "")
    requester = {
        "name": (person.name if person else "") or name,
        "email": email or (person.email if person else ""),
        "phone": given.pop("phone"),
        "department": given.pop("department"),
    }
    known: dict[str, Value] = {name: text for name, text in requester.items() if text}
    return {**given, "requester": known or None}


def tags_of(given: tuple[str, ...]) -> list[Value]:
    """The tags that options name, several in one with commas, each once."""
    tags = (tag.strip() for several in given for tag in several.split(","))
    return list(dict.fromkeys(tag for tag in tags if tag))


def _custom_fields(pairs: tuple[str, ...]) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(f"--field {pair!r} is no KEY=VALUE, such as --field asset=PC-1042")
        if name in TICKET_FIELDS or name == "log":
            raise UsageError(f"{name!r} is a field of its own, not a custom one; see --help")
        check_field_name(name)
        lifecycle.check_settable({name: value}, {}, lifecycle.WORKED_OUT)
        if name in fields:
            raise UsageError(f"--field {name} is given twice; give it once")
        fields[name] = value
    return fields


def check_field_name(name: str) -> None:
    """Raise UsageError for a name that a custom field cannot have."""
    from desk.yamltext import MAX_KEY

    if len(name) > MAX_KEY or any(c in name for c in ":,=\n") or name != name.strip() or not name:
        raise UsageError(
            f"{name[:40]!r} cannot name a field; up to {MAX_KEY} characters, none of : , ="
        )
