"""A knowledge article as a Markdown file: front matter, title, links and pictures (pure).

Links are found by a CommonMark parser: what stands in code, in a comment or behind a backslash
is no link, and a definition at the end of a file is one for every reference to it.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from desk import yamlreader, yamltext
from desk.errors import DamagedError
from desk.model import Value

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT = re.compile(r"---[ \t]*\n(?P<front>(?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
# What front matter begins with even where it is damaged: a key.
_ENTRY = re.compile(r"""[\w"'][^:]*:(?:\s|\Z)""")
_UNCLOSED = re.compile(r"""---[ \t]*\n(?:[ \t]*(?:#.*)?\n)*[ \t]*[\w"'][^:\n]*:(?:\s|\Z)""")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
LINK, PICTURE = "link", "picture"


class Document(NamedTuple):
    """What a Markdown file says: its front matter, the comments in that, and the text behind it.

    It `is_unclosed` where it begins as front matter does and no line ends that: all is text.
    """

    front: Mapping[str, Value]
    comments: tuple[str, ...]
    body: str
    is_unclosed: bool = False


def parse(text: str) -> Document:
    r"""The parts of a file's text, whose lines end in \n or \r\n.

    What is no mapping between two lines of --- is text between thematic breaks. Raises
    DamagedError where front matter is not in the YAML that a record may have.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    match = _FRONT.match(text)
    if not match:
        return Document({}, (), text, is_unclosed=bool(_UNCLOSED.match(text)))
    block, body = match["front"], text[match.end() :]
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    begins = next((line for line in lines if line[0] != "#"), "")
    if not begins:
        return Document({}, tuple(lines), body)
    try:
        front = yamlreader.parse(block)
    except DamagedError as error:
        if not _ENTRY.match(begins):
            return Document({}, (), text)
        line = None if error.line is None else error.line + 1
        raise DamagedError(f"its front matter: {error.problem}", line=line) from error
    if not isinstance(front, dict):
        return Document({}, (), text)
    return Document(front, tuple(yamlreader.comments(block)), body)


def text_of(front: Mapping[str, Value], body: str) -> str:
    """The text of a file with that front matter, which `parse` takes apart again."""
    lines: list[str] = []
    for name, value in front.items():
        yamltext.write_field(lines, "", name, value)
    return "\n".join(("---", *lines, "---", body))


# --- what stands in the text ---------------------------------------------------------------


class Reference(NamedTuple):
    """A link or a picture in a text, `target` as it stands there."""

    kind: str
    target: str


class Reading(NamedTuple):
    """The first heading of the first level (or of any), and every reference in order."""

    heading: str
    references: tuple[Reference, ...]


def read(body: str) -> Reading:
    """What a text in Markdown holds."""
    tokens = _parser().parse(body)
    return Reading(_heading(tokens), tuple(_references(tokens)))


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # which takes long, and few commands need it

    class Counting(MarkdownIt):
        """Takes whatever is written as a link for one: nothing here follows it."""

        def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802 - the library's name
            return True

        def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's name
            return url

    return Counting("commonmark").enable("table")


def _heading(tokens: "list[Token]") -> str:
    places = [place for place, token in enumerate(tokens) if token.type == "heading_open"]
    found = [(tokens[place].tag, _plain(tokens[place + 1])) for place in places]
    told = [(tag, text) for tag, text in found if text]
    return next((text for tag, text in told if tag == "h1"), told[0][1] if told else "")


def _plain(inline: "Token") -> str:
    """The text of a heading without its marks."""
    parts = (
        " " if child.type in ("softbreak", "hardbreak") else child.content
        for child in inline.children or ()
        if child.type != "html_inline"
    )
    return " ".join("".join(parts).split())


def _references(tokens: "list[Token]") -> Iterator[Reference]:
    for token in tokens:
        if token.type == "html_block":
            yield from _in_html(token.content)
        for child in token.children or ():
            if child.type == "link_open":
                yield Reference(LINK, str(child.attrGet("href") or ""))
            elif child.type == "image":
                yield Reference(PICTURE, str(child.attrGet("src") or ""))
            elif child.type == "html_inline":
                yield from _in_html(child.content)


def _in_html(text: str) -> list[Reference]:
    from html.parser import HTMLParser

    found: list[Reference] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            given = dict(attrs)
            if tag == "a" and given.get("href") is not None:
                found.append(Reference(LINK, given["href"]))
            elif tag == "img" and given.get("src") is not None:
                found.append(Reference(PICTURE, given["src"]))

        def parse_marked_section(self, i: int, report: int = 1) -> int:  # noqa: ARG002
            return self.parse_bogus_comment(i)  # which HTMLParser has for `<![`, and fails on

    Tags().feed(text)
    return found


# --- where a reference leads ---------------------------------------------------------------

HERE, ELSEWHERE, OUTSIDE = "here", "elsewhere", "outside"


def place_of(target: str, path: str) -> tuple[str, str]:
    """Where a target in the file at `path` leads: HERE (to a part of the same file), ELSEWHERE
    (an address with its scheme), OUTSIDE (of the folder), else empty with the path that is meant.

    Paths are relative to the folder; one that begins with a stroke is so too.
    """
    target = target.strip()
    if _SCHEME.match(target):
        return ELSEWHERE, ""
    named = unquote(re.split(r"[?#]", target, maxsplit=1)[0])
    if not named:
        return HERE, ""
    joined = (
        named.lstrip("/") if named[0] == "/" else posixpath.join(posixpath.dirname(path), named)
    )
    normal = posixpath.normpath(joined)
    if normal == ".." or normal.startswith("../"):
        return OUTSIDE, ""
    return "", "" if normal == "." else normal


def is_safe_path(path: str) -> bool:
    """Whether a file below a folder may have that path: no part hidden, odd, or leading out."""
    parts = path.split("/")
    return len(parts) <= _DEEPEST and all(
        part[:1] not in ("", ".")
        and part.isprintable()
        and "\\" not in part
        and len(part.encode("utf-8", "replace")) <= _LONGEST
        for part in parts
    )


_DEEPEST = 32
_LONGEST = 200


def slug(title: str) -> str:
    """A title as the name of a file, empty where it has no letter."""
    words = re.findall(r"\w+", title.lower())
    return "-".join(words)[:60].strip("-_")
