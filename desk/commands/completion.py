"""What completes a TERM, and the scripts by which shells ask for it.

click's own scripts do not suffice for `field:value`: bash cuts words at colons, zsh puts a space
behind every completion, fish's stops at a comma.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import click
from click import shell_completion
from click.shell_completion import CompletionItem

from desk import terms
from desk.conditions import REQUESTER
from desk.errors import DeskError, UsageError
from desk.policy import KNOWN_FIELDS, KNOWN_FIELDS_OF_ARTICLES, Policy
from desk.session import Session
from desk.terms import Phrase, Term, View

if TYPE_CHECKING:
    from desk.conditions import Kind

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' completion value response
    response=$(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_CURRENT="$2" \
%(complete_var)s=bash_complete $1)
    COMPREPLY=()
    while IFS= read -r completion; do
        value=${completion#*,}
        case ${completion%%%%,*} in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
        [[ $value == *[:.] ]] && compopt -o nospace
    done <<< "$response"
    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""
_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a response plain begun described
    local type key descr
    (( ! $+commands[%(prog_name)s] )) && return 1

    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \
%(complete_var)s=zsh_complete %(prog_name)s)}")

    for type key descr in ${response}; do
        case $type in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain)
                if [[ "$descr" != "_" ]]; then
                    described+=("$key":"$descr")
                elif [[ "$key" == *[:.] ]]; then
                    begun+=("$key")
                else
                    plain+=("$key")
                fi ;;
        esac
    done

    [[ -n "$described" ]] && _describe -V unsorted described -U
    [[ -n "$begun" ]] && compadd -U -S '' -V unsorted -a begun
    [[ -n "$plain" ]] && compadd -U -V unsorted -a plain
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""
_FISH = """\
function %(complete_func)s;
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) \
COMP_CWORD=(commandline -t) %(prog_name)s);

    for completion in $response;
        set -l metadata (string split --max 1 "," $completion);

        if test $metadata[1] = "dir";
            __fish_complete_directories $metadata[2];
        else if test $metadata[1] = "file";
            __fish_complete_path $metadata[2];
        else if test $metadata[1] = "plain";
            echo $metadata[2];
        end;
    end;
end;

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)";
"""


class _Bash(shell_completion.BashComplete):
    """Takes the line as it was typed, and gives back what stands behind bash's last cut."""

    source_template = _BASH
    _cut, _quote = "", ""

    def get_completion_args(self) -> tuple[list[str], str]:
        line, current = os.environ.get("COMP_LINE", ""), os.environ.get("COMP_CURRENT", "")
        words = shell_completion.split_arg_string(line)
        if not words:  # asked by a script that click made
            return super().get_completion_args()
        begins = line[-1].isspace() and not words[-1].endswith(line[-1])
        begun = "" if begins else words.pop()
        self._quote = re.sub(_WHOLE, "", line)[:1].strip("\\")
        for known in (current, *shell_completion.split_arg_string(current)[-1:]):
            if begun.endswith(known):
                self._cut = begun.removesuffix(known)
                break
        return words[1:], begun

    def format_completion(self, item: CompletionItem[str]) -> str:
        value = item.value.removeprefix(self._cut)
        if _IMPOSSIBLE[self._quote] & {*value}:
            return ""
        acting = _ACTING[self._quote]
        escaped = "".join("\\" + one if one in acting else one for one in value)
        # Readline takes one that ends so for closed already.
        closed = '"' if self._quote == '"' == value[-1:] else ""
        return f"{item.type},{escaped}{closed}"


class _Zsh(shell_completion.ZshComplete):
    source_template = _ZSH


class _Fish(shell_completion.FishComplete):
    source_template = _FISH


# What a line begins with that has no quotes open.
_WHOLE = re.compile(r"""\A(?:[^'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")*""", re.DOTALL)
# By the quotes that are open: what bash acts on without a backslash, and what none helps.
_ACTING = {"": " \t!\"#$&'()*;<>?[\\]^`{|}", "'": "", '"': '$`"\\'}
_IMPOSSIBLE: dict[str, frozenset[str]] = {"": frozenset(), "'": frozenset("'"), '"': frozenset("!")}


def register() -> None:
    """Let click complete by these scripts."""
    for one in (_Bash, _Zsh, _Fish):
        shell_completion.add_completion_class(one)


# --- what completes a TERM -----------------------------------------------------------------

_TIMES = ("today", "yesterday", "7d..", "30d..", "none")
_AHEAD = ("today", "tomorrow", "..4h", "..3d", "none")
# What is typed is read as if one more letter stood behind it, and what closes its quotes.
_LETTER = "x"
_CLOSED_BY = ("", '"', "”")


class _Asked(NamedTuple):
    """What is completed: a query of a kind of records, in a run of the program."""

    session: Session
    kind: "Kind"

    @property
    def policy(self) -> Policy:
        """The desk's policy."""
        return self.session.desk.policy

    @property
    def custom(self) -> list[str]:
        """The names of the fields of live tickets that are not desk's own."""
        if self.kind.name != "ticket":
            return []
        names = self.session.index.live_field_names()
        return [name for name in names if name.partition(".")[0] not in self.kind.fields]


def complete_terms(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Fields, values and views with which the last condition of a query may go on."""
    from desk.conditions import TICKETS

    return _offered(_conditions(begun, _Asked(context.ensure_object(Session), TICKETS)))


def complete_article_terms(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The same where articles are asked for."""
    from desk.conditions import of_articles

    return _offered(_conditions(begun, _Asked(context.ensure_object(Session), of_articles())))


def _offered(found: Iterable[str]) -> list[str]:
    """What of it can be shown; a TAB outside of any desk, or where one is damaged, says nothing."""
    from desk.render import safe

    with suppress(DeskError, OSError):
        return [one for one in found if safe(one) == one]
    return []


def _conditions(begun: str, asked: _Asked) -> Iterator[str]:
    """What the query may be with its last condition completed."""
    for closing in _CLOSED_BY:
        with suppress(UsageError):
            for end in terms.at_the_end(begun + _LETTER + closing, asked.kind.asked):
                found = list(_completed(begun, end, closing, asked))
                if found:
                    yield from found
                    return


def _completed(begun: str, end: Term | Phrase | View, closing: str, asked: _Asked) -> Iterator[str]:
    if isinstance(end, Term):
        yield from _with_value(begun, end, closing, asked)
    elif not closing:
        yield from _with_name(begun, end.place.start, asked)


def _with_name(begun: str, start: int, asked: _Asked) -> Iterator[str]:
    """The query with the name of a field, or of a view, in place of what begins there."""
    before, typed = begun[:start], begun[start:]
    if before[-1:].strip(" \t\n\u3000-(（"):
        return  # what stands there is whole
    for name in (*asked.kind.asked, *asked.custom):
        completed = f"{before}{name}:"
        if name.startswith(typed) and _ends_in(completed + _LETTER, name, _LETTER, asked):
            yield completed
    yield from (f"{before}@{view}" for view in asked.policy.views if f"@{view}".startswith(typed))


def _with_value(begun: str, term: Term, closing: str, asked: _Asked) -> Iterator[str]:
    """The query with a value in place of the last of that term, which is not in it already.

    That one is in quotes that are still open if `closing` would close them.
    """
    *given, last = term.values
    if closing and last.sign != "=":
        return
    before = begun[: last.place.start]
    typed = (last.text.removesuffix(_LETTER) if closing else begun[len(before) :]).casefold()
    stand = {value.text.casefold() if value.sign == "=" else value.sign for value in given}
    for value, is_word in _values(term.field, asked):
        folded = value.casefold()
        is_begun = folded.startswith(typed) or folded.rpartition("/")[2].startswith(typed)
        if is_begun and folded not in stand:
            if not is_word:
                yield from _with_text(before, term.field, value, closing, asked)
            elif not closing and not (given and value == "none"):
                yield before + value


def _with_text(before: str, field: str, text: str, closing: str, asked: _Asked) -> Iterator[str]:
    """The query with that text as its last value, in quotes where it needs them.

    None where the language cannot say it, such as a text that begins with a space.
    """
    is_me = text.casefold() == "me" and field in asked.kind.people
    if terms.is_bare(text) and not is_me and not closing:
        yield before + text
        return
    # A bracket would take what is typed behind it for its own.
    needs_quotes = closing or is_me or any(one in text for one in "()（）")
    forms = (terms.quoted(text),) if needs_quotes else (text, terms.quoted(text))
    meant = (form for form in forms if _ends_in(before + form, field, text, asked))
    yield from (before + form for form in islice(meant, 1))


def _ends_in(query: str, field: str, value: str, asked: _Asked) -> bool:
    """Whether a query ends in that field with that very text as its last value."""
    try:
        end = next(terms.at_the_end(query, asked.kind.asked), None)
    except UsageError:
        return False
    if not isinstance(end, Term) or end.place.end != len(query):
        return False
    last = end.values[-1]
    return (end.field, last.sign, last.text) == (field, "=", value)


def _values(field: str, asked: _Asked) -> Iterator[tuple[str, bool]]:
    """The values that a field may have, and whether each is a word of the language of queries."""
    from desk.conditions import HAS, LINKED
    from desk.fields import TIMES
    from desk.model import INVERSE_LINKS

    kind, policy = asked.kind, asked.policy
    words: Iterable[str] = ()
    names: Iterable[str] = ()
    if field in kind.closed:
        words = kind.closed[field] if field == "status" else (*kind.closed[field], "none")
    elif field in TIMES:
        words = _AHEAD if field in ("due", "until", "review_by") else _TIMES
    elif field == HAS:
        words, names = dict.fromkeys((*kind.verbs, *kind.fields)), asked.custom
    elif field == LINKED:
        words = (*INVERSE_LINKS, "none")
    elif field == REQUESTER and field in kind.people:
        words, names = ("me", "none"), _standing("requester.name", asked)
    elif field in kind.people:
        words = ("me", "none")
        names = (*policy.people, *(policy.teams if field == "holder" else ()))
    elif field in (*KNOWN_FIELDS, *KNOWN_FIELDS_OF_ARTICLES, "code"):
        names = policy.known(field) or _standing(field, asked)
    else:
        names = _standing(field, asked)
    yield from ((word, True) for word in words)
    yield from ((name, False) for name in names)
    if not words:
        yield "none", True


def _standing(field: str, asked: _Asked) -> list[str]:
    """What stands in that field of live tickets, each text once, whatever its case."""
    from desk.fields import LOGGED, OF_MOMENTS, field_value, texts

    if asked.kind.name != "ticket" or field in LOGGED or field in OF_MOMENTS:
        return []
    tickets = asked.session.index.tickets(lambda _: None, every=False, among="live")
    found: dict[str, str] = {}
    for ticket in tickets:
        for text in texts(field_value(ticket, field)):
            found.setdefault(text.casefold(), text)
    return [found[folded] for folded in sorted(found)]


# --- what completes the names of fields in an option ---------------------------------------


def complete_columns(context: click.Context, option: click.Parameter, begun: str) -> list[str]:
    """The fields of tickets with which a list of them may go on."""
    from desk.conditions import TICKETS

    return _offered(_lists(begun, option, _Asked(context.ensure_object(Session), TICKETS)))


def complete_article_columns(
    context: click.Context, option: click.Parameter, begun: str
) -> list[str]:
    """The same of articles."""
    from desk.conditions import of_articles

    return _offered(_lists(begun, option, _Asked(context.ensure_object(Session), of_articles())))


def complete_groups(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """What figures may be grouped by."""
    from desk.conditions import TICKETS
    from desk.fields import DERIVED
    from desk.periods import TIME_FIELDS

    asked = _Asked(context.ensure_object(Session), TICKETS)
    names = (name for name in (*TIME_FIELDS, *_fields(asked)) if name not in DERIVED)
    return _offered(name for name in names if name.startswith(begun))


def _lists(begun: str, option: click.Parameter, asked: _Asked) -> Iterator[str]:
    """The lists of fields that end in each that may come next; to sort by with its dash."""
    before, comma, typed = begun.rpartition(",")
    dash = "-" if option.name == "sort" and typed.startswith("-") else ""
    given = {name.strip().lstrip("-") for name in before.split(",")}
    for name in _fields(asked):
        if name.startswith(typed.removeprefix(dash)) and name not in given and "," not in name:
            yield f"{before}{comma}{dash}{name}"


def _fields(asked: _Asked) -> tuple[str, ...]:
    return (*asked.kind.fields, "tag", *asked.custom)
