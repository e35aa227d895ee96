"""desk.yaml, read and validated into dataclasses.

Every mistake in the file is reported at once, each with its line and what would be right.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta, tzinfo
from typing import NamedTuple

from desk import codec, dates, yamltext
from desk.errors import DamagedError, RefusedError, nearest
from desk.model import Ticket, Value
from desk.people import PERSON, TEAM, Person, Team, read_people, read_teams
from desk.promises import ENDS, PAUSES, SHARE, TARGETS, Promises, share
from desk.promises import read as read_promises
from desk.roles import (
    AGENT,
    KNOWLEDGE,
    LEAD,
    REMOTE,
    REQUESTER,
    ROLE,
    Knowledge,
    Rights,
    read_knowledge,
    read_must_sign,
    read_roles,
)
from desk.rules import (
    ASSIGNMENT_RULE,
    CLOCK_RULE,
    MAJOR_RULE,
    SURVEY_RULE,
    AssignmentRule,
    TimeRules,
    read_assignment,
    read_time_rules,
)
from desk.settings import Reader, no_files
from desk.shapes import LENGTH, NAMES, TEXT, Setting, Shape, each, keys, list_of, one_of, or_none
from desk.workhours import CALENDAR

FORMAT = 1
# Those who may read an article, where it is not for one team.
PUBLIC, INTERNAL = "public", "internal"
# The fields of a ticket whose values desk.yaml lists.
KNOWN_FIELDS = (
    "kind", "channel", "category", "impact", "urgency", "priority", "team", "assignee",
)  # fmt: skip
# And those of an article.
KNOWN_FIELDS_OF_ARTICLES = ("category", "owner", "audience")
FOLLOW = ("resolve", "offer", "leave")
_PREFIX: Shape = {"type": "string", "pattern": "^(?!KB$)[A-Z][A-Z0-9]{0,7}$"}
VIEW_NAME = re.compile(r"[\w-]+")


class Policy(NamedTuple):
    """The rules of one desk."""

    name: str
    prefix: str
    timezone: str
    people: Mapping[str, Person]
    teams: Mapping[str, Team]
    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    categories: tuple[str, ...]
    impacts: tuple[str, ...]
    urgencies: tuple[str, ...]
    priorities: tuple[str, ...]
    matrix: Mapping[tuple[str, str], str]
    defaults: Mapping[str, str]
    codes: tuple[str, ...]
    reopen_within: timedelta
    on_resolve: Mapping[str, str]
    promises: Promises
    rules: TimeRules
    assignment: tuple[AssignmentRule, ...]
    views: Mapping[str, str]
    # From what likelihood on `--auto` takes what is suggested.
    sure_from: float
    roles: Mapping[str, tuple[str, ...]]
    speaks_of_roles: bool
    knowledge: Knowledge
    # Whether the team's remote takes signed commits only.
    must_sign: bool

    @property
    def zone(self) -> tzinfo:
        """The desk's time zone."""
        return dates.zone(self.timezone)

    def known(self, field: str) -> tuple[str, ...]:
        """The values that a field of a ticket or an article may have."""
        lists = {
            "kind": self.kinds,
            "channel": self.channels,
            "category": self.categories,
            "impact": self.impacts,
            "urgency": self.urgencies,
            "priority": self.priorities,
            "code": self.codes,
            "team": tuple(self.teams),
            "assignee": tuple(self.people),
            "owner": tuple(self.people),
            "audience": (PUBLIC, INTERNAL, *self.teams),
        }
        return lists[field]

    def checked(self, field: str, value: str) -> str:
        """The value as the policy spells it, whatever its case.

        Raises RefusedError with the nearest known one for a value that it does not know.
        """
        known = self.known(field)
        if value in known:
            return value
        folded = [name for name in known if name.casefold() == value.casefold()]
        if len(folded) == 1:
            return folded[0]
        leaves = _leaves(known, value) if field == "category" else []
        if len(leaves) > 1:
            raise RefusedError(f"category {value!r} is several: {', '.join(leaves)}; say which")
        if leaves:
            return leaves[0]
        word = "person" if field in ("assignee", "owner") else field
        raise RefusedError(f"{word} {value!r} is not in desk.yaml; {nearest(value, known)}")

    def person(self, who: str) -> str:
        """The id of the person whose id, e-mail or name `who` is.

        Raises RefusedError with the nearest known one for anybody else.
        """
        found = self.find_person(who)
        return found if found else self.checked("assignee", who)

    def find_person(self, who: str) -> str | None:
        """The id of the person whose id, else e-mail, else name `who` is, or None.

        Raises RefusedError where it is that of several.
        """
        if who in self.people:
            return who
        folded = who.casefold()
        if not folded:
            return None
        for part in ("id", "email", "name"):
            found = [p.id for p in self.people.values() if getattr(p, part).casefold() == folded]
            if len(found) > 1:
                raise RefusedError(f"{who!r} is the {part} of {' and '.join(found)}; say which")
            if found:
                return found[0]
        return None

    def names_of(self, who: str) -> list[str]:
        """By which names somebody goes: the id first, then the name and e-mail in desk.yaml."""
        person = self.people.get(who)
        return [who, *filter(None, (person.name, person.email) if person else ())]

    def rights_of(self, who: str) -> Rights:
        """What somebody may do: a person's id, or whoever is not in desk.yaml."""
        person = self.people.get(who)
        if person:
            roles = person.roles or self._unless_given(person)
        else:
            roles = (REQUESTER if self.speaks_of_roles else AGENT,)
        abilities = (ability for role in roles for ability in self.roles.get(role, ()))
        led = [team.id for team in self.teams.values() if person and team.lead == person.id]
        teams = frozenset((*(person.teams if person else ()), *led))
        return Rights(who, teams, frozenset(abilities))

    def rights_of_all(self) -> Rights:
        """What whoever acts may do at least, whoever that is."""
        everybody = (self.rights_of(who).abilities for who in ("", *self.people))
        return Rights("", frozenset(), frozenset.intersection(*everybody))

    def _unless_given(self, person: Person) -> tuple[str, ...]:
        """The roles of somebody to whom desk.yaml gives none."""
        leads = any(team.lead == person.id for team in self.teams.values())
        manages = any(one.manager == person.id for one in self.people.values())
        return (AGENT, LEAD) if leads or manages else (AGENT,)

    def who_may(self, ability: str) -> list[str]:
        """The people who have that ability."""
        return [person for person in self.people if self.rights_of(person).may(ability)]

    def manager_of(self, ticket: Ticket) -> str:
        """Who stands above whoever has a ticket, empty where nobody does.

        The assignee's manager, else the lead of its team, but not somebody who has it or
        works below that one already.
        """
        assignee = self.people.get(ticket.text("assignee"))
        if assignee and assignee.manager:
            return assignee.manager
        team = self.teams.get(ticket.text("team"))
        lead = self.people.get(team.lead) if team else None
        above = lead and not (assignee and assignee.id in (lead.id, lead.manager))
        return lead.id if lead and above else ""

    def priority_for(self, impact: str, urgency: str) -> str:
        """What the matrix gives, empty where impact or urgency is none of its rows or columns."""
        return self.matrix.get((impact, urgency), "")


def _leaves(categories: Iterable[str], word: str) -> list[str]:
    return [name for name in categories if name.rpartition("/")[2].casefold() == word.casefold()]


def template(**values: str) -> str:
    """The text of a new desk.yaml: the commented template with `{{name}}` filled in."""
    from importlib import resources

    text = resources.files("desk").joinpath("template.yaml").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", yamltext.dump_value(value).rstrip("\n"))
    return text


def load(
    text: str,
    path: str = "desk.yaml",
    beside: Callable[[str], str] = no_files,
    parse: Callable[[str], Value] = codec.parse,
) -> Policy:
    """The policy in that text; `beside` and `parse` are those of settings.Reader.

    Raises DamagedError that lists every mistake with its line.
    """
    reader = _Reader(text, path, parse, beside)
    policy = reader.policy()
    reader.refuse_mistakes()
    return policy


DEFAULTS = {
    name: Setting(f"The {name} of a ticket that is opened without one.", TEXT)
    for name in ("kind", "channel", "impact", "urgency", "team")
}
ON_RESOLVE = {
    "duplicates": Setting("What becomes of its duplicates.", one_of(FOLLOW)),
    "children": Setting("What becomes of its children.", one_of(FOLLOW)),
}
_SURE_FROM = "80%"
SUGGESTIONS = {
    "sure_from": Setting(
        f"From how likely on `--auto` takes what is suggested; {_SURE_FROM}, unless given.", SHARE
    ),
}
TOP = {
    "format": Setting("The version of the format that this desk has.", {"const": FORMAT}),
    "name": Setting("What the desk is called.", TEXT),
    "prefix": Setting("What the ids of tickets begin with: T gives T-261121-7K3FQ.", _PREFIX),
    "timezone": Setting("The zone of times that name none, such as Asia/Shanghai.", TEXT),
    "people": Setting("Who works here, by the id that commands take.", each(or_none(keys(PERSON)))),
    "teams": Setting("Where tickets go, by the id that commands take.", each(or_none(keys(TEAM)))),
    "kinds": Setting("The kinds of tickets.", NAMES),
    "channels": Setting("The ways by which requests come in.", NAMES),
    "categories": Setting("The categories, each with its sub-categories.", each(or_none(NAMES))),
    "impacts": Setting("The impacts: the rows of the matrix.", NAMES),
    "urgencies": Setting("The urgencies: the columns of the matrix.", NAMES),
    "matrix": Setting("Of each impact the priorities, one for each urgency.", each(or_none(NAMES))),
    "defaults": Setting("What a new ticket has unless the command says otherwise.", keys(DEFAULTS)),
    "codes": Setting("What `desk resolve --code` may say.", NAMES),
    "reopen_within": Setting("How long a closed ticket can be reopened: 14d.", LENGTH),
    "on_resolve": Setting("What is resolved along with a ticket.", keys(ON_RESOLVE)),
    "calendars": Setting("Working hours by name.", each(keys(CALENDAR, ("hours",)))),
    "calendar": Setting("The calendar that clocks run and people work by.", TEXT),
    "targets": Setting("What is promised; the first that fits a ticket counts.", TARGETS),
    "pauses": Setting("On hold for whom each clock stands still.", PAUSES),
    "at_risk": Setting("From this share of its target on a clock is at risk: 75%.", SHARE),
    "resolve_until": Setting("With which status the last clocks stop.", one_of(ENDS)),
    "rules": Setting(
        "What is done as a clock runs down.", list_of(keys(CLOCK_RULE, ("clock", "do")))
    ),
    "stale_after": Setting("Nothing done for so long, a ticket is taken from its owner.", LENGTH),
    "remind_before": Setting("The requester is reminded so long before a hold ends.", LENGTH),
    "close_after": Setting("Resolved becomes closed after so long without a word.", LENGTH),
    "survey": Setting("When the requester is asked how it went.", keys(SURVEY_RULE)),
    "major": Setting("What looks like a major incident.", list_of(keys(MAJOR_RULE, ("when",)))),
    "assignment": Setting(
        "Whom `--auto` gives tickets to; the first that fits.",
        list_of(or_none(keys(ASSIGNMENT_RULE))),
    ),
    "suggestions": Setting("What is suggested by like tickets.", keys(SUGGESTIONS)),
    "views": Setting("Queries by name, used as @name.", each(TEXT)),
    "roles": Setting("What each role may do: {auditor: [kb.read-internal]}.", each(or_none(ROLE))),
    "knowledge": Setting("What is demanded of knowledge articles.", keys(KNOWLEDGE)),
    "remote": Setting("What the team's remote demands of commits.", keys(REMOTE)),
}


class _Reader(Reader):
    """Reads one desk.yaml."""

    def __init__(
        self,
        text: str,
        path: str,
        parse: Callable[[str], Value],
        beside: Callable[[str], str],
    ) -> None:
        super().__init__(text, path, parse, beside)
        number = self.top.get("format")
        if type(number) is int and number > FORMAT:
            raise DamagedError(
                f"this desk has format {number} and this program reads up to {FORMAT}; "
                "install a newer desk",
                path,
                self.line("format"),
            )
        if number != FORMAT:
            self.problem(f"`format: {FORMAT}` is missing", "format")

    def policy(self) -> Policy:
        """All of it, as far as it can be read; `problems` has the rest."""
        self.only(self.top, TOP)
        impacts, urgencies = self.names("impacts"), self.names("urgencies")
        matrix = self._matrix(impacts, urgencies)
        kinds, channels = self.names("kinds"), self.names("channels")
        categories, timezone = self._categories(), self._timezone()
        teams = read_teams(self, categories)
        known: dict[str, tuple[str, ...]] = {
            "kind": kinds, "channel": channels, "category": categories, "impact": impacts,
            "priority": tuple(dict.fromkeys(matrix.values())), "team": tuple(teams),
            "major": ("true", "false"),
        }  # fmt: skip
        promises = read_promises(self, timezone, known)
        roles = read_roles(self)
        people = read_people(self, teams, roles, promises.calendars, promises.calendar)
        policy = Policy(
            name=self.text("name", default="desk"),
            prefix=self._prefix(),
            timezone=timezone,
            people=people,
            teams=teams,
            kinds=kinds,
            channels=channels,
            categories=categories,
            impacts=impacts,
            urgencies=urgencies,
            priorities=known["priority"],
            matrix=matrix,
            defaults={key: self.text("defaults", key) for key in self.mapping("defaults")},
            codes=self.names("codes"),
            reopen_within=self.length("reopen_within", default="14d") or timedelta(),
            on_resolve=self._on_resolve(),
            promises=promises,
            rules=read_time_rules(self, known),
            assignment=read_assignment(self, known),
            views=self._views(),
            sure_from=self._sure_from(),
            roles=roles,
            speaks_of_roles="roles" in self.top,
            knowledge=read_knowledge(self),
            must_sign=read_must_sign(self),
        )
        self.only(policy.defaults, DEFAULTS, "defaults")
        for key, value in policy.defaults.items():
            if key in DEFAULTS:
                self.known(value, policy.known(key), "defaults", key)
        return policy

    def _prefix(self) -> str:
        prefix = self.text("prefix", default="T")
        if not valid_prefix(prefix):
            self.problem(PREFIX_RULE.format(prefix), "prefix")
        return prefix

    def _timezone(self) -> str:
        return self.timezone("timezone", default="UTC")

    def _categories(self) -> tuple[str, ...]:
        names: list[str] = []
        for parent in self.mapping("categories"):
            names += [parent, *(f"{parent}/{leaf}" for leaf in self.names("categories", parent))]
        return tuple(names)

    def _matrix(
        self, impacts: tuple[str, ...], urgencies: tuple[str, ...]
    ) -> dict[tuple[str, str], str]:
        self.only(self.mapping("matrix"), impacts, "matrix")
        matrix: dict[tuple[str, str], str] = {}
        for impact in impacts:
            row = self.names("matrix", impact)
            if len(row) != len(urgencies):
                self.problem(
                    f"the row {impact!r} needs {len(urgencies)} priorities, one for each of "
                    f"{', '.join(urgencies)}",
                    "matrix",
                    impact,
                )
            matrix |= {(impact, urgency): p for urgency, p in zip(urgencies, row, strict=False)}
        return matrix

    def _on_resolve(self) -> dict[str, str]:
        self.only(self.mapping("on_resolve"), ON_RESOLVE, "on_resolve")
        rules = {}
        for who in ON_RESOLVE:
            rule = self.text("on_resolve", who, default="offer")
            self.known(rule, FOLLOW, "on_resolve", who)
            rules[who] = rule
        return rules

    def _sure_from(self) -> float:
        self.only(self.mapping("suggestions"), SUGGESTIONS, "suggestions")
        return share(self, "suggestions", "sure_from", default=_SURE_FROM, most=100, of="")

    def _views(self) -> dict[str, str]:
        """Queries by name; what they mean is read when they are used, and by `desk check`."""
        views = {name: self.text("views", name) for name in self.mapping("views")}
        for name in views:
            if not VIEW_NAME.fullmatch(name):
                self.problem(
                    f"{name!r} is no name of a view; write letters, digits, - and _", "views", name
                )
        return views


PREFIX_RULE = (
    "prefix {!r} is not allowed; write 1 to 8 capital letters and digits, a letter first, not KB"
)


def valid_prefix(prefix: str) -> bool:
    """Whether ids may begin with it."""
    return prefix != "KB" and bool(codec.ID_PATTERN.fullmatch(f"{prefix}-261121-7K3FQ"))
