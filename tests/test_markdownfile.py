"""Articles as Markdown files: front matter, links and pictures, where they lead."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import markdownfile
from desk.errors import DamagedError
from desk.markdownfile import Document, Reference, place_of, read
from tests.conftest import SHARED
from tests.strategies import keys, texts, values

# --- front matter --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# VPN\n", Document({}, (), "# VPN\n")),
        ("", Document({}, (), "")),
        ("---\ntitle: 卡纸\ntags: [a, 1]\n---\n\nText",
         Document({"title": "卡纸", "tags": ["a", 1]}, (), "\nText")),
        ("---\r\na: no\r\n---\r\nx\r\ny\r", Document({"a": "no"}, (), "x\ny\n")),
        ("---\n---\nText\n", Document({}, (), "Text\n")),
        ("---\n# one\n\n  # two\n...\nText\n", Document({}, ("# one", "# two"), "Text\n")),
        ("---\na: 1 # why\n---", Document({"a": 1}, ("# why",), "")),
        ("---\nA rule, and no end of it.\n", Document({}, (), "---\nA rule, and no end of it.\n")),
        ("---\nA rule.\n\n---\nx\n", Document({}, (), "---\nA rule.\n\n---\nx\n")),
        ("---\n# One\n- a: b\n---\n", Document({}, (), "---\n# One\n- a: b\n---\n")),
        ("---\n*Note*: [a]: b\n---\n", Document({}, (), "---\n*Note*: [a]: b\n---\n")),
        ("---\n\n{a: 1}\n---\nx", Document({"a": 1}, (), "x")),
        ('---\n"a b": 1\n---\nx', Document({"a b": 1}, (), "x")),
        ("----\na: 1\n----\n", Document({}, (), "----\na: 1\n----\n")),
        ("---\na: |\n  ---\n---\nx", Document({"a": "---\n"}, (), "x")),
        (" ---\na: 1\n---\n", Document({}, (), " ---\na: 1\n---\n")),
        ("---\n# why\n\ntitle: x\n\nText",
         Document({}, (), "---\n# why\n\ntitle: x\n\nText", True)),
        ("---\nA rule.\nAnd so: on\n", Document({}, (), "---\nA rule.\nAnd so: on\n")),
    ],
)  # fmt: skip
def test_the_parts_of_a_file(text: str, expected: Document):
    assert markdownfile.parse(text) == expected


@pytest.mark.parametrize(
    ("block", "line", "problem"),
    [
        ("a: 1\na: 2\n", 3, "key 'a' stands twice; keep one of them"),
        ("a: &x 1\nb: *x\n", 2, "anchor &x is not allowed; write each value out"),
        ("a: !!python/object:x 1\n", 2,
         "tag tag:yaml.org,2002:python/object:x is not allowed; quote the text if it is one"),
        ("a: [\n", 3, "this is not YAML: did not find expected node content"),
    ],
)  # fmt: skip
def test_front_matter_that_is_refused(block: str, line: int, problem: str):
    with pytest.raises(DamagedError) as caught:
        markdownfile.parse(f"---\n{block}---\ntext\n")
    assert caught.value.line == line
    assert caught.value.problem.endswith(problem)


@given(st.dictionaries(keys(), values(), max_size=5), texts(200).filter(lambda t: "\r" not in t))
def test_what_is_written_is_read_again(front: dict[str, object], body: str):
    text = markdownfile.text_of(front, body)  # type: ignore[arg-type]
    assert markdownfile.parse(text) == Document(front, (), body)  # type: ignore[arg-type]


# --- links and pictures --------------------------------------------------------------------


def test_links_and_pictures_in_order():
    assert read("""\
Before the heading: [one](<a b.md> "title").

## A smaller one

# VPN **drops** after `an hour` [again](two.md)

[three][ref], [ref], [ref][], ![four](img/四.png), [![five](five.png)](six.md)
<a href="seven.html?x=1&amp;y=2">x</a> <IMG src='eight.png' alt="x"> <https://nine.example>

| a | b |
|---|---|
| [ten](ten.md) | `[no](no.md)` |

<div>
<p><a
 href=eleven.md>x</a></p>
</div>

> - [twelve](javascript:alert(1))

[ref]: ../ref.md#part 'x'
""") == (
        "VPN drops after an hour again",
        (
            Reference("link", "a b.md"),
            Reference("link", "two.md"),
            *[Reference("link", "../ref.md#part")] * 3,
            Reference("picture", "img/四.png"),
            Reference("link", "six.md"),
            Reference("picture", "five.png"),
            Reference("link", "seven.html?x=1&y=2"),
            Reference("picture", "eight.png"),
            Reference("link", "https://nine.example"),
            Reference("link", "ten.md"),
            Reference("link", "eleven.md"),
            Reference("link", "javascript:alert(1)"),
        ),
    )


def test_what_only_looks_like_a_link():
    assert read("""\
`[a](b.md)` \\[a](b.md) [a] (b.md) [a][nowhere] <!-- [a](b.md) <a href=b.md> --> https://x.example

```
[a](b.md)
```

    [a](b.md)

<!--
[a](b.md) <img src="b.png">
-->
""") == ("", ())


@pytest.mark.parametrize(
    ("body", "heading"),
    [
        ("## Two\n\n### Three\n", "Two"),
        ("Setext\n======\n", "Setext"),
        ("```\n# no\n```\n", ""),
        ("# \n\n# Second\n", "Second"),
        ("#no\n# yes #\n", "yes"),
        ("# ![logo](x.png) a <b>c</b>\n", "logo a c"),
    ],
)  # fmt: skip
def test_the_heading(body: str, heading: str):
    assert read(body).heading == heading


@pytest.mark.parametrize(
    ("target", "where", "path"),
    [
        ("c.md", "", "a/c.md"),
        ("./c.md#part", "", "a/c.md"),
        ("../x/y%20z.md?q", "", "x/y z.md"),
        ("/x.md", "", "x.md"),
        ("..", "", ""),
        ("../..", "outside", ""),
        ("../../etc/passwd", "outside", ""),
        ("/../etc/passwd", "outside", ""),
        ("%2e%2e/%2e%2e/etc", "outside", ""),
        ("#part", "here", ""),
        ("", "here", ""),
        ("?x", "here", ""),
        ("https://a.example/b.md", "elsewhere", ""),
        ("mailto:a@b.example", "elsewhere", ""),
        ("//a.example/b", "elsewhere", ""),
        ("中文.md", "", "a/中文.md"),
    ],
)
def test_where_a_target_leads(target: str, where: str, path: str):
    assert place_of(target, "a/b.md") == (where, path)


@given(texts(120), texts(40))
def test_no_target_leads_out_of_the_folder(target: str, folder: str):
    where, path = place_of(target, f"{folder.strip('/.') or 'a'}/b.md")
    assert not where or path == ""
    assert not path.startswith(("/", "../"))
    assert path != ".."


@given(texts(300))
def test_any_text_is_read(text: str):
    heading, references = read(text)
    assert "\n" not in heading
    assert all(isinstance(one.target, str) for one in references)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="needs the naughty strings in ../shared")
def test_naughty_strings():
    strings = json.loads((SHARED / "data" / "naughty_strings.json").read_text(encoding="utf-8"))
    for one in strings:
        body = f"# {one}\n\n[{one}]({one}) ![x](<{one}>)\n"
        read(body)
        front = {"title": one, one[:90]: one} if one else {}
        text = markdownfile.text_of(front, body)
        assert markdownfile.parse(text) == (front, (), body.replace("\r", "\n"), False)


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("a.md", True), ("a/b c/文.md", True), ("../a.md", False), ("a/../b.md", False),
        ("/a.md", False), (".git/config", False), ("a//b", False), ("", False), ("a\\b", False),
        ("a\nb", False), ("a" * 201, False), ("/".join("a" * 33), False),
    ],
)  # fmt: skip
def test_paths_that_a_file_may_have(path: str, safe: bool):
    assert markdownfile.is_safe_path(path) is safe


@pytest.mark.parametrize(
    ("title", "expected"),
    [("VPN drops!", "vpn-drops"), ("打印机 卡纸?", "打印机-卡纸"), ("../..", ""), ("_x_", "x")],
)
def test_a_title_as_a_file_name(title: str, expected: str):
    assert markdownfile.slug(title) == expected


def test_html_that_its_reader_fails_on_holds_what_it_holds():
    text = '# A\n\n<div>\n<![foo]>\n<a href="b.md">b</a>\n</div>\n'
    assert [one.target for one in markdownfile.read(text).references] == ["b.md"]
