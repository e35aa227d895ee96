"""`status:open team:network or "two words"` to a filter of tickets, or of articles.

The syntax is read in `terms`, what one condition asks in `conditions`; here they come together,
with the views of desk.yaml.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from desk import conditions, model, terms
from desk.conditions import HAS, TICKETS, Asker, Kind, Test
from desk.errors import Place, UsageError, nearest
from desk.fields import AsOf, canonical
from desk.model import ENDED, LIVE, STATUSES, Record, Ticket
from desk.terms import All, Either, Node, Not, Phrase, Term, View, mistake

# What a word on the command line must look like to be taken for (a part of) an id.
_ID_PART = re.compile(
    r"([a-z][a-z0-9]{0,7}-)?\d{6}-[a-z0-9]{1,5}|(?=.*\d)(?=.*[a-z])[a-z0-9]{4,5}",
    re.IGNORECASE | re.ASCII,
)
# Fields that a ticket hardly has before it ends, and verbs that end it or come later.
_OF_ENDED = frozenset(("closed", "resolved", "code", "solution", "score"))
_ENDING = frozenset(("resolve", "close", "cancel", "survey"))
_NO_NAMES = frozenset(("none", "me", "open"))
# What a policy can ask of the program at most, so that it neither hangs nor runs out of stack.
_MOST_VIEWS, _DEEPEST = 100, 5


class Filter:
    """What a query asks of tickets.

    `matches` tells whether a ticket fulfils it; `empty` is that all do; `ended` that it asks for
    tickets that ended, so that not only live ones are to be looked at; `text` is what was typed.
    """

    def __init__(self, tree: Node, asker: Asker, text: str) -> None:
        """Raises UsageError for a value that its field cannot have."""
        self._tree, self._asker = tree, asker
        self.matches: Test = _compiled(tree, asker)
        self.empty = tree == All(())
        self.ended = any(_asks_for_ended(term, negated) for term, negated in _terms_of(tree))
        self.text = text

    def at(self, moment: datetime) -> "Filter":
        """The same filter as of another moment than the asker's."""
        then = self._asker.as_of()._replace(now=moment)
        return Filter(self._tree, self._asker._replace(as_of=lambda: then), self.text)

    def among(
        self, tickets: Iterable[Ticket], names: set[str], moment: datetime | None = None
    ) -> Iterator[Ticket]:
        """Those that match, as they stood at `moment` if that is given.

        The names of all fields seen on the way are added to `names`.
        """
        return filter(self.judge(names, moment), tickets)

    def judge(self, names: set[str], moment: datetime | None = None) -> Callable[[Ticket], bool]:
        """A function that tells for one ticket what `among` tells for many."""
        matches = (self.at(moment) if moment and not self.empty else self).matches

        def fits(ticket: Ticket) -> bool:
            names.update(ticket.head)
            stood = model.as_of(ticket, moment) if moment and not self.empty else ticket
            return self.empty or ("opened" in stood.head and matches(stood))

        return fits

    @property
    def tree(self) -> Node:
        """What was asked, without the names of views."""
        return self._tree

    @property
    def of_words(self) -> bool:
        """Whether it asks for nothing but words."""
        return not any(_terms_of(self._tree))

    @property
    def phrases(self) -> list[Phrase]:
        """The words that may stand."""
        found = _leaves(self._tree)
        return [leaf for leaf, negated in found if isinstance(leaf, Phrase) and not negated]

    def wanted(self) -> list[tuple[str, str]]:
        """Each (field, value) that is wanted as it stands, folded."""
        return [
            (term.field, value.text.casefold())
            for term, negated in _terms_of(self._tree)
            for value in term.values
            if not negated and value.sign == "="
        ]

    def doubts(self, known: Callable[[str], Collection[str]]) -> Iterator[tuple[str, Place]]:
        """What is said of each value that is none of those `known` of its field, and its place.

        Of a field with a list in desk.yaml; of others `known` gives nothing.
        """
        for term, _ in _terms_of(self._tree):
            values = known(canonical(term.field))
            words = {word.casefold() for name in values for word in (name, *name.split("/"))}
            for value in term.values if values else ():
                if value.sign == "=" and value.text.casefold() not in words | _NO_NAMES:
                    said = f"{term.field} {value.text!r} is not in desk.yaml"
                    yield f"{said}; {nearest(value.text, values)}", value.place

    def place_of_me(self) -> Place | None:
        """Where `me` stands as a person, None where it does not."""
        values = (
            value
            for term, _ in _terms_of(self._tree)
            for value in term.values
            if canonical(term.field) in self._asker.kind.people
        )
        me = (value.place for value in values if value.text == "me" and not value.quoted)
        return next(me, None)

    def check_fields(self, custom: Collection[str]) -> None:
        """Raise UsageError for a field that neither desk has nor is among the `custom` ones."""
        kind = self._asker.kind
        for term, _ in _terms_of(self._tree):
            if wrong := _unknown(term.field, kind.asked, custom, kind):
                start = term.place.start
                mistake(wrong, term.place._replace(end=start + len(term.field)))
            for value in term.values if term.field == HAS else ():
                if wrong := _unknown(value.text, (*kind.fields, *kind.verbs), custom, kind):
                    mistake(wrong, value.place)


def parse(
    arguments: Sequence[str],
    me: Callable[[], Sequence[str]],
    as_of: Callable[[], AsOf],
    views: Mapping[str, str] | None = None,
    kind: Kind = TICKETS,
    of_phrase: Callable[[Phrase], Test] | None = None,
) -> Filter:
    """The filter that the terms of a command line mean.

    `me` tells by which names who asks goes, their id first, `as_of` when, `views` the queries
    that desk.yaml has by name, `of_phrase` how words are looked for.
    Raises UsageError, with the place, for what cannot be understood.
    """
    tree = _Views(views or {}, kind).in_place(terms.parse(arguments, kind.asked))
    return Filter(tree, Asker(me, as_of, kind, of_phrase), " ".join(arguments))


def is_text(argument: str, kind: Kind = TICKETS) -> bool:
    """Whether an argument asks for nothing but words. Raises UsageError as `parse` does."""
    tree = terms.parse([argument], kind.asked)
    parts = tree.parts if isinstance(tree, All) else (tree,)
    return all(isinstance(part, Phrase) for part in parts)


class _Views:
    """Puts the queries of desk.yaml in place of their names."""

    def __init__(self, texts: Mapping[str, str], kind: Kind) -> None:
        self._texts, self._asked, self._used = texts, kind.asked, 0

    def in_place(self, node: Node, within: tuple[str, ...] = ()) -> Node:
        """The tree without names of views; `within` are those that the node stands in."""
        if isinstance(node, View):
            return self._view(node, within)
        if isinstance(node, Not):
            return Not(self.in_place(node.inner, within))
        if isinstance(node, All | Either):
            return type(node)(tuple(self.in_place(part, within) for part in node.parts))
        return node

    def _view(self, view: View, within: tuple[str, ...]) -> Node:
        if view.name not in self._texts:
            known = nearest(view.name, self._texts)
            mistake(f"desk.yaml has no view {view.name!r}; {known}", view.place)
        self._used += 1
        if view.name in within:
            way = ", ".join(f"@{name}" for name in (*within, view.name))
            mistake(f"this view goes in a circle: {way}", view.place)
        if self._used > _MOST_VIEWS or len(within) == _DEEPEST:
            mistake(f"a query uses {_MOST_VIEWS} views at most, {_DEEPEST} deep", view.place)
        source = f"view @{view.name} of desk.yaml"
        tree = terms.parse_text(self._texts[view.name], self._asked, source)
        return self.in_place(tree, (*within, view.name))


def _compiled(node: Node, asker: Asker) -> Test:
    """The tree as one function; what is cheap to look at comes first."""
    if isinstance(node, Term):
        return conditions.of_term(node, asker)
    if isinstance(node, Phrase):
        return asker.of_phrase(node) if asker.of_phrase else conditions.of_phrase(node, asker)
    if isinstance(node, Not):
        inner = _compiled(node.inner, asker)
        return lambda record: not inner(record)
    if isinstance(node, View):
        raise TypeError(f"{node} has not been put in its place")
    tests = [_compiled(part, asker) for part in sorted(node.parts, key=_cost)]
    return _every(tests) if isinstance(node, All) else _some(tests)


def _every(tests: Sequence[Test]) -> Test:
    def every(record: Record) -> bool:
        for test in tests:  # noqa: SIM110 - twice as quick as all() of a generator
            if not test(record):
                return False
        return True

    return every


def _some(tests: Sequence[Test]) -> Test:
    def some(record: Record) -> bool:
        for test in tests:  # noqa: SIM110 - twice as quick as any() of a generator
            if test(record):
                return True
        return False

    return some


def _cost(node: Node) -> int:
    return max((conditions.cost(leaf) for leaf, _ in _leaves(node)), default=0)


def _leaves(node: Node, *, negated: bool = False) -> Iterator[tuple[Term | Phrase, bool]]:
    """Every condition, and whether it must not hold."""
    if isinstance(node, Not):
        yield from _leaves(node.inner, negated=not negated)
    elif isinstance(node, All | Either):
        for part in node.parts:
            yield from _leaves(part, negated=negated)
    elif isinstance(node, Term | Phrase):
        yield node, negated


def _terms_of(tree: Node) -> Iterator[tuple[Term, bool]]:
    return ((leaf, negated) for leaf, negated in _leaves(tree) if isinstance(leaf, Term))


def _asks_for_ended(term: Term, negated: bool) -> bool:  # noqa: FBT001 - as _leaves gives it
    named = {value.text.casefold() for value in term.values if value.sign == "="}
    if term.field == "status":
        statuses = {status for value in term.values for status in _statuses(value)}
        live, ended = {*LIVE} & statuses, {*ENDED} & statuses
        return len(live) == len(LIVE) and len(ended) < len(ENDED) if negated else bool(ended)
    if negated:
        return False
    if term.field == HAS:
        return bool(named & (_OF_ENDED | _ENDING))
    return term.field in _OF_ENDED and any(value.sign != "none" for value in term.values)


def _statuses(value: terms.Value) -> Iterable[str]:
    """The statuses that fit a value."""
    wanted = value.text.casefold()
    if value.sign == "=":
        return LIVE if wanted == "open" else (wanted,)
    return (status for status in STATUSES if value.sign in ("~", "*") and wanted in status)


def names_record(word: str) -> bool:
    """Whether a word is meant for an id: a whole one, or a part that has a digit in it."""
    return bool(_ID_PART.fullmatch(word))


def check_names(names: Iterable[str], custom: Collection[str], kind: Kind = TICKETS) -> None:
    """Raise UsageError for a field that neither desk has nor is among the `custom` ones."""
    for name in names:
        if wrong := _unknown(name, (*kind.fields, "tag"), custom, kind):
            raise UsageError(wrong)


def _unknown(name: str, own: Sequence[str], custom: Collection[str], kind: Kind) -> str:
    """What is wrong with a name that is none of those, empty if it is one."""
    known = {*custom} - {*kind.fields}  # whose parts, if they have any, are among them
    if canonical(name) in own or name in own or {name, name.partition(".")[0]} & known:
        return ""
    return f"no {kind.name} has a field {name!r}; {nearest(name, (*own, *sorted(custom)))}"
