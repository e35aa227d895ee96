"""What one run of the program knows: which desk, what time it is, who acts.

Set by options that stand before or behind the command's name: `-C`, `--now`, `--as`; else by
DESK_DIR, DESK_NOW, DESK_USER; else by the folder, the clock, git's identity and the login.
"""

import os
import sys
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from desk.articleindex import ArticleIndex
    from desk.conditions import Test
    from desk.errors import DamagedError
    from desk.fields import AsOf
    from desk.index import Among, Index
    from desk.lifecycle import Act
    from desk.model import Ticket
    from desk.promises import Promises
    from desk.query import Filter
    from desk.store import Desk
    from desk.terms import Phrase


class Session:
    """One run; everything is found out when it is first needed."""

    def __init__(self) -> None:
        self.options: dict[str, str] = {}
        self.dry_run = False
        # Whether it is this run that has to say so, and not the batch whose line it is.
        self.tells_dry_run = False
        # What the lines of a batch have found out, by the desk's folder.
        self._desks: dict[str, Desk] = {}
        self._identities: dict[str, tuple[str, str]] = {}
        self._doubted: set[str] = set()
        self._named: dict[str, str] = {}
        # The format in which a verb reports on standard output, empty for no report.
        self.report_form = ""
        # Where in a batch the run stands, to be said before each error: `line 12: `.
        self.place = ""
        # Runs a command line in a session; cli.run puts itself here.
        self.run_line: Callable[[list[str], Session], int]

    def for_line(self, number: int) -> "Session":
        """A session for one line of a batch, with the options of this one.

        It shares what does not change from line to line: the rules as long as their files stay as
        they are, whom git says that we are, and in a dry run what was tried before.
        """
        line = Session()
        line.options = dict(self.options)
        line.dry_run = self.dry_run
        line.place = f"line {number}: "
        line.run_line = self.run_line
        line._desks, line._identities = self._desks, self._identities
        return line

    def rehearse(self) -> None:
        """Only try what this run does: nothing is written from here on."""
        if not self.dry_run:
            self.dry_run = self.tells_dry_run = True
            self._desks = {}

    @property
    def has_tried(self) -> bool:
        """Whether a dry run has come to change a file, had it been none."""
        return bool("desk" in self.__dict__ and self.desk.tried)

    def _given(self, option: str, variable: str) -> str:
        return self.options[option] if option in self.options else os.environ.get(variable, "")

    @property
    def folder(self) -> str:
        """Where to look for a desk."""
        return os.path.abspath(self._given("start", "DESK_DIR") or ".")

    @cached_property
    def desk(self) -> "Desk":
        """The desk; its policy is read at once, so that a newer format is never half read.

        Raises NotFoundError where there is none, DamagedError for a bad desk.yaml,
        RefusedError where --as or DESK_USER names somebody whom it does not know.
        """
        from desk import store

        desk = store.find(self.folder)
        if self.dry_run:
            from desk.rehearsal import RehearsedDesk

            desk = RehearsedDesk(desk.root)
        earlier = self._desks.get(desk.root)
        if earlier and earlier.fresh:
            desk = earlier
        self._desks[desk.root] = desk
        policy = desk.policy
        if user := self._given("user", "DESK_USER"):
            policy.person(user)
        return desk

    @cached_property
    def index(self) -> "Index":
        """The index of the desk."""
        from desk.index import Index

        return Index(self.desk, _Bar().show)

    @cached_property
    def article_index(self) -> "ArticleIndex":
        """The index of the desk, asked for articles alone."""
        from desk import glance, place

        # First of all, as it takes its time in another process.
        seen = glance.begun(f"{place.root_above(self.folder)}/kb")
        from desk.articleindex import ArticleIndex

        return ArticleIndex(self.desk, _Bar().show, seen)

    def distrust_index(self) -> None:
        """Have the index made anew by the next command, where this one used it and failed."""
        for used in {"index", "article_index"} & self.__dict__.keys():
            self.__dict__[used].distrust()

    def named(self, part: str) -> str:
        """The id that `part` names: the id, an unambiguous part of it, or an outside number.

        Raises NotFoundError for none and for several (with the candidates).
        """
        if part not in self._named:
            self._named[part] = self.desk.whole_id(part) or self.index.named(part)
        return self._named[part]

    @property
    def now_is_given(self) -> bool:
        """Whether the moment of this run is another than the clock's."""
        return bool(self._given("now", "DESK_NOW"))

    @cached_property
    def now(self) -> "datetime":
        """The moment of this run, in the desk's time zone."""
        return self.now_in(self.desk.policy.zone)

    def now_in(self, zone: "tzinfo") -> "datetime":
        """The moment of this run in a time zone, without a desk."""
        from desk import dates

        clock = dates.system_now().astimezone(zone).replace(microsecond=0)
        given = self._given("now", "DESK_NOW")
        return dates.moment(given, clock).astimezone(clock.tzinfo) if given else clock

    @property
    def as_of(self) -> "AsOf":
        """The moment of this run, with what clocks go by."""
        from desk.fields import AsOf

        return AsOf(self.now, self.desk.policy.promises)

    def filter(
        self,
        terms: "Sequence[str]",
        promises: "Promises | None" = None,
        of_phrase: "Callable[[Phrase], Test] | None" = None,
    ) -> "Filter":
        """The filter that the terms of a command line mean in this run.

        Clocks go by other `promises` than the desk's if they are given, and `of_phrase` gives the
        test of words.
        """
        from desk import query
        from desk.fields import AsOf

        policy = self.desk.policy
        asked = query.parse(
            terms,
            lambda: policy.names_of(self.actor),
            lambda: AsOf(self.now, promises or policy.promises),
            policy.views,
            of_phrase=of_phrase,
        )
        self._tell_doubts(asked)
        return asked

    def _tell_doubts(self, asked: "Filter") -> None:
        """Say once on stderr what in a query can hardly be meant: it may find nothing."""
        from desk.policy import KNOWN_FIELDS
        from desk.render import marked, safe

        policy = self.desk.policy
        doubts = list(asked.doubts(lambda f: policy.known(f) if f in KNOWN_FIELDS else ()))
        place = asked.place_of_me()
        if place and self.actor not in policy.people:
            said = f"`me` is {self.actor}, whom desk.yaml does not know; --as says who you are"
            doubts.append((said, place))
        for said, place in doubts:
            if said not in self._doubted:
                self._doubted.add(said)
                click.echo(f"{safe(said)}\n{marked(place)}", err=True, nl=False)

    def as_of_now(self, tickets: "Iterable[Ticket]") -> "Iterator[Ticket]":
        """The tickets as they stood at the moment of this run, where that was given."""
        from desk import model

        given = self.now_is_given
        for ticket in tickets:
            if not given:
                yield ticket
            elif ticket.opened <= self.now:
                stood = model.as_of(ticket, self.now)
                yield stood if "opened" in stood.head else ticket

    def tickets(
        self, on_damage: "Callable[[DamagedError], None]", *, among: "Among" = "all"
    ) -> "Iterator[Ticket]":
        """The tickets as of this run; `on_damage` is told of damaged files.

        A closed one edited in place may be seen late.
        """
        chosen: Among = "all" if self.now_is_given else among
        return self.as_of_now(self.index.tickets(on_damage, every=False, among=chosen))

    def check_fields(self, asked: "Filter", names: "Sequence[str]", seen: "set[str]") -> None:
        """Raise UsageError for a field in a filter or among `names` that no ticket has.

        `seen` are the names of fields of some tickets.
        """
        from desk import query
        from desk.errors import UsageError

        try:
            asked.check_fields(seen)
            query.check_names(names, seen)
        except UsageError:
            everything = self.index.field_names()
            asked.check_fields(everything)
            query.check_names(names, everything)

    def moment(self, text: str | None, *, ahead: bool = False) -> "datetime | None":
        """The moment that an option's text means, None where it was not given."""
        from desk import dates

        return None if text is None else dates.moment(text, self.now, ahead=ahead)

    @cached_property
    def actor(self) -> str:
        """Who acts: a person's id, or for somebody not enrolled the e-mail, name or login.

        Raises RefusedError if --as or DESK_USER names somebody whom desk.yaml does not know.
        """
        policy = self.desk.policy
        given = self._given("user", "DESK_USER")
        if given:
            return policy.person(given)
        from desk import git

        if self.desk.root not in self._identities:
            self._identities[self.desk.root] = git.identity(self.desk.root)
        identity = (*reversed(self._identities[self.desk.root]), login())
        known = (policy.find_person(who) for who in identity if who)
        return next(filter(None, known), "") or next(filter(None, identity), "unknown")

    def whom(self, person: str | None) -> str:
        """The person that an option names, where `me` is who acts; empty if none was named."""
        return self.actor if person == "me" else person or ""

    def act(self, at: str | None = None) -> "Act":
        """An act of this run, backdated to `at` if that is given.

        Raises UsageError if `at` is later than now.
        """
        from desk import dates
        from desk.errors import UsageError
        from desk.lifecycle import Act

        when = self.moment(at) or self.now
        if when > self.now:
            raise UsageError(f"--at {dates.stamp(when)} lies ahead of {dates.stamp(self.now)}")
        return Act(self.actor, when, self.desk.policy, backdated=at is not None)


class _Bar:
    """A progress bar for a person who waits while many files are read."""

    _MANY = 2000

    def __init__(self) -> None:
        self._bar: Any = None

    def show(self, done: int, total: int) -> None:
        """Show that so many are done."""
        if total < self._MANY or not sys.stderr.isatty():
            return
        if not self._bar:
            self._bar = click.progressbar(length=total, label="Reading tickets", file=sys.stderr)
        if done % 100 == 99:
            self._bar.update(100)
        if done + 1 == total:
            self._bar.finish()
            self._bar.render_finish()
            self._bar = None


def login() -> str:
    """The login name, empty where the system knows none."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def session_options() -> list[click.Parameter]:
    """The options that every command and the group take."""

    def remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value == "":
            raise click.BadParameter("it is empty; leave it out or give a value")
        if value is not None:
            context.ensure_object(Session).options[parameter.name or ""] = value

    def people(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
        from desk.errors import DeskError

        with suppress(DeskError):
            known = context.ensure_object(Session).desk.policy.people
            return [person for person in known if person.startswith(begun)]
        return []

    def option(*names: str, metavar: str, help: str, **more: Any) -> click.Option:
        return click.Option(
            names, metavar=metavar, help=help, expose_value=False, callback=remember, **more
        )

    return [
        option("-C", "start", metavar="DIR", help="Work on the desk in DIR or above it."),
        option("--now", metavar="TIME", help="Take TIME for the present moment."),
        option(
            "--as",
            "user",
            metavar="WHO",
            help="Act as that person of desk.yaml.",
            shell_complete=people,
        ),
    ]


pass_session = click.make_pass_decorator(Session, ensure=True)
