"""The text of a query to a tree of conditions: its syntax, not what the fields mean.

    either = both { "or" both }
    both   = one { ["and"] one }
    one    = ["-"] ( "(" either ")" | "@"view | field ":" value { "," value } | phrase | word )
    value  = "none" | "*" | ["~" | "<" | "<=" | ">" | ">="] text | [text] ".." [text]

A phrase is in quotes, a text may be. Full-width brackets, quotes and commas count as ASCII
ones, and so does the comma of Chinese lists; a full-width colon does behind a field of desk's
own. docs/queries.md says it for people.
"""

import dataclasses
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from desk.errors import Place, UsageError
from desk.policy import VIEW_NAME

# An argument that begins so is no option but a condition that must not hold.
NEGATED = re.compile(r"-(?:[^\W\d][\w.-]*[:：]|[(（\"“@])")

_DEEPEST = 20
_NAME = re.compile(r"([^\W\d][\w.-]*)([:：])")
_VIEW = re.compile(rf"@({VIEW_NAME.pattern})(?=[\s)）]|\Z)")
_OPERATOR = re.compile(r"(or|and)(?=[\s()（）]|\Z)", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|“([^”]*)”', re.DOTALL)
_SIGN = re.compile(r"~|[<>]=?")
_DOTS = re.compile(r"\.\.")
_NEGATION = re.compile(r"-(?![\s)）-]|\Z)")
_NO_VALUE = re.compile(r"\s|[)）]|//|\Z")
# What needs no quotes when a query is written.
_BARE = re.compile(r"(?!(?:none|or|and)\Z)[^\W_](?:[\w/:+-]|\.(?!\.))*", re.IGNORECASE)
_OPENING, _CLOSING, _COMMAS, _QUOTES = "(（", ")）", ",，、", '"“'


@dataclass(frozen=True, slots=True)
class Value:
    """What a field is compared with, and by which `sign`.

    `=` is equal, `~` holds that text, `<` `<=` `>` `>=`; `..` is from `text` up to `upto` (empty:
    without an end); `*` is anything at all and `none` is nothing.
    """

    sign: str
    text: str
    place: Place = dataclasses.field(compare=False)
    upto: str = ""
    quoted: bool = dataclasses.field(default=False, compare=False)

    def __str__(self) -> str:
        if self.sign in ("*", "none"):
            return self.sign
        if self.sign == "..":
            return f"{_shown(self.text)}..{_shown(self.upto)}"
        return f"{'' if self.sign == '=' else self.sign}{_shown(self.text)}"


@dataclass(frozen=True, slots=True)
class Term:
    """One of the values stands in the field."""

    field: str
    values: tuple[Value, ...]
    place: Place = dataclasses.field(compare=False)

    def __str__(self) -> str:
        return f"{self.field}:{','.join(map(str, self.values))}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """These words, one behind the other."""

    words: tuple[str, ...]
    place: Place = dataclasses.field(compare=False)
    quoted: bool = dataclasses.field(default=False, compare=False)

    def __str__(self) -> str:
        return literal(" ".join(self.words))


@dataclass(frozen=True, slots=True)
class View:
    """A query that desk.yaml has under a name."""

    name: str
    place: Place = dataclasses.field(compare=False)

    def __str__(self) -> str:
        return f"@{self.name}"


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    inner: "Node"

    def __str__(self) -> str:
        return f"-({self.inner})" if isinstance(self.inner, Not) else f"-{self.inner}"


@dataclass(frozen=True, slots=True)
class All:
    """All of these hold; with no parts, everything fits."""

    parts: "tuple[Node, ...]"

    def __str__(self) -> str:
        return f"({' '.join(map(str, self.parts))})" if self.parts else ""


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these holds."""

    parts: "tuple[Node, ...]"

    def __str__(self) -> str:
        return f"({' or '.join(map(str, self.parts))})"


Node: TypeAlias = Term | Phrase | View | Not | All | Either


@dataclass(frozen=True, slots=True)
class _Mark:
    """A bracket, `or`, `and`, or the dash of a negation."""

    kind: str
    place: Place


_Token: TypeAlias = Term | Phrase | View | _Mark


def parse(arguments: Sequence[str], own: Collection[str]) -> Node:
    """The tree of a query that came as the arguments of a command line.

    `own` are the fields that desk itself has. An argument with spaces that holds no more than
    `field:value` or words is that one value, or that phrase: so the shell kept it together.
    Raises UsageError with the place of what cannot be understood.
    """
    line, start = " ".join(arguments), 0
    tokens: list[_Token] = []
    for argument in arguments:
        tokens += _argument(_Lexer(line, start, start + len(argument), own))
        start += len(argument) + 1
    return _Parser(tokens).query()


def parse_text(text: str, own: Collection[str], source: str = "") -> Node:
    """The tree of a query in one text, where spaces part conditions; raises as `parse` does.

    `source` says what the text is, for the sentence about a mistake in it.
    """
    return _Parser(list(_Lexer(text, 0, len(text), own, source).tokens())).query()


def at_the_end(argument: str, own: Collection[str]) -> Iterator[Term | Phrase | View]:
    """What an argument ends in, in the one or two ways in which it may go on.

    First as it is understood by now; then as one more condition behind others, which it may be
    if more follows. None where it ends in an operator or a bracket. Raises UsageError as `parse`
    does.
    """
    understood = _argument(_Lexer(argument, 0, len(argument), own))[-1:]
    yield from (end for end in understood if not isinstance(end, _Mark))
    apart = list(_Lexer(argument, 0, len(argument), own).tokens())[-1:]
    yield from (end for end in apart if end not in understood and not isinstance(end, _Mark))


def literal(text: str) -> str:
    """The text such that a query takes it for words to find, whatever it looks like."""
    plain = _BARE.fullmatch(text) and not _NAME.match(text)
    return text if plain or not text.strip() else quoted(text)


def _shown(text: str) -> str:
    """A value as it stands in a query, in quotes where it would be something else without."""
    return text if not text or is_bare(text) else quoted(text)


def is_bare(text: str) -> bool:
    """Whether a text needs no quotes to be a value."""
    return bool(_BARE.fullmatch(text))


def quoted(text: str) -> str:
    """The text in quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mistake(sentence: str, place: Place) -> NoReturn:
    """Raise the UsageError that says what is wrong at a place of a query."""
    raise UsageError(f"{place.source}: {sentence}" if place.source else sentence, place)


def _argument(lexer: "_Lexer") -> Sequence[_Token]:
    """What one argument holds: one value or phrase with spaces, or else all that stands in it."""
    tokens = list(lexer.tokens())
    dash = tokens[:1] if tokens and isinstance(tokens[0], _Mark) and tokens[0].kind == "-" else []
    bare = [one for one in tokens[len(dash) :] if isinstance(one, Term | Phrase)]
    first, others = bare[:1], bare[1:]
    if not others or len(dash + bare) < len(tokens) or not all(map(_is_word, others)):
        return tokens
    if isinstance(first[0], Term) and not any(value.quoted for value in first[0].values):
        return [*dash, lexer.whole_term(first[0])]
    if _is_word(first[0]) and not dash:
        return [lexer.whole_phrase(first[0].place.start)]
    return tokens


def _is_word(token: _Token) -> bool:
    return isinstance(token, Phrase) and not token.quoted


class _Lexer:
    """Cuts one part of a line into conditions, operators and brackets."""

    def __init__(
        self, line: str, start: int, end: int, own: Collection[str], source: str = ""
    ) -> None:
        self._line, self._at, self._end = line, start, end
        self._own, self._source = own, source

    def tokens(self) -> Iterator[_Token]:
        """What stands there, one after the other."""
        while self._skip_spaces():
            yield self._token()

    def whole_term(self, first: Term) -> Term:
        """The term, whose last value goes on to the end with its spaces."""
        self._at = first.place.start + len(first.field) + 1
        return self._term(first.field, first.place.start, spaces=True)

    def whole_phrase(self, start: int) -> Phrase:
        """All from there to the end as one phrase."""
        return self._phrase(self._line[start : self._end], start)

    def _skip_spaces(self) -> bool:
        """Go on behind spaces; whether anything is left."""
        while self._here().isspace():
            self._at += 1
        return bool(self._here())

    def _here(self) -> str:
        """The character at hand, empty at the end."""
        return self._line[self._at] if self._at < self._end else ""

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Go on behind what fits the pattern here, if it does."""
        match = pattern.match(self._line, self._at, self._end)
        if match:
            self._at = match.end()
        return match

    def _from(self, start: int) -> Place:
        return Place(self._line, start, self._at, self._source)

    def _token(self) -> _Token:
        start, here = self._at, self._here()
        if here in _OPENING + _CLOSING:
            self._at += 1
            return _Mark("(" if here in _OPENING else ")", self._from(start))
        if self._take(_NEGATION):
            return _Mark("-", self._from(start))
        if here in _QUOTES:
            return self._phrase(self._in_quotes(), start, quoted=True)
        if match := self._take(_OPERATOR):
            return _Mark(match[1].lower(), self._from(start))
        if match := self._take(_VIEW):
            return View(match[1], self._from(start))
        if name := self._field():
            return self._term(name, start)
        return self._phrase(self._bare(), start)

    def _field(self) -> str:
        """The field that a name and a colon here stand for, empty where they are mere text."""
        match = _NAME.match(self._line, self._at, self._end)
        if not match:
            return ""
        has_value = match[2] == ":" and not _NO_VALUE.match(self._line, match.end(), self._end)
        if match[1] not in self._own and not has_value:
            return ""
        self._at = match.end()
        return match[1]

    def _phrase(self, text: str, start: int, *, quoted: bool = False) -> Phrase:
        words = tuple(text.split())
        if not words:
            mistake("nothing stands between these quotation marks", self._from(start))
        return Phrase(words, self._from(start), quoted)

    def _in_quotes(self) -> str:
        match = self._take(_QUOTED)
        if not match:
            self._at += 1
            mistake("this quotation mark is never closed", self._from(self._at - 1))
        if match[1] is None:
            return match[2]
        return re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL)

    def _bare(self, *, value: bool = False, spaces: bool = False, dots: bool = False) -> str:
        """The text up to a space or closing bracket, of a value up to a comma or `..`."""
        start, depth = self._at, 0
        while here := self._here():
            if (here.isspace() and not spaces) or (value and here in _COMMAS and not depth):
                break
            if (here in _CLOSING and not depth) or (dots and self._line.startswith("..", self._at)):
                break
            depth += (here in _OPENING) - (here in _CLOSING)
            self._at += 1
        return self._line[start : self._at]

    def _term(self, name: str, start: int, *, spaces: bool = False) -> Term:
        values = list(self._value(spaces=spaces))
        while self._here() and self._here() in _COMMAS:
            self._at += 1
            values += self._value(spaces=spaces)
        if not values:
            shown = f"{self._line[start : self._at].rstrip()!r}"
            mistake(f"{shown} has no value; write {name}:VALUE or {name}:none", self._from(start))
        return Term(name, tuple(values), self._from(start))

    def _value(self, *, spaces: bool) -> Iterator[Value]:
        """The value that stands here, if one does."""
        if spaces:
            self._skip_spaces()
        start = self._at
        sign = match[0] if (match := self._take(_SIGN)) else ""
        quoted = bool(self._here()) and self._here() in _QUOTES
        text, upto = self._text(spaces=spaces, dots=not sign), ""
        if not sign and self._take(_DOTS):
            sign = ".."
            quoted |= bool(self._here()) and self._here() in _QUOTES
            upto = self._text(spaces=spaces)
        if sign and not text and not upto:
            mistake(f"{sign!r} has nothing to compare with", self._from(start))
        if not sign and not quoted and text.casefold() in ("none", "*"):
            sign, text = text.casefold(), ""
        if sign or text:
            yield Value(sign or "=", text, self._from(start), upto, quoted)

    def _text(self, *, spaces: bool, dots: bool = False) -> str:
        if self._here() and self._here() in _QUOTES:
            return self._in_quotes().strip()
        return self._bare(value=True, spaces=spaces, dots=dots).strip()


_BETWEEN = "{!r} stands between two conditions; in quotes it is a word to find"
_LACKS = {
    "or": _BETWEEN.format("or"),
    "and": _BETWEEN.format("and"),
    "(": "nothing stands in this bracket",
    ")": "this bracket closes none; text that holds one goes in quotes",
    "-": "nothing stands behind this dash",
}


class _Parser:
    """Builds the tree from tokens, by recursive descent."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = [*tokens, _Mark("end", Place("", 0, 0))]
        self._at, self._depth = 0, 0

    def query(self) -> Node:
        """The whole tree."""
        found = All(()) if self._mark("end") else self._either(None)
        if mark := self._mark(")"):
            mistake(_LACKS[")"], mark.place)
        return found

    def _mark(self, *kinds: str) -> _Mark | None:
        """The operator or bracket at hand, if it is one of these."""
        token = self._tokens[self._at]
        return token if isinstance(token, _Mark) and token.kind in kinds else None

    def _either(self, behind: _Mark | None) -> Node:
        """Conditions with `or` between them; `behind` is the operator or bracket before them."""
        parts = [self._both(behind)]
        while mark := self._mark("or"):
            self._at += 1
            parts.append(self._both(mark))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self, behind: _Mark | None) -> Node:
        parts = [self._one(behind)]
        while not self._mark("or", ")", "end"):
            mark = self._mark("and")
            self._at += mark is not None
            parts.append(self._one(mark))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, behind: _Mark | None) -> Node:
        token = self._tokens[self._at]
        if stop := self._mark("or", "and", ")", "end"):
            lacking = behind or stop
            mistake(_LACKS[lacking.kind], lacking.place)
        self._at += 1
        if not isinstance(token, _Mark):
            return token
        return Not(self._one(token)) if token.kind == "-" else self._bracket(token)

    def _bracket(self, opening: _Mark) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            mistake(f"brackets stand in each other {_DEEPEST} deep at most", opening.place)
        inner = self._either(opening)
        if not self._mark(")"):
            mistake("this bracket is never closed", opening.place)
        self._at += 1
        self._depth -= 1
        return inner
