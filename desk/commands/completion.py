"""What completes a TERM, and the scripts by which shells ask for it.

click's own scripts do not suffice for `field:value`: bash cuts words at colons, zsh puts a space
behind every completion, fish's stops at a comma.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from click import shell_completion
from click.shell_completion import CompletionItem

from desk.errors import DeskError
from desk.policy import KNOWN_FIELDS, KNOWN_FIELDS_OF_ARTICLES, Policy
from desk.session import Session

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
    _cut, _in_quotes = "", False

    def get_completion_args(self) -> tuple[list[str], str]:
        line, current = os.environ.get("COMP_LINE", ""), os.environ.get("COMP_CURRENT", "")
        words = shell_completion.split_arg_string(line)
        if not words:  # asked by a script that click made
            return super().get_completion_args()
        begins = line[-1].isspace() and not words[-1].endswith(line[-1])
        begun = "" if begins else words.pop()
        self._in_quotes = not _QUOTES_CLOSED.fullmatch(line)
        for known in (current, *shell_completion.split_arg_string(current)[-1:]):
            if begun.endswith(known):
                self._cut = begun.removesuffix(known)
                break
        return words[1:], begun

    def format_completion(self, item: CompletionItem[str]) -> str:
        value = item.value.removeprefix(self._cut)
        if self._in_quotes:  # in which bash would act on some of what stands there
            return f"{item.type},{value}" if not _ACTING.search(value) else ""
        return f"{item.type},{_SPECIAL.sub(_ESCAPED, value)}"


class _Zsh(shell_completion.ZshComplete):
    source_template = _ZSH


class _Fish(shell_completion.FishComplete):
    source_template = _FISH


_QUOTES_CLOSED = re.compile(r"""(?:[^'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")*""", re.DOTALL)
_ACTING = re.compile(r"""[$`"'\\!]""")
_SPECIAL, _ESCAPED = re.compile(r"""([\s!"#$&'()*;<>?\[\\\]^`{|}])"""), r"\\\1"


def register() -> None:
    """Let click complete by these scripts."""
    for one in (_Bash, _Zsh, _Fish):
        shell_completion.add_completion_class(one)


# --- what completes a TERM -----------------------------------------------------------------

_TIMES = ("today", "yesterday", "7d..", "30d..", "none")
_AHEAD = ("today", "tomorrow", "..4h", "..3d", "none")
_LAST = re.compile(r"[^\s(（]*\Z")
_FIELD = re.compile(r"([^\W\d][\w.-]*)[:：](?:.*[,，])?", re.DOTALL)


def complete_terms(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Fields, values and views with which the last condition of a query may go on."""
    from desk.conditions import TICKETS

    return _complete(context, begun, TICKETS)


def complete_article_terms(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The same where articles are asked for."""
    from desk.conditions import of_articles

    return _complete(context, begun, of_articles())


def _complete(context: click.Context, begun: str, kind: "Kind") -> list[str]:
    from desk.render import safe

    with suppress(DeskError):  # a TAB outside of any desk says nothing
        policy = context.ensure_object(Session).desk.policy
        place = _LAST.search(begun)
        start = place.start() if place else len(begun)
        if begun[start : start + 1] == "-":
            start += 1
        found = _conditions(begun[start:], policy, kind)
        return [begun[:start] + one for one in found if safe(one) == one]
    return []


def _conditions(begun: str, policy: Policy, kind: "Kind") -> Iterator[str]:
    """How one condition without its dash may go on."""
    match = _FIELD.match(begun)
    if match:
        typed = begun[match.end() :].casefold()
        for value in _values(match[1], policy, kind):
            if typed in (value[: len(typed)].casefold(), value.rpartition("/")[2][: len(typed)]):
                yield match[0] + value
        return
    for words in ((f"{field}:" for field in kind.asked), (f"@{view}" for view in policy.views)):
        yield from (word for word in words if word.startswith(begun))


def _values(field: str, policy: Policy, kind: "Kind") -> Iterable[str]:
    """The values that a field may have, as far as no record must be read for them."""
    from desk.conditions import HAS, LINKED
    from desk.fields import TIMES
    from desk.model import INVERSE_LINKS

    if field in kind.closed:
        return kind.closed[field] if field == "status" else (*kind.closed[field], "none")
    if field in TIMES:
        return _AHEAD if field in ("due", "until", "review_by") else _TIMES
    if field == HAS:
        return dict.fromkeys((*kind.verbs, *kind.fields))
    if field == LINKED:
        return (*INVERSE_LINKS, "none")
    if field in kind.people:
        teams = policy.teams if field == "holder" else ()
        return ("me", "none", *policy.people, *teams)
    known = (
        policy.known(field) if field in (*KNOWN_FIELDS, *KNOWN_FIELDS_OF_ARTICLES, "code") else ()
    )
    return (*known, "none")
