"""Who works at the desk, in which teams and when, as desk.yaml says."""

import base64
import binascii
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple

from desk import workhours
from desk.calendars import Calendar
from desk.settings import Reader
from desk.shapes import FLAG, NAMES, TEXT, TEXTS, WHOLE, Setting, list_of, matching

CAPACITY = 20
# A line of an id_….pub: kind, key, and what its owner calls it.
PUBLIC_KEY = re.compile(
    r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)"
    r"|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)"
    r" ([A-Za-z0-9+/]+={0,2})(?: [^\r\n]*)?"
)
PERSON = {
    "name": Setting("What they are called; the id, unless given.", TEXT),
    "email": Setting("Their address, by which git's identity is known too.", TEXT),
    "teams": Setting("The teams that they are in; the first is that of their tickets.", NAMES),
    "manager": Setting("To whom their tickets are escalated: a person's id.", TEXT),
    "tier": Setting("Their level; the highest of their teams, unless given.", WHOLE),
    "skills": Setting("What they can do, as assignment rules ask for it.", NAMES),
    "capacity": Setting(f"How many tickets in work are enough; {CAPACITY}, unless given.", WHOLE),
    "hours": Setting("The calendar that they work by; the desk's, unless given.", TEXT),
    "roles": Setting("Their roles; agent, and lead where they are one, unless given.", NAMES),
    "away": Setting("When they are away: [2026-12-24..2027-01-02, 2027-03-08].", workhours.DAYS),
    "keys": Setting(
        "Their SSH public keys (ssh-ed25519 AAAA…), by which the remote knows their commits.",
        list_of(matching(PUBLIC_KEY)),
    ),
}
TEAM = {
    "name": Setting("What it is called; the id, unless given.", TEXT),
    "tier": Setting("Its level; 1 is the first.", WHOLE),
    "lead": Setting("To whom tickets that no person has are escalated: a person's id.", TEXT),
    "vendor": Setting("Whether it is an external vendor.", FLAG),
    "categories": Setting("The categories that it owns, with what is under them.", TEXTS),
    "escalates_to": Setting("The team that the rule hand-on gives its tickets to.", TEXT),
    "calendar": Setting("The calendar that its clocks run by; the desk's, unless given.", TEXT),
}


class Person(NamedTuple):
    """Somebody who works at the desk.

    `hours` is when they work, `away` their absences as (first, last) day; `capacity` is how
    many tickets they can have in work at once. `roles` is empty where desk.yaml gives them none.
    `keys` are public keys as OpenSSH writes them, each only its kind and the key.
    """

    id: str
    name: str
    email: str
    teams: tuple[str, ...]
    manager: str
    tier: int
    skills: tuple[str, ...]
    capacity: int
    hours: Calendar
    away: tuple[tuple[date, date], ...]
    roles: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def off_shift(self, now: datetime) -> str:
        """Why they do not work at that moment, empty if they do."""
        today = now.astimezone(self.hours.zone).date()
        for first, last in self.away:
            if first <= today <= last:
                return f"is away until {last.isoformat()}"
        return "" if self.hours.open_at(now.timestamp()) else "is off shift"


class Team(NamedTuple):
    """A group that tickets are handed to; vendors are teams too.

    `categories` are those it owns, with what is under them.
    """

    id: str
    name: str
    tier: int
    lead: str
    vendor: bool
    categories: tuple[str, ...]
    escalates_to: str


def read_teams(reader: Reader, categories: tuple[str, ...]) -> dict[str, Team]:
    """The teams; mistakes are noted in the reader."""
    names = reader.mapping("teams")
    return {name: _team(reader, name, names, categories) for name in names}


def _team(
    reader: Reader, name: str, names: Mapping[str, object], categories: tuple[str, ...]
) -> Team:
    path = ("teams", name)
    reader.only(reader.mapping(*path), TEAM, *path)
    owned = reader.texts(*path, "categories")
    for place, category in enumerate(owned):
        reader.known(category, categories, *path, "categories", place)
    lead, escalates_to = reader.text(*path, "lead"), reader.text(*path, "escalates_to")
    reader.known(lead, reader.mapping("people"), *path, "lead")
    reader.known(escalates_to, names, *path, "escalates_to")
    if escalates_to == name:
        reader.problem("'escalates_to' is another team than this one", *path, "escalates_to")
    return Team(
        id=name,
        name=reader.text(*path, "name", default=name),
        tier=reader.whole(*path, "tier", default=1),
        lead=lead,
        vendor=reader.flag(*path, "vendor"),
        categories=owned,
        escalates_to=escalates_to,
    )


def read_people(
    reader: Reader,
    teams: Mapping[str, Team],
    roles: Collection[str],
    calendars: Mapping[str, Calendar],
    calendar: Calendar,
) -> dict[str, Person]:
    """The people, who work by `calendar` unless they have hours of their own."""
    names = reader.mapping("people")
    people = {name: _person(reader, name, teams, roles, calendars, calendar) for name in names}
    _check_keys_differ(reader, people)
    return people


def _person(
    reader: Reader,
    name: str,
    teams: Mapping[str, Team],
    roles: Collection[str],
    calendars: Mapping[str, Calendar],
    calendar: Calendar,
) -> Person:
    path = ("people", name)
    reader.only(reader.mapping(*path), PERSON, *path)
    member_of = reader.names(*path, "teams")
    for place, team in enumerate(member_of):
        reader.known(team, teams, *path, "teams", place)
    own_roles = reader.names(*path, "roles")
    for place, role in enumerate(own_roles):
        reader.known(role, roles, *path, "roles", place)
    manager, hours = reader.text(*path, "manager"), reader.text(*path, "hours")
    reader.known(manager, reader.mapping("people"), *path, "manager")
    reader.known(hours, calendars, *path, "hours")
    tiers = [teams[team].tier for team in member_of if team in teams]
    return Person(
        id=name,
        name=reader.text(*path, "name", default=name),
        email=reader.text(*path, "email"),
        teams=member_of,
        manager=manager,
        tier=reader.whole(*path, "tier", default=max(tiers, default=1)),
        skills=reader.names(*path, "skills"),
        capacity=reader.whole(*path, "capacity", default=CAPACITY),
        hours=calendars.get(hours, calendar),
        away=tuple(_away(reader, *path, "away")),
        roles=own_roles,
        keys=tuple(_keys(reader, *path, "keys")),
    )


def _keys(reader: Reader, *path: str) -> Iterator[str]:
    """The kind and key of each public key."""
    for place, text in enumerate(reader.texts(*path, example="[ssh-ed25519 AAAA…]")):
        match = PUBLIC_KEY.fullmatch(text)
        if match and _names_its_kind(match[2], match[1]):
            yield f"{match[1]} {match[2]}"
        else:
            reader.problem(
                "this is no SSH public key; write the line of an id_….pub, ssh-ed25519 AAAA…",
                *path,
                place,
            )


def _names_its_kind(key: str, kind: str) -> bool:
    """Whether a key begins with its kind, as RFC 4253 has it (section 6.6)."""
    try:
        data = base64.b64decode(key, validate=True)
    except binascii.Error:
        return False
    name = kind.encode()
    return data.startswith(len(name).to_bytes(4) + name) and len(data) > len(name) + 4


def _check_keys_differ(reader: Reader, people: Mapping[str, Person]) -> None:
    """Note every key that two people have."""
    owners: dict[str, str] = {}
    for person in people.values():
        for key in person.keys:
            owner = owners.setdefault(key, person.id)
            if owner != person.id:
                problem = f"{owner} has this key too; each is one person's"
                reader.problem(problem, "people", person.id, "keys")


def _away(reader: Reader, *path: str) -> Iterator[tuple[date, date]]:
    """The first and last day of each absence: `2026-12-24..2027-01-02`."""
    for place, text in enumerate(reader.texts(*path, example=workhours.SOME_DAYS)):
        found = workhours.span(reader, text, *path, place)
        if found:
            yield found
