"""Text in Markdown, shown to be inert by GitHub's own parser."""

import re
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import example, given
from hypothesis import strategies as st

from desk import markdown, render
from tests import strategies

EXTENSIONS = ["table", "autolink", "strikethrough", "tasklist"]
ZERO_WIDTH = "\u200b"
# What GitHub looks for in the text after it was parsed.
AFTERWARDS = re.compile(r"@\w|#\d|\bGH-\d|://|\bwww\.", re.IGNORECASE)


class Page(HTMLParser):
    """The tags of a page and the texts of its innermost elements."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        html = cmarkgfm.markdown_to_html_with_extensions(
            source,
            options=Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES,
            extensions=EXTENSIONS,
        )
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, _: object) -> None:
        self.tags.add(tag)
        if tag in ("th", "td", "h2", "code"):
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data


def squeezed(text: str) -> str:
    """As a browser shows it: white space at the ends is nothing, else one space."""
    return " ".join(text.replace(ZERO_WIDTH, "").split())


ACTING = (
    "a|b", r"a\|b", r"a\\|b", "\\", "a\\", "<b>x</b>", "<!-- x -->", "<script>", "&amp;", "&lt;b>",
    "&#124;", "`x`", "``", "`|`", "[x](http://x.de)", "![x](y.png)", "[x]", "[x]: y", "[^1]", "*x*",
    "**x**", "_x_", "__x__", "a_b_c", "_", "~~x~~", "$x$", "https://x.de", "ftp://x.de/a?b=c#d",
    "http://中文.cn", "www.x.de", "WWW.X.DE", "li@example.com", "mailto:li@example.com",
    "xmpp:li@example.com", "@chen", "@org/team", "a@b", "#12", "x/y#12", "GH-12", "gh-7", "# x",
    "- x", "1. x", "---", ":--", "| - |", "    x", "\tx", "  ", "", "> x", "```", "- [ ] x",
    "\x1b[31m", "\u202ex", "a\nb", "a\r\nb", "\u2028", "李伟：电话|打不通", "\x00", "\ufeff",
    "x\u00a0", "&", "<", "\\@x",
    "\\#1", "@_x", "::", "://", "#1#2", "@a@b", "http://a_b_c.de/_x_",
)  # fmt: skip


@pytest.mark.parametrize("text", ACTING)
def test_nothing_acts_in_a_cell_of_a_table(text: str):
    page = Page(render.markdown_table([[text, "x", text]], ("a", text, "c")))
    assert page.tags == {"table", "thead", "tbody", "tr", "th", "td"}
    shown = squeezed(render.safe(text))
    assert [squeezed(one) for one in page.texts] == ["a", shown, "c", shown, "x", shown]
    assert not [one for one in page.texts if AFTERWARDS.search(one)]


@given(st.lists(st.text("\\`*_[]<>&|~$#@:/wgh-.1a \n()!^{}") | strategies.texts(), max_size=4))
def test_no_text_acts_in_a_cell_of_a_table(texts: list[str]):
    headers = [str(number) for number in range(len(texts))]
    page = Page(render.markdown_table([texts], headers))
    assert page.tags <= {"table", "thead", "tbody", "tr", "th", "td"}
    shown = [squeezed(render.safe(text)) for text in texts]
    assert [squeezed(one) for one in page.texts] == [*headers, *shown]
    assert not [one for one in page.texts if AFTERWARDS.search(one)]


@given(strategies.texts(200) | st.text("`~\n x", max_size=30))
@example("```\n# x\n````")
def test_lines_stand_in_a_block_as_they_are(text: str):
    text = render.safe(text, lines=True)
    page = Page(f"before\n\n{markdown.fenced(text)}\n## after\n")
    assert page.tags == {"p", "pre", "code", "h2"}
    code = page.texts[0].rstrip("\n")
    assert code == text.rstrip("\n")
    assert page.texts[1].strip() == "after"


def test_what_cannot_act_stays_as_it_is():
    for text in (
        "in_progress", "T-261121-7K3FQ", "2026-11-21T09:00:00+08:00", "(hardware/printer)",
        "C# and 100 %", "a - b, c: d", "李伟 – 财务部", "first_response_median",
    ):  # fmt: skip
        assert markdown.escaped(text) == text.replace("#", r"\#")


def test_columns_stand_below_each_other():
    assert render.markdown_table([["打印机", "x|y"], ["VPN", ""]], ("标题", "a")) == (
        "| 标题   | a    |\n| ------ | ---- |\n| 打印机 | x\\|y |\n| VPN    |      |\n"
    )
    assert render.markdown_table([], ("a",)) == "| a   |\n| --- |\n"
    assert render.markdown_table([[]], ()) == ""
