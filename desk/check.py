"""Proves the folder sound: a tuple of functions, each returning problems with file and line.

RECORD_CHECKS look at one record and its text, DESK_CHECKS at all records in brief. A problem
that can be mended without a guess carries its fix. Of an article that whoever asks may not read
whole, the file and line of a problem are named and nothing that stands there.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from desk import articles, codec, gitcheck, lifecycle, merge, model, query, store, yamltext
from desk.errors import DamagedError, DeskError, ManyError, UsageError, nearest
from desk.fields import AsOf
from desk.lifecycle import Act
from desk.model import Article, Event, Record, Ticket
from desk.policy import KNOWN_FIELDS, KNOWN_FIELDS_OF_ARTICLES
from desk.problems import Fix, Problem
from desk.store import Desk, Transaction


@dataclass(frozen=True, slots=True)
class Entry:
    """A record with the text of its file; `hidden` from whoever asks if they may not read it."""

    path: str
    text: str
    record: Record
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """What the checks of the whole desk need of one record.

    `mentions` are ids in the text of an article, with the line of the first, `pictures` those
    that it names, with their files. Nothing of a `hidden` one may be told but its path. Of one
    whose file is `damaged`, which is told by itself, nothing is known but that it is there.
    """

    path: str
    id: str
    links: tuple[tuple[str, str], ...]
    external: str
    names: dict[str, str] = field(default_factory=dict)
    mentions: dict[str, int] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    hidden: bool = False
    damaged: bool = False


def problems(
    desk: Desk,
    act: Act,
    on_file: Callable[[], None] = lambda: None,
    left_open: gitcheck.Open | None = None,
) -> list[Problem]:
    """All problems of the desk, by file and line; `act` is who would mend them, and when.

    What git has left open is looked for where it is not given.
    """
    found: list[Problem] = []
    briefs: dict[str, Brief] = {}
    misplaced: list[Entry] = []
    fields: set[str] = set()
    shown: set[str] = set()
    paths: set[str] = set()
    left_open = left_open or gitcheck.left_open(desk)
    found += () if left_open else gitcheck.distrust(desk)
    if left_open:
        found += gitcheck.open_merges(desk, left_open, act)
        found += gitcheck.shrunk(desk, left_open)
    for path in desk.walk():
        on_file()
        paths.add(path)
        if path.startswith(f"{store.PICTURES}/"):
            shown.add(path.rpartition("/")[2])
            found += _picture(desk, path)
            continue
        try:
            entry = _entry(desk, path, act)
        except DeskError as error:
            briefs |= _damaged(path)
            if not isinstance(error, DamagedError):
                found.append(Problem(path, None, "error", str(error)))
            elif not left_open or path not in left_open.sides:
                found.append(gitcheck.damaged(desk, path, error))
            continue
        if entry is None:
            found.append(_stray(path))
        elif store.path_of(entry.record.id) != path:
            if not left_open or path not in left_open.sides:
                misplaced.append(entry)
        else:
            briefs[entry.record.id] = _brief(entry)
            fields.update(() if entry.hidden else entry.record.head)
            found += (p for check in RECORD_CHECKS for p in check(entry, act))
    moved = {store.path_of(entry.record.id) for entry in misplaced} - paths
    found = [one for one in found if one.path not in moved]  # it is not gone
    ids = Counter((*briefs, *(entry.record.id for entry in misplaced)))
    found += (_misplaced(desk, entry, taken=ids[entry.record.id] > 1) for entry in misplaced)
    found += (p for check in DESK_CHECKS for p in check(briefs, act))
    whole = not any(one.level == "error" and one.path.startswith("kb/") for one in found)
    found += pictures(briefs, shown, every_article=whole)
    found += views(desk, act, fields)
    return sorted(found, key=lambda problem: (problem.path, problem.line or 0, problem.sentence))


def _entry(desk: Desk, path: str, act: Act) -> Entry | None:
    """The record in a file, None for a file that is not named like one.

    One that is named otherwise counts where its record is nowhere else.
    """
    if os.path.islink(os.path.join(desk.root, path)):
        raise DamagedError("this is a symbolic link; desk follows none")
    try:
        text = desk.text(path) if path.endswith(".yaml") else ""
        record = codec.load(text)
    except DamagedError:
        if store.is_record_name(path.rpartition("/")[2]):
            raise
        return None
    if not store.is_record_name(path.rpartition("/")[2]) and desk.whole_id(record.id):
        return None
    hidden = isinstance(record, Article) and not articles.is_read_whole(
        record, act.policy.rights_of(act.by)
    )
    return Entry(path, text, record, hidden)


def _brief(entry: Entry) -> Brief:
    record = entry.record
    is_article = isinstance(record, Article)
    fields = KNOWN_FIELDS_OF_ARTICLES if is_article else KNOWN_FIELDS
    names = {name: record.text(name) for name in fields if record.text(name)}
    mentions = _mentions(entry) if is_article else {}
    links = tuple(record.links)
    shown = articles.pictures(record) if isinstance(record, Article) else {}
    external = record.text("external")
    return Brief(entry.path, record.id, links, external, names, mentions, shown, entry.hidden)


def _damaged(path: str) -> dict[str, Brief]:
    """What stands for a record whose file cannot be read, by the id that its name says."""
    record_id = path.rpartition("/")[2].removesuffix(".yaml")
    is_its_place = store.is_record_name(f"{record_id}.yaml") and store.path_of(record_id) == path
    return {record_id: Brief(path, record_id, (), "", damaged=True)} if is_its_place else {}


def _mentions(entry: Entry) -> dict[str, int]:
    """The ids in the texts of an article, with the line in which each first stands."""
    texts = "\n".join(entry.record.text(name) for name in articles.TEXTS)
    found = dict.fromkeys(_ID_IN_TEXT.findall(texts))
    return {one: entry.text[: entry.text.find(one)].count("\n") + 1 for one in found}


_ID_IN_TEXT = re.compile(rf"(?<![\w-]){codec.ID_PATTERN.pattern}(?![\w-])", re.ASCII)


def _damage(error: DamagedError, path: str) -> Problem:
    return Problem(path, error.line, "error", error.problem)


def _stray(path: str) -> Problem:
    return Problem(
        path,
        None,
        "warning",
        "this is no record's file name (T-261121-7K3FQ.yaml); move it out of tickets and kb",
    )


def _picture(desk: Desk, path: str) -> Iterator[Problem]:
    """What is wrong with a file among the pictures."""
    name = path.removeprefix(f"{store.PICTURES}/")
    if not store.PICTURE_NAME.fullmatch(name):
        yield _stray(path)
        return
    try:
        desk.picture(name)
    except DamagedError as error:
        yield _damage(error, path)


def pictures(
    briefs: dict[str, Brief], there: Collection[str], *, every_article: bool
) -> Iterator[Problem]:
    """Pictures that are missing; with `every_article` in the briefs those that none shows, too."""
    for brief in sorted(briefs.values(), key=lambda brief: brief.path):
        for place, name in sorted(brief.pictures.items()):
            if name not in there:
                which = "a picture of it" if brief.hidden else f"its picture {place}"
                sentence = f"{which} is missing: {store.PICTURES}/{name}; bring it back from git"
                yield Problem(brief.path, None, "warning", sentence)
    named = {name for brief in briefs.values() for name in brief.pictures.values()}
    unnamed = {*there} - named if every_article else ()
    for name in sorted(unnamed):
        if store.PICTURE_NAME.fullmatch(name):
            path = f"{store.PICTURES}/{name}"
            yield Problem(path, None, "warning", "no article shows this picture; remove it")


def _misplaced(desk: Desk, entry: Entry, *, taken: bool) -> Problem:
    line = codec.line_of(entry.text, "id")
    sentence = f"its id is {entry.record.id}, whose place is {store.path_of(entry.record.id)}"
    if taken and not _is_one_record(desk, entry.record):
        sentence = f"{sentence}; another file has that id too, keep one of them"
        return Problem(entry.path, line, "error", sentence)
    way = "put both files together" if taken else "move it"
    return Problem(
        entry.path, line, "error", f"{sentence}; {way}", lambda change: change.move(entry.path)
    )


def _is_one_record(desk: Desk, record: Record) -> bool:
    """Whether the file in the record's place holds the same one."""
    try:
        return merge.is_one_record(desk.read(record.id), record)
    except DeskError:
        return False


# --- one record ----------------------------------------------------------------------------


def _rewrite(record_id: str) -> Fix:
    """Write the record in the format's layout, hand edits and comments as an event."""
    return lambda transaction: transaction.replace(transaction.read(record_id))


def hand_edits(entry: Entry, _: Act) -> Iterator[Problem]:
    """Fields whose value the log does not explain."""
    record = entry.record
    for name in model.hand_edits(record):
        logged = model.fold(record.log).get(name)
        was = "has none" if logged is None else f"says {yamltext.flow(logged)}"
        was = "says something else" if entry.hidden else was
        is_told = not entry.hidden or name in codec.known_fields(Article)
        yield Problem(
            entry.path,
            codec.line_of(entry.text, name),
            "warning",
            f"{repr(name) if is_told else 'a field'} was changed by hand: the log {was}; "
            "the next command writes an edit event",
            _rewrite(record.id),
        )


def layout(entry: Entry, _: Act) -> Iterator[Problem]:
    """Text that desk would write otherwise."""
    text = codec.dump(entry.record)
    if text != entry.text:
        pairs = zip(text.splitlines(), entry.text.splitlines(), strict=False)
        line = next((n for n, (ours, theirs) in enumerate(pairs, 1) if ours != theirs), 1)
        yield Problem(
            entry.path,
            line,
            "warning",
            "the layout is not the format's; the next command writes it so, comments into the log",
            _rewrite(entry.record.id),
        )


def worked_out(entry: Entry, _: Act) -> Iterator[Problem]:
    """Fields with the name of what desk works out itself, unless an import brought them."""
    record = entry.record
    names = articles.WORKED_OUT if isinstance(record, Article) else lifecycle.WORKED_OUT
    for name in record.head.keys() & names.keys():
        if not any(event.text("source") and name in event.change for event in record.log):
            line = codec.line_of(entry.text, name)
            what = "a field" if entry.hidden else repr(name)
            sentence = f"{what} is no field to write: desk works it out itself; take it out"
            yield Problem(entry.path, line, "warning", sentence)


def statuses(entry: Entry, _: Act) -> Iterator[Problem]:
    """A hold without its reason, or a reason without the hold."""
    record = entry.record
    waiting = record.text("waiting_for")
    fits = waiting in model.WAITING_FOR if record.status == "on_hold" else not waiting
    if not isinstance(record, Ticket) or fits:
        return
    right = (
        f"'waiting_for' goes with status on_hold, not {record.status}"
        if record.status != "on_hold"
        else f"status on_hold needs 'waiting_for': {', '.join(model.WAITING_FOR)}"
    )
    yield Problem(entry.path, codec.line_of(entry.text, "status"), "error", right)


def titles(entry: Entry, _: Act) -> Iterator[Problem]:
    """A record whose title says nothing, which no command would have left so."""
    if not entry.record.title.strip():
        line = codec.line_of(entry.text, "title")
        sentence = "the title is empty; write what the record is about"
        yield Problem(entry.path, line, "error", sentence)


def numbers(entry: Entry, _: Act) -> Iterator[Problem]:
    """An event that somebody took out.

    Where a merge made one event of two that a rule wrote, the higher `n` may be missing.
    """
    missing = _missing(entry.record.log)
    if missing:
        sentence = f"event {missing} is missing; a log only grows, bring it back from git"
        yield Problem(entry.path, codec.line_of(entry.text, "log"), "error", sentence)


def _missing(log: Iterable[Event]) -> int | None:
    """The first number that no event has, other than one that a merge may have left out."""
    expected, left_out = 1, 0
    for n, by_rule in sorted((event.n, bool(event.rule)) for event in log):
        left_out -= max(n - expected, 0)
        if left_out < 0:
            return expected
        expected = n + 1
        left_out += by_rule
    return None


def times(entry: Entry, act: Act) -> Iterator[Problem]:
    """No log at all, events before the opening, or from the future, which a wrong clock wrote."""
    if not entry.record.log:
        yield Problem(entry.path, None, "warning", "it has no log: nothing tells how it came to be")
    opened = entry.record.opened if isinstance(entry.record, Ticket) else None
    early = [event.n for event in entry.record.log if opened and event.when < opened]
    if early:
        numbers = ", ".join(map(str, early))
        sentence = f"events {numbers} lie before the opening; durations count from that"
        yield Problem(entry.path, codec.line_of(entry.text, "opened"), "warning", sentence)
    for position, event in enumerate(entry.record.log):
        if event.when - act.at > timedelta(days=1):
            line = codec.line_of(entry.text, "log", position, "at")
            when = "" if entry.hidden else f": {event.at}"
            yield Problem(entry.path, line, "warning", f"event {event.n} lies ahead{when}")


def approval(entry: Entry, act: Act) -> Iterator[Problem]:
    """A published article whose text nobody but its authors has approved."""
    if isinstance(entry.record, Article):
        wrong = articles.why_unapproved(entry.record, act.policy)
        if wrong:
            wrong = "its approval does not hold" if entry.hidden else wrong
            line = codec.line_of(entry.text, "status")
            yield Problem(
                entry.path, line, "warning", f"{wrong}; retire it and `desk kb submit` it again"
            )


def clashes(entry: Entry, _: Act) -> Iterator[Problem]:
    """Texts of an article of which a merge has left one version out."""
    if isinstance(entry.record, Article):
        for name, event in articles.clashes(entry.record).items():
            sentence = f"two clones changed the same lines of {name!r}; event {event.n} stands"
            line = codec.line_of(entry.text, name)
            way = "look at its log, then edit it, or `desk kb renew`"
            yield Problem(entry.path, line, "warning", f"{sentence}: {way}")


RECORD_CHECKS: tuple[Callable[[Entry, Act], Iterable[Problem]], ...] = (
    hand_edits,
    layout,
    worked_out,
    titles,
    statuses,
    numbers,
    times,
    approval,
    clashes,
)

# --- the whole desk ------------------------------------------------------------------------


def links(briefs: dict[str, Brief], act: Act) -> Iterator[Problem]:
    """Links to nowhere, and links that only one of the two records has, as far as can be read."""
    for brief in briefs.values():
        for how, other_id in brief.links:
            inverse = model.INVERSE_LINKS.get(how)
            other = briefs.get(other_id)
            if inverse is None:
                sentence = f"link {how!r} is unknown; {nearest(how, model.INVERSE_LINKS)}"
                sentence = "a link of it is unknown" if brief.hidden else sentence
                yield Problem(brief.path, None, "error", sentence)
            elif other is None:
                sentence = f"{how} {other_id}: there is no such record"
                sentence = "a link of it leads to no record" if brief.hidden else sentence
                yield Problem(brief.path, None, "error", sentence)
            elif (inverse, brief.id) not in other.links and not other.damaged:
                sentence = f"{how} {other_id}, but that has no `{inverse} {brief.id}`"
                sentence = "a link of it has no other side" if brief.hidden else sentence
                fix = _mend_link(other_id, inverse, brief.id, act)
                yield Problem(brief.path, None, "error", sentence, fix)


def _mend_link(record_id: str, how: str, other: str, act: Act) -> Fix:
    def mend(transaction: Transaction) -> None:
        record = transaction.read(record_id)
        transaction.replace(lifecycle.with_link(record, act, how, other))

    return mend


def unknown_names(briefs: dict[str, Brief], act: Act) -> Iterator[Problem]:
    """Names that desk.yaml does not know, once each with the first record that has it."""
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], str] = {}
    for brief in briefs.values():
        for name, value in brief.names.items():
            # For whom it is, is told to those who may not read it, as by every command.
            if not brief.hidden or name == "audience":
                counts[name, value] += 1
                first.setdefault((name, value), brief.path)
            elif value not in act.policy.known(name):
                yield Problem(brief.path, None, "warning", f"its {name} is not in desk.yaml")
    for (name, value), count in counts.items():
        if value not in act.policy.known(name):
            others = f" (and {count - 1} more)" if count > 1 else ""
            sentence = f"{name} {value!r}{others} is not in desk.yaml"
            yield Problem(first[name, value], None, "warning", sentence)


def mentions(briefs: dict[str, Brief], act: Act) -> Iterator[Problem]:
    """Ids in the text of an article that no record has."""
    for brief in briefs.values():
        for one, line in brief.mentions.items():
            if one.startswith(("KB-", f"{act.policy.prefix}-")) and one not in briefs:
                sentence = f"the text names {one}: there is no such record"
                sentence = "the text names a record that is not there" if brief.hidden else sentence
                yield Problem(brief.path, line, "warning", sentence)


def externals(briefs: dict[str, Brief], _: Act) -> Iterator[Problem]:
    """Outside numbers that several records have."""
    by_number: defaultdict[str, list[Brief]] = defaultdict(list)
    for brief in briefs.values():
        if brief.external:
            by_number[brief.external].append(brief)
    for number, several in by_number.items():
        for brief in several[1:]:
            own = "its external" if brief.hidden else f"external {number!r}"
            hidden = brief.hidden or several[0].hidden
            others = "another record" if hidden else several[0].id
            sentence = f"{own} is that of {others} too"
            yield Problem(brief.path, None, "warning", sentence)


def policy_files(briefs: dict[str, Brief], act: Act) -> Iterator[Problem]:
    """What desk.yaml names outside of itself: calendars of holidays, plans for major incidents."""
    for calendar in act.policy.promises.calendars.values():
        try:
            calendar.days_off  # noqa: B018 - it is read when it is asked for
        except DamagedError as error:
            yield _damage(error, error.path)
    for rule in act.policy.rules.majors:
        fits = [one for one in briefs if one.startswith("KB-") and rule.plan.upper() in one]
        if rule.plan and len(fits) != 1:
            sentence = f"plan {rule.plan} of the major incident {rule.name} is no article here"
            yield Problem(store.POLICY_FILE, None, "warning", sentence)


def views(desk: Desk, act: Act, fields: Collection[str]) -> Iterator[Problem]:
    """Queries of desk.yaml that cannot be understood, or ask for other fields than records have."""
    text, as_of = desk.text(store.POLICY_FILE), AsOf(act.at, act.policy.promises)
    for name in act.policy.views:
        level = "error"
        try:
            asked = query.parse([f"@{name}"], lambda: [act.by], lambda: as_of, act.policy.views)
            level = "warning"
            asked.check_fields(fields)
        except UsageError as error:
            line = codec.line_of(text, "views", name)
            yield Problem(store.POLICY_FILE, line, level, str(error))


DESK_CHECKS: tuple[Callable[[dict[str, Brief], Act], Iterable[Problem]], ...] = (
    links,
    unknown_names,
    mentions,
    externals,
    policy_files,
)


def mend(desk: Desk, found: Iterable[Problem], act: Act) -> int:
    """Apply the fix of each problem that has one, in one transaction; returns how many it could."""
    fixable = [problem.fix for problem in found if problem.fix]
    mended = 0
    if fixable:
        with desk.changing(act.at, act.by) as transaction:
            for fix in fixable:
                with suppress(
                    *ManyError.ONE_RECORD, store.IdTakenError
                ):  # what is left is found again
                    fix(transaction)
                    mended += 1
    return mended
