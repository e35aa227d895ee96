"""desk kb import and export: what comes in, what is said of it, and that it comes back."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk import codec, markdownexport, markdownimport, store
from desk.folder import Folder
from desk.lifecycle import Act
from desk.model import Article
from tests.conftest import NOW, SHARED, policy_text
from tests.strategies import texts
from tests.support import POLICY, Shell

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
NAME = store.picture_name(PNG, "x.png")
VPN = """\
---
title: VPN 断线
category: vpn
tags: vpn, remote
audience: public
status: published
rack: 12
---
# Not the title

See [the list](../README.md#vpn), [wifi][w] and [this](https://vpn.example).
![menu](img/menu.png) ![gone](img/gone.png)

[w]: wifi.md
"""


class Tree:
    """A folder of files beside a desk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, path: str, content: str | bytes) -> None:
        """Write a file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def files(self) -> dict[str, bytes]:
        """Every file's path and bytes."""
        found = sorted(path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Three articles that point to each other, a picture, and a file of another kind."""
    made = Tree(tmp_path / "docs")
    made.put("README.md", "Start with [VPN](net/vpn.md) or [all](net) or [x](#x) or [l](LICENSE).")
    made.put("net/vpn.md", VPN)
    made.put("net/wifi.md", "## 无线网\r\n连接不上时重启路由器。\r\n[back](..) [out](../../x.md)")
    made.put("net/img/menu.png", PNG)
    made.put("LICENSE", "MIT")
    return made


def imported(shell: Shell, tree: Tree, *words: str, **more: str) -> dict[str, dict[str, Any]]:
    """Import the folder; the rows of the report by file."""
    ran = shell.run("kb", "import", str(tree.root), *words, "-f", "json", **more)
    return {row["file"]: row for row in json.loads(ran.out)}


def article(shell: Shell, record_id: str) -> Article:
    return store.as_article(store.Desk(str(shell.root)).read(record_id))


# --- in ------------------------------------------------------------------------------------


def test_a_folder_in_full(shell: Shell, tree: Tree):
    ran = shell.run("kb", "import", str(tree.root), "-f", "json")
    assert (ran.code, ran.err) == (0, """\
4 files: 3 articles created, 0 changed, 0 unchanged; 0 refused, 1 left (no Markdown, \
or a link)
9 links: 4 to articles, 1 within their file, 2 to other files of the folder, 1 to addresses, \
1 out of the folder
2 pictures: 1 kept, 1 missing
""")  # fmt: skip
    rows = json.loads(ran.out)
    readme, vpn, wifi = (row["id"] for row in rows[1:])
    nothing = {"found": 0, "kept": 0, "elsewhere": 0, "outside": 0, "refused": 0, "missing": 0}
    no_links = {"found": 0, "articles": 0, "here": 0, "files": 0, "elsewhere": 0, "outside": 0,
                "broken": 0}  # fmt: skip
    assert rows == [
        {"file": "LICENSE", "id": None, "title": None, "outcome": "left",
         "because": "no Markdown, and no text shows it", "links": no_links, "pictures": nothing,
         "unresolved": [], "notes": []},
        {"file": "README.md", "id": readme, "title": "README", "outcome": "created",
         "because": None, "links": {**no_links, "found": 4, "articles": 1, "here": 1, "files": 2},
         "pictures": nothing, "unresolved": [], "notes": []},
        {"file": "net/vpn.md", "id": vpn, "title": "VPN 断线", "outcome": "created",
         "because": None, "links": {**no_links, "found": 3, "articles": 2, "elsewhere": 1},
         "pictures": {**nothing, "found": 2, "kept": 1, "missing": 1},
         "unresolved": ["img/gone.png"], "notes": []},
        {"file": "net/wifi.md", "id": wifi, "title": "无线网", "outcome": "created",
         "because": None, "links": {**no_links, "found": 2, "articles": 1, "outside": 1},
         "pictures": nothing, "unresolved": ["../../x.md"], "notes": []},
    ]  # fmt: skip
    body = VPN.rpartition("---\n")[2]
    assert dict(article(shell, vpn).head) == {
        "id": vpn, "title": "VPN 断线", "status": "draft", "audience": "public",
        "category": "network/vpn", "tags": ["vpn", "remote"], "owner": "chen",
        "links": [f"related {readme}", f"related {wifi}"], "external": "net/vpn.md",
        "pictures": {"img/menu.png": NAME}, "rack": 12, "body": body,
    }  # fmt: skip
    head = article(shell, wifi).head
    assert (head["language"], head["body"]) == (
        "zh", "## 无线网\n连接不上时重启路由器。\n[back](..) [out](../../x.md)"
    )  # fmt: skip
    assert [event.did for event in article(shell, vpn).log] == ["new"]
    assert (shell.root / "kb/files" / NAME).read_bytes() == PNG
    assert shell.done("check").err == "4 files, 0 errors, 0 warnings\n"
    assert shell.done("show", "net/vpn.md").out.startswith(f"{vpn}  VPN 断线\n")


def test_a_table_for_people(shell: Shell, tree: Tree):
    tree.put("net/vpn.md", VPN.replace("rack: 12", "rack: 12 # why"))
    shell.done("kb", "import", str(tree.root))
    out = shell.done("kb", "import", str(tree.root)).out
    rows = [line.split("  ") for line in out.splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    ids = {one[0]: one[1] for one in cells[2:]}
    assert cells == [
        ["file", "id", "outcome", "title", "links", "pictures", "because", "unresolved", "notes"],
        ["LICENSE", "left", "no Markdown, and no text shows it"],
        ["README.md", ids["README.md"], "unchanged", "README", "1 articles, 1 here, 2 files"],
        ["net/vpn.md", ids["net/vpn.md"], "unchanged", "VPN 断线", "2 articles, 1 elsewhere",
         "1 kept, 1 missing", "img/gone.png", "not kept, comments of its front matter: # why"],
        ["net/wifi.md", ids["net/wifi.md"], "unchanged", "无线网", "1 articles, 1 outside",
         "../../x.md"],
    ]  # fmt: skip


def test_again_changes_nothing_and_a_changed_file_is_an_edit(shell: Shell, tree: Tree):
    first = imported(shell, tree)
    before = shell.files()
    again = imported(shell, tree, at="2026-11-22T09:00:00+08:00")
    assert {row["outcome"] for row in again.values()} == {"unchanged", "left"}
    assert shell.files() == before
    wifi = first["net/wifi.md"]["id"]
    tree.put("net/wifi.md", "---\nrack: 7\n---\n# Wifi\n![m](img/menu.png) [v](vpn.html)\n")
    rows = imported(shell, tree, at="2026-11-22T09:00:00+08:00", who="lin")
    assert {name: row["outcome"] for name, row in rows.items()} == {
        "LICENSE": "left", "README.md": "unchanged", "net/vpn.md": "unchanged",
        "net/wifi.md": "changed",
    }  # fmt: skip
    event = article(shell, wifi).log[-1]
    assert codec.event_as_dict(event) == {
        "n": 2, "at": "2026-11-22T09:00:00+08:00", "by": "lin", "did": "edit",
        "change": {
            "rack": [None, 7], "title": ["无线网", "Wifi"],
            "body": ["## 无线网\n连接不上时重启路由器。\n[back](..) [out](../../x.md)",
                     "# Wifi\n![m](img/menu.png) [v](vpn.html)\n"],
            "pictures": [None, {"img/menu.png": NAME}],
        },
        "source": "markdown",
    }  # fmt: skip
    assert shell.done("check").err == "4 files, 0 errors, 0 warnings\n"


def test_what_the_desk_changed_is_not_overwritten_unasked(shell: Shell, tree: Tree):
    vpn = imported(shell, tree)["net/vpn.md"]["id"]
    shell.done("kb", "edit", vpn, "--set", "body=Ours.", "--set", "category=wifi")
    before = shell.files()
    assert imported(shell, tree)["net/vpn.md"]["outcome"] == "unchanged"
    assert shell.files() == before, "the file says nothing new"
    tree.put("net/vpn.md", VPN.replace("# Not", "# Still not").replace("remote", "far"))
    row = imported(shell, tree)["net/vpn.md"]
    assert (row["outcome"], row["because"]) == (
        "refused",
        f"body of {vpn} changed on the desk since it was last imported, and in the file too; "
        "settle it there, or --force takes what the file says",
    )
    assert shell.files() == before
    assert imported(shell, tree, "--force")["net/vpn.md"]["outcome"] == "changed"
    head = article(shell, vpn).head
    assert (head["tags"], head["category"]) == (["vpn", "far"], "network/vpn")
    assert str(head["body"]).startswith("# Still not")


def test_a_changed_file_of_a_published_article_is_reviewed_again(shell: Shell, tree: Tree):
    vpn = imported(shell, tree)["net/vpn.md"]["id"]
    shell.done("kb", "submit", vpn)
    shell.done("kb", "approve", vpn, who="zhao")
    tree.put("net/img/menu.png", PNG + b"!")
    imported(shell, tree)
    assert shell.head(vpn, "status") == ["review"]
    assert len(list((shell.root / "kb/files").iterdir())) == 2, "no picture is ever overwritten"


def test_links_of_a_file_that_comes_later(shell: Shell, tree: Tree):
    shell.done("kb", "import", str(tree.root))
    tree.put("new.md", "# New\n[v](net/vpn.md)\n")
    rows = imported(shell, tree)
    new, vpn = rows["new.md"]["id"], rows["net/vpn.md"]["id"]
    assert rows["net/vpn.md"]["outcome"] == "changed"
    assert f"related {vpn}" in article(shell, new).items("links")
    assert article(shell, vpn).log[-1].did == "link"
    assert shell.done("check").err == "5 files, 0 errors, 0 warnings\n"


def test_a_link_that_somebody_took_out_stays_out(shell: Shell, tree: Tree):
    rows = imported(shell, tree)
    vpn, wifi = rows["net/vpn.md"]["id"], rows["net/wifi.md"]["id"]
    shell.done("unlink", vpn, "related", wifi)
    before = shell.files()
    assert {row["outcome"] for row in imported(shell, tree).values()} == {"unchanged", "left"}
    assert shell.files() == before


def test_a_dry_run_writes_nothing(shell: Shell, tree: Tree):
    ran = shell.run("kb", "import", str(tree.root), "--dry-run")
    assert ran.code == 0
    assert "3 articles would be created, 0 changed" in ran.err
    assert ran.err.endswith("this was a dry run; nothing was written\n")
    assert not list((shell.root / "kb").iterdir())


def test_two_folders_with_the_same_paths(shell: Shell, tree: Tree, tmp_path: Path):
    other = Tree(tmp_path / "other")
    other.put("README.md", "# Another\n")
    first = imported(shell, tree, "--under", "docs")["README.md"]["id"]
    second = imported(shell, other, "--under", "more/docs")["README.md"]["id"]
    assert shell.head(first, "title", "external") == ["README", "docs/README.md"]
    assert shell.head(second, "title", "external") == ["Another", "more/docs/README.md"]
    for under in ("..", "a/../b", "/etc", "x/"):
        ran = shell.run("kb", "import", str(tree.root), "--under", under)
        assert (ran.code, ran.out) == (2, "")
        assert "is no path of plain names such as handbook/network" in ran.err


def test_front_matter_that_is_not_this_desks(shell: Shell, tree: Tree):
    tree.put("odd.md", """\
---
title: [a, b]
category: Networking
audience: everyone
owner: 林静
status: stable
tags: {a: 1}
language: en
review_by: 2020-01-01
log: []
symptoms: It drops.
draft: false
empty:
a:b: kept   # but this is not
id: T-1
---
# Odd
""")  # fmt: skip
    row = imported(shell, tree)["odd.md"]
    assert row["title"] == "Odd"
    assert row["notes"] == [
        "its title is none of this desk's: kept as imported_title",
        "its category is none of this desk's: kept as imported_category",
        "its audience is none of this desk's: kept as imported_audience",
        "its status is none of this desk's: kept as imported_status",
        "its tags is none of this desk's: kept as imported_tags",
        "its review_by is none of this desk's: kept as imported_review_by",
        "its id is none of this desk's: kept as imported_id",
        "not kept, comments of its front matter: # but this is not",
    ]
    assert dict(article(shell, row["id"]).head) == {
        "id": row["id"], "title": "Odd", "status": "draft", "audience": "internal",
        "language": "en", "owner": "lin", "symptoms": "It drops.", "a_b": "kept",
        "draft": False, "external": "odd.md", "imported_audience": "everyone",
        "imported_category": "Networking", "imported_id": "T-1",
        "imported_review_by": "2020-01-01", "imported_status": "stable",
        "imported_tags": {"a": 1}, "imported_title": ["a", "b"], "body": "# Odd\n",
    }  # fmt: skip
    assert imported(shell, tree)["odd.md"]["outcome"] == "unchanged"


# --- publishing ----------------------------------------------------------------------------


def test_nobody_publishes_what_nobody_reviewed(shell: Shell, tree: Tree):
    assert shell.run("kb", "import", str(tree.root), "--publish") == (
        1, "", "desk: chen may not publish articles; lin, zhao may (kb.publish in `roles`)\n"
    )  # fmt: skip
    assert shell.run("kb", "import", str(tree.root), "--publish", who="zhao") == (
        1, "", "desk: this desk has articles reviewed before they are published (`knowledge` in "
        "desk.yaml); import them as drafts and submit those\n"
    )  # fmt: skip
    assert not list((shell.root / "kb").iterdir())


def test_publishing_where_no_review_is_demanded(shell: Shell, tree: Tree):
    policy = shell.root / "desk.yaml"
    policy.write_text(POLICY + "knowledge: {review: none}\n", encoding="utf-8")
    tree.put("draft.md", "---\nstatus: draft\n---\nx\n")
    tree.put("old.md", "---\nstatus: retired\n---\nx\n")
    first = imported(shell, tree, who="zhao")
    assert shell.head(first["net/vpn.md"]["id"], "status") == ["draft"]
    assert shell.head(first["old.md"]["id"], "status") == ["retired"]
    rows = imported(shell, tree, "--publish", who="zhao")
    ids = {name: row["id"] for name, row in rows.items() if row["id"]}
    assert {name: shell.head(one, "status")[0] for name, one in ids.items()} == {
        "README.md": "published", "draft.md": "draft", "net/vpn.md": "published",
        "net/wifi.md": "published", "old.md": "retired",
    }  # fmt: skip
    assert shell.done("check").err == "6 files, 0 errors, 0 warnings\n"


def test_a_requester_may_not_import(shell: Shell, tree: Tree):
    policy = shell.root / "desk.yaml"
    people = "  visitor: {roles: [requester]}\nteams:\n"
    policy.write_text(POLICY.replace("teams:\n", people, 1), encoding="utf-8")
    ran = shell.run("kb", "import", str(tree.root), who="visitor")
    assert ran == (
        1, "", "desk: visitor may not write articles; chen, lin, zhao may (kb.write in `roles`)\n"
    )  # fmt: skip


# --- what is hostile -----------------------------------------------------------------------


def test_bad_files_are_named_and_the_others_come_in(shell: Shell, tree: Tree, tmp_path: Path):
    secret = tmp_path / "secret.md"
    secret.write_text("# SECRET\n", encoding="utf-8")
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "beyond").mkdir()
    (tmp_path / "beyond" / "a.md").write_text("# SECRET\n", encoding="utf-8")
    (tree.root / "link.md").symlink_to(secret)
    (tree.root / "beyond").symlink_to(tmp_path / "beyond")
    (tree.root / "pic.png").symlink_to(tmp_path / "secret.png")
    os.mkfifo(tree.root / "pipe.md")
    tree.put("latin.md", b"# Caf\xe9\n")
    tree.put("list.md", "---\n- a\n---\nx\n")
    tree.put("bomb.md", "---\na: &a [x]\nb: [*a, *a]\n---\nx\n")
    tree.put("huge.md", b"x" * (1 << 20 | 1))
    tree.put("long.md", b"x" * 700_000)
    tree.put(os.fsdecode(b"caf\xe9.md"), "x")
    tree.put(".git/hidden.md", "x")
    tree.put("twice.md", "# VPN 断线\n")
    tree.put("shows.md", "![a](pic.png) ![b](../secret.png) ![c](/etc/passwd) ![d](LICENSE) "
             "![e](big.png) ![f](x.exe) [g](link.md) [h](beyond/a.md)\n")  # fmt: skip
    tree.put("big.png", PNG + b"x" * store.MAX_PICTURE)
    tree.put("x.exe", "MZ")
    ran = shell.run("kb", "import", str(tree.root), "-f", "json")
    rows = {row["file"]: row for row in json.loads(ran.out)}
    refused = {name: row["because"] for name, row in rows.items() if row["outcome"] == "refused"}
    assert refused == {
        "bomb.md": "line 2: its front matter: anchor &a is not allowed; write each value out",
        "caf\\xe9.md": "its name is not UTF-8",
        "huge.md": "the file is over 1 MiB, which no record is",
        "latin.md": "line 1: these bytes are not UTF-8; save the file as UTF-8",
        "long.md": refused["long.md"],
        "pipe.md": "no regular file",
    }
    assert refused["long.md"].endswith("put long logs beside the desk and name them")
    assert {name for name, row in rows.items() if row["outcome"] == "left"} == {
        "LICENSE", "beyond", "big.png", "link.md", "pic.png", "x.exe",
    }  # fmt: skip
    assert (ran.code, ran.err.splitlines()[-1]) == (1, "desk: 6 of 18 files did not come in")
    shows = rows["shows.md"]
    assert shows["pictures"] == {
        "found": 6, "kept": 0, "elsewhere": 0, "outside": 1, "refused": 3, "missing": 2
    }  # fmt: skip
    assert shows["links"]["broken"] == 2
    assert shows["notes"] == ["big.png: the file is over 5 MiB, which no picture of a desk is"]
    assert len(shows["unresolved"]) == 8
    kept = b"".join(path.read_bytes() for path in (shell.root / "kb").rglob("*") if path.is_file())
    assert b"SECRET" not in kept
    assert len(list((shell.root / "kb/files").iterdir())) == 1
    assert shell.done("check").err == "7 files, 0 errors, 0 warnings\n"
    assert article(shell, rows["list.md"]["id"]).text("body") == "---\n- a\n---\nx\n"


def test_a_link_is_left_out_and_told(shell: Shell, tree: Tree, tmp_path: Path):
    (tmp_path / "a.md").write_text("# A\n", encoding="utf-8")
    (tree.root / "link.md").symlink_to(tmp_path / "a.md")
    ran = shell.done("kb", "import", str(tree.root), "-f", "json")
    (row,) = (row for row in json.loads(ran.out) if row["file"] == "link.md")
    assert (row["outcome"], row["id"], row["because"]) == (
        "left", None, "a symbolic link, which is not followed"
    )  # fmt: skip


def test_keys_that_make_one_name_are_both_kept(shell: Shell, tree: Tree):
    tree.put("odd.md", "---\na:b: 1\na,b: 2\na=b: 3\nstatus: odd\nimported_status: x\n---\nx")
    row = imported(shell, tree)["odd.md"]
    assert row["notes"] == [
        "its a,b is kept as a_b_2: another is a_b",
        "its a=b is kept as a_b_3: another is a_b",
        "its status is none of this desk's: kept as imported_status",
        "its imported_status is kept as imported_status_2: another is imported_status",
    ]
    head = article(shell, row["id"]).head
    assert {name: head[name] for name in head if "_" in name} == {
        "a_b": 1, "a_b_2": 2, "a_b_3": 3, "imported_status": "odd", "imported_status_2": "x"
    }  # fmt: skip
    assert imported(shell, tree)["odd.md"]["outcome"] == "unchanged"


def test_what_is_no_folder(shell: Shell, tmp_path: Path):
    ran = shell.run("kb", "import", str(tmp_path / "none"))
    assert ran == (
        2, "", f"desk: {tmp_path / 'none'} cannot be opened as a folder: "
        "No such file or directory\n",
    )  # fmt: skip


def test_an_empty_folder(shell: Shell, tmp_path: Path):
    (tmp_path / "docs").mkdir()
    ran = shell.run("kb", "import", str(tmp_path / "docs"))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("0 files: 0 articles created")


def test_an_id_in_front_matter_names_an_article_here(shell: Shell, tree: Tree):
    mine = shell.done("kb", "new", "Mine", "--body", "Old").out.strip()
    tree.put("a.md", f"---\nid: {mine}\ntitle: Mine\n---\nNew\n")
    tree.put("b.md", f"---\nid: {mine}\n---\nOther\n")
    tree.put("c.md", "---\nid: KB-200101-AAAAA\n---\nStrange\n")
    rows = imported(shell, tree)
    assert rows["a.md"]["outcome"] == "refused"
    assert rows["a.md"]["because"] == (
        f"body of {mine} never came from a file, and this one says something else; settle it "
        "there, or --force takes what the file says"
    )
    assert rows["c.md"]["outcome"] == "created"
    assert rows["c.md"]["id"] != "KB-200101-AAAAA"
    rows = imported(shell, tree, "--force")
    assert [rows[f"{one}.md"]["outcome"] for one in "abc"] == ["changed", "refused", "unchanged"]
    assert rows["b.md"]["because"] == f"a.md is of {mine} already"
    assert shell.head(mine, "body") == ["New\n"]


def test_a_language_that_is_no_tag_is_kept_aside(shell: Shell, tree: Tree):
    tree.put("a.md", "---\nlanguage: 中文\n---\nx")
    tree.put("b.md", "---\nlanguage: pt-BR\n---\nx")
    rows = imported(shell, tree)
    note = "its language is no tag such as zh or en: kept as imported_language"
    assert (rows["a.md"]["notes"], rows["b.md"]["notes"]) == ([note], [])
    assert shell.head(rows["a.md"]["id"], "language", "imported_language") == ["", "中文"]
    assert shell.head(rows["b.md"]["id"], "language") == ["pt-BR"]


def test_what_is_said_of_each_field_that_is_not_taken(shell: Shell, tree: Tree):
    mine = shell.done("kb", "new", "Mine", "--body", "Old", "--cause", "Dust").out.strip()
    tree.put("a.md", f"---\nid: {mine}\n---\nNew\n")
    imported(shell, tree, "--force")
    shell.done("kb", "edit", mine, "--set", "body=Ours")
    tree.put("a.md", f"---\nid: {mine}\ntitle: Mine\ncause: Age\n---\nNewer\n")
    assert imported(shell, tree)["a.md"]["because"] == (
        f"body of {mine} changed on the desk since it was last imported, and in the file too; "
        f"cause of {mine} never came from a file, and this one says something else; settle it "
        "there, or --force takes what the file says"
    )


def test_a_file_without_text_is_told(shell: Shell, tree: Tree):
    for name, text in {
        "empty": "", "blank": "\n \n", "front": "---\ntitle: x\n---\n",
        "none": "---\n---\n", "open": "---\ntitle: x\n\nText\n",
        "solved": "---\nsolution: Wait.\n---\n", "rule": "---\nText\n",
    }.items():  # fmt: skip
        tree.put(f"{name}.md", text)
    rows = imported(shell, tree, "--dry-run")
    nothing = "the article has a title and nothing to read"
    assert {file: row["notes"] for file, row in rows.items() if row["notes"]} == {
        "empty.md": [f"it holds no text: {nothing}"],
        "blank.md": [f"it holds no text: {nothing}"],
        "front.md": [f"it holds no text behind its front matter: {nothing}"],
        "none.md": [f"it holds no text: {nothing}"],
        "open.md": ["it begins as front matter does and no second --- ends that: "
                    "all of it is text"],
    }  # fmt: skip


@pytest.fixture
def closed(shell: Shell, tree: Tree) -> str:
    """The id of a published article for network, of which ada of service-desk knows the file."""
    text = (shell.root / "desk.yaml").read_text(encoding="utf-8")
    people = "  ada: {roles: [agent]}\n  pub: {roles: [writer]}\nteams:\n"
    text = f"{text}roles: {{writer: [kb.read-public, kb.write]}}\n"
    (shell.root / "desk.yaml").write_text(text.replace("teams:\n", people, 1), encoding="utf-8")
    tree.put("net/vpn.md", "---\ntitle: VPN 断线\naudience: network\ncategory: vpn\n---\nOld.")
    closed: str = imported(shell, tree, who="lin")["net/vpn.md"]["id"]
    shell.done("kb", "edit", closed, "--set", "cause=MARK", "--set", "body=See menu.", who="lin")
    shell.done("kb", "submit", closed, who="lin")
    shell.done("kb", "approve", closed, who="zhao")
    return closed


@pytest.mark.parametrize("words", [(), ("--dry-run",), ("--force",), ("--dry-run", "--force")])
def test_an_import_tells_nothing_of_what_one_may_not_read(
    shell: Shell, closed: str, tmp_path: Path, words: tuple[str, ...]
):
    refusal = shell.run("kb", "edit", closed, "--set", "cause=MARK", who="ada").err
    refusal = refusal.partition(": ")[2].strip()
    assert refusal == (
        f"{closed} is for team network and ada may not read it; `roles` in desk.yaml say who may"
    )
    front = f"---\nid: {closed}\n"
    head = "title: VPN 断线\naudience: network\ncategory: vpn\ncause: MARK\n"
    for name, text in {
        "id-guessed": f"{front}---\nSee menu.", "id-all": f"{front}{head}---\nSee menu.",
        "id-wrong": f"{front}cause: Dust\n---\nWrong.", "id-none": f"{front}---\n",
        "id-picture": f"{front}---\n![m](m.png)", "id-link": f"{front}---\n[x](../other.md)",
        "net/vpn": "---\ncause: MARK\n---\nSee menu.",
    }.items():  # fmt: skip
        one = Tree(tmp_path / name.replace("/", "-"))
        one.put(f"{name}.md" if name.startswith("net/") else "a.md", text)
        one.put("m.png", PNG)
        before = shell.files()
        rows = imported(shell, one, *words, who="ada")
        row = next(row for file, row in rows.items() if file.endswith(".md"))
        assert (row["outcome"], row["because"], row["id"]) == ("refused", refusal, closed), name
        assert shell.files() == before


def test_no_link_is_made_to_what_one_may_not_read(shell: Shell, closed: str, tmp_path: Path):
    one = Tree(tmp_path / "mine")
    one.put("a.md", "[x](net/vpn.md)")
    one.put("net/vpn.md", "[x](../a.md)")
    rows = imported(shell, one, who="ada")
    assert (rows["a.md"]["outcome"], rows["net/vpn.md"]["outcome"]) == ("created", "refused")
    assert rows["a.md"]["links"]["files"] == 1
    assert closed not in shell.text(rows["a.md"]["id"])
    assert rows["a.md"]["id"] not in shell.text(closed)


def test_what_one_reads_in_part_is_not_imported(shell: Shell, closed: str, tmp_path: Path):
    shell.done("kb", "edit", closed, "--set", "audience=public", "--set", "rack=12", who="zhao")
    for rack in (12, 13):
        one = Tree(tmp_path / f"rack-{rack}")
        one.put("a.md", f"---\nid: {closed}\nrack: {rack}\n---\nSee menu.")
        row = imported(shell, one, who="pub")["a.md"]
        assert row["because"] == f"{closed} may be edited by those who may read it whole"


def test_an_article_that_one_may_not_read_is_not_changed(shell: Shell, tree: Tree):
    tree.put("net/vpn.md", VPN.replace("public", "network"))
    vpn = imported(shell, tree, who="lin")["net/vpn.md"]["id"]
    shell.done("kb", "submit", vpn, who="lin")
    shell.done("kb", "approve", vpn, who="zhao")
    tree.put("net/vpn.md", VPN)
    row = imported(shell, tree)["net/vpn.md"]
    assert row["because"] == (
        f"{vpn} is for team network and chen may not read it; `roles` in desk.yaml say who may"
    )


# --- out -----------------------------------------------------------------------------------


def published(shell: Shell, tree: Tree) -> dict[str, str]:
    """Import the folder and publish it; the ids by file."""
    rows = imported(shell, tree)
    ids = {name: row["id"] for name, row in rows.items() if row["id"]}
    shell.done("kb", "submit", *ids.values())
    shell.done("kb", "approve", *ids.values(), who="zhao")
    return ids


def test_an_export_gives_the_text_and_the_pictures_back(shell: Shell, tree: Tree, tmp_path: Path):
    ids = published(shell, tree)
    new = shell.done("kb", "new", "卡纸 / Jams?", "--category", "printer", "--solution", "Pull.\n",
                     "--cause", "---").out.strip()  # fmt: skip
    shell.done("kb", "submit", new)
    shell.done("kb", "approve", new, who="zhao")
    shell.done("kb", "new", "A draft", "--body", "x")
    out = Tree(tmp_path / "out")
    ran = shell.run("kb", "export", str(out.root), "-f", "json")
    assert (ran.code, ran.err) == (0, f"4 articles are written to {out.root}\n")
    rows = {row["file"]: row for row in json.loads(ran.out)}
    assert rows["net/vpn.md"] == {
        "file": "net/vpn.md", "id": ids["net/vpn.md"], "title": "VPN 断线", "pictures": 1,
        "missing": [],
    }  # fmt: skip
    files = out.files()
    assert sorted(files) == [
        "README.md", "hardware/printer/卡纸-jams.md", "net/img/menu.png", "net/vpn.md",
        "net/wifi.md",
    ]  # fmt: skip
    assert files["net/img/menu.png"] == PNG
    assert files["net/vpn.md"].decode() == (
        f"---\nid: {ids['net/vpn.md']}\ntitle: VPN 断线\nstatus: published\naudience: public\n"
        "category: network/vpn\ntags:\n- vpn\n- remote\nowner: chen\nrack: 12\n---\n"
        + VPN.rpartition("---\n")[2]
    )
    assert files["hardware/printer/卡纸-jams.md"].decode() == (
        f"---\nid: {new}\ntitle: 卡纸 / Jams?\nstatus: published\naudience: internal\n"
        'category: hardware/printer\nowner: chen\ncause: "---"\nsolution: |\n  Pull.\n---\n'
    )
    for name, source in tree.files().items():
        if name.endswith(".md"):
            body = source.decode().replace("\r\n", "\n").rpartition("---\n")[2]
            assert files[name].decode().endswith(f"---\n{body}")
    before = shell.files()
    rows = imported(shell, out)
    assert {row["outcome"] for row in rows.values()} == {"unchanged"}
    assert shell.files() == before


def test_another_desk_takes_an_export_for_the_same_articles(
    shell: Shell, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    published(shell, tree)
    out = Tree(tmp_path / "out")
    shell.done("kb", "export", str(out.root))
    other = Shell(tmp_path / "other", monkeypatch)
    rows = imported(other, out)
    assert {row["outcome"] for row in rows.values()} == {"created"}
    desks = [store.Desk(str(one.root)) for one in (shell, other)]
    left_out = {"id", "status", "links", "review_by"}
    kept = [
        sorted((name, repr(a.head[name])) for a in desk.articles(pytest.fail)
               for name in a.head if name not in left_out)
        for desk in desks
    ]  # fmt: skip
    assert kept[0] == kept[1]
    links = [sum(len(a.links) for a in desk.articles(pytest.fail)) for desk in desks]
    assert links[0] == links[1] == 6


def test_a_folder_that_is_not_empty(shell: Shell, tree: Tree, tmp_path: Path):
    published(shell, tree)
    out = Tree(tmp_path / "out")
    outside = tmp_path / "victim.md"
    outside.write_text("mine\n", encoding="utf-8")
    out.put("keep.txt", "x")
    words = ("kb", "export", str(out.root))
    assert shell.run(*words) == (
        1, "", f"desk: {out.root} is not empty; name another folder, or --force writes into it\n"
    )  # fmt: skip
    (out.root / "README.md").symlink_to(outside)
    shell.done(*words, "--force")
    assert outside.read_text(encoding="utf-8") == "mine\n", "no link is written through"
    assert {"README.md", "keep.txt"} <= out.files().keys()
    (out.root / "beyond").symlink_to(tmp_path)
    (out.root / "net").rename(out.root / "old")
    (out.root / "net").symlink_to(tmp_path / "desk")
    ran = shell.run(*words, "--force")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        74, f"desk: {out.root}/net/img/menu.png: Not a directory"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "problem"),
    [
        ("kb/site", "is in kb of this desk; name a folder outside of it"),
        (".desk", "is in .desk of this desk; name a folder outside of it"),
        (".", "has this desk in it; name a folder beside the desk's files"),
        ("..", "has this desk in it; name a folder beside the desk's files"),
        ("/", "has this desk in it; name a folder beside the desk's files"),
        ("down/../", "has this desk in it; name a folder beside the desk's files"),
    ],
)
def test_no_export_gets_among_the_files_of_the_desk(shell: Shell, folder: str, problem: str):
    (shell.root / "down").mkdir()
    before = shell.files()
    path = os.path.join(shell.root, folder)
    ran = shell.run("kb", "export", path, "--force")
    assert ran == (1, "", f"desk: {path} {problem}\n")
    assert shell.files() == before
    assert shell.run("kb", "export", str(shell.root / "site")).code == 0


@pytest.mark.parametrize(
    "external",
    ["../out.md", "/tmp/out.md", "a/../../out.md", ".git/hooks/x.md", "a\\..\\b.md", "a\nb.md", ""],
)  # fmt: skip
def test_no_article_is_written_outside_of_the_folder(tmp_path: Path, external: str):
    desk = store.make(str(tmp_path / "desk"), policy_text())
    act = Act("chen", NOW, desk.policy)
    fields = {"external": external, "category": "../../etc",
              "body": "![x](../../../x.png) ![a](a.png)\n",
              "pictures": {"../../../x.png": "../../desk.yaml", "a": NAME,
                           "a.png": "../../desk.yaml"}}  # fmt: skip
    head = {"id": "KB-261121-A0001", "title": "../../../evil", "status": "published", **fields}
    made = Article({"id": head["id"]}, ()).add("new", act.at, "chen", head, source="markdown")
    rows = list(
        markdownexport.write(desk, Folder(str(tmp_path / "out"), make=True), [(made, made)])
    )
    assert [(row.file, row.missing) for row in rows] == [
        ("etc/evil.md", ["etc/a.png: '../../desk.yaml' is no name of a picture"])
    ]
    assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.md")] == ["out/etc/evil.md"]


def test_places_that_are_taken_get_the_id(shell: Shell, tmp_path: Path):
    for title in ("VPN", "vpn", "VPN!", "…"):
        shell.done("kb", "new", title, "--body", "x")
    ran = shell.done("kb", "export", str(tmp_path / "out"), "status:draft", "-f", "json")
    assert [row["file"] for row in json.loads(ran.out)] == [
        "vpn.md", "vpn-KB-261121-A0002.md", "vpn-KB-261121-A0003.md", "KB-261121-A0004.md",
    ]  # fmt: skip


def test_what_is_renamed_is_said(shell: Shell, tree: Tree, tmp_path: Path):
    """Two folders that came in apart cannot stand in one as they were."""
    for name in ("README.md", "net/vpn.md", "net/wifi.md", "LICENSE"):
        (tree.root / name).unlink()
    tree.put("x.md", "![](x.png)\n")
    tree.put("x.png", PNG)
    imported(shell, tree)
    other = imported(shell, tree, "--under", "x.png")["x.md"]["id"]
    out = Tree(tmp_path / "out")
    assert shell.run("kb", "export", str(out.root), "status:draft", "-f", "json").err == (
        f"{other} is written to {other}.md, as x.png/x.md is taken\n"
        f"2 articles are written to {out.root}\n"
    )
    assert sorted(out.files()) == [f"{other}.md", "x.md", "x.png"]


def test_a_file_where_others_have_a_folder_gets_the_id(tmp_path: Path):
    desk = store.make(str(tmp_path / "desk"), policy_text())
    made = [
        Article({"id": f"KB-261121-A000{n}"}, ()).add(
            "new", NOW, "chen",
            {"title": "x", "status": "published", "external": external, "body": body,
             "pictures": {"c.png": NAME}},
            source="markdown",
        )
        for n, (external, body) in enumerate(
            [("a.md/b.md", ""), ("A.md", ""), ("c.png/a.md", ""), ("d.md", "![](c.png)")], 1
        )
    ]  # fmt: skip
    folder = Folder(str(tmp_path / "out"), make=True)
    rows = list(markdownexport.write(desk, folder, [(one, one) for one in made]))
    assert [(row.file, row.instead_of, row.missing) for row in rows] == [
        ("a.md/b.md", "", []), ("A-KB-261121-A0002.md", "A.md", []), ("c.png/a.md", "", []),
        ("d.md", "", ["c.png: another file has that place"]),
    ]  # fmt: skip


def test_a_picture_that_is_lost_is_named(shell: Shell, tree: Tree, tmp_path: Path):
    published(shell, tree)
    (shell.root / "kb/files" / NAME).unlink()
    ran = shell.run("kb", "export", str(tmp_path / "out"), "-f", "ndjson")
    (row,) = [r for r in map(json.loads, ran.out.splitlines()) if r["file"] == "net/vpn.md"]
    assert row["missing"] == [f"net/img/menu.png: there is no kb/files/{NAME}"]
    assert row["pictures"] == 0


def test_an_export_of_an_earlier_moment_goes_where_the_file_was_then(
    shell: Shell, tree: Tree, tmp_path: Path
):
    ids = published(shell, tree)
    later = "2026-11-22T09:00:00+08:00"
    shell.done("kb", "edit", ids["net/wifi.md"], "--set", "external=", at=later, who="zhao")
    words = ("kb", "export", str(tmp_path / "out"), "无线网", "--force", "-f", "json")
    assert json.loads(shell.done(*words).out)[0]["file"] == "net/wifi.md"
    ran = shell.run(*words, at=later)
    assert json.loads(ran.out)[0]["file"] == "无线网.md"
    out, wifi = tmp_path / "out", ids["net/wifi.md"]
    assert (ran.code, ran.err) == (1, f"""\
1 articles are written to {out}
{out}/net/wifi.md is of {wifi}, which is in 无线网.md now; remove it
desk: 1 files of an earlier export are left in {out}
""")  # fmt: skip


def test_what_was_withdrawn_and_is_still_there_is_named(shell: Shell, tree: Tree, tmp_path: Path):
    ids = published(shell, tree)
    vpn, wifi = ids["net/vpn.md"], ids["net/wifi.md"]
    for one in (wifi, ids["README.md"]):
        shell.done("kb", "edit", one, "--set", "audience=public", who="zhao")
    out = Tree(tmp_path / "out")
    words = ("kb", "export", str(out.root), "--for", "public", "--force")
    shell.done(*words)
    out.put("own.md", "---\nid: 7\n---\nMine")
    out.put("notes.markdown", "Mine: [m](net/img/menu.png)")
    out.put("broken.md", "---\nid: [\n---\n")
    out.put("bytes.md", b"\xff")
    out.put(".git/old.md", f"---\nid: {vpn}\n---\n")
    assert shell.done(*words).err == f"3 articles are written to {out.root}\n"
    assert shell.done(*words, "category:vpn").err == f"1 articles are written to {out.root}\n"
    shell.done("kb", "edit", vpn, "--set", "audience=internal", who="zhao")
    shell.done("kb", "retire", wifi, who="zhao")
    before = out.files()
    ran = shell.run(*words, "-f", "json")
    said = f"""\
{out.root}/net/vpn.md is of {vpn}, which is not among what is exported any more; remove it and, \
where nothing else shows it, net/img/menu.png
{out.root}/net/wifi.md is of {wifi}, which is not among what is exported any more; remove it
desk: 2 files of an earlier export are left in {out.root}
"""
    assert [row["file"] for row in json.loads(ran.out)] == ["README.md"]
    assert (ran.code, ran.err) == (1, f"1 articles are written to {out.root}\n{said}")
    assert shell.run(*words, "category:wifi").err == f"0 articles are written to {out.root}\n{said}"
    assert shell.run(*words, "status:published").err.endswith(said)
    assert out.files() == before, "nothing is removed"
    for name in ("vpn.md", "wifi.md"):
        (out.root / "net" / name).unlink()
    assert shell.done(*words).err == f"1 articles are written to {out.root}\n"


def test_terms_choose(shell: Shell, tree: Tree, tmp_path: Path):
    published(shell, tree)
    ran = shell.done("kb", "export", str(tmp_path / "out"), "category:vpn", "-f", "json")
    assert [row["file"] for row in json.loads(ran.out)] == ["net/vpn.md"]
    ran = shell.run("kb", "export", str(tmp_path / "two"), "categry:vpn")
    assert (ran.code, ran.out, (tmp_path / "two").exists()) == (2, "", False)


# --- for whom ------------------------------------------------------------------------------

AUDIENCES = {"public": {"public"}, "internal": {"public", "internal"},
             "network": {"public", "internal", "network"}}  # fmt: skip


@pytest.fixture
def marked(shell: Shell) -> Shell:
    """An article for each audience and a public draft, with marks in every field and event."""
    for n, audience in enumerate(("public", "internal", "network", "public"), 1):
        mark = f"MARK-{audience if n < 4 else 'draft'}"
        shell.done("kb", "new", f"{mark} title", "--audience", audience, "--symptoms", f"{mark} y",
                   "--cause", f"{mark} c", "--solution", f"{mark} s", "--body", f"{mark} b",
                   "--tag", f"{mark}-tag", "--language", mark, who="lin")  # fmt: skip
        record_id = f"KB-261121-A000{n}"
        for name in ("rack", "external", "pictures", "note"):
            shell.done("kb", "edit", record_id, "--set", f"{name}={mark}-PRIVATE-{name}", who="lin")
        if n < 4:
            shell.done("kb", "submit", record_id, who="lin")
            shell.done("kb", "approve", record_id, who="zhao")
            shell.done("kb", "unhelpful", record_id, "--because", f"{mark}-PRIVATE vote", who="lin")
    ticket = shell.open("MARK-PRIVATE ticket")
    shell.done("note", ticket, "MARK-PRIVATE note")
    shell.done("link", "a0001", "related", ticket, who="lin")
    return shell


@pytest.mark.parametrize("audience", AUDIENCES)
def test_an_export_holds_nothing_but_what_is_for_its_readers(
    marked: Shell, tmp_path: Path, audience: str
):
    marked.done("kb", "export", str(tmp_path / "out"), "--for", audience, who="zhao")
    files = Tree(tmp_path / "out").files()
    everything = "\n".join([*files, *(data.decode() for data in files.values())])
    for one in ("public", "internal", "network", "draft"):
        assert (f"MARK-{one}" in everything) is (one in AUDIENCES[audience]), one
    assert len(files) == len(AUDIENCES[audience])
    if audience == "public":
        assert "PRIVATE" not in everything
        assert "lin" not in everything.split()
    assert "vote" not in everything
    assert "ticket" not in everything


def test_whoever_acts_exports_no_more_than_they_may_read(marked: Shell, tmp_path: Path):
    marked.done("kb", "export", str(tmp_path / "one"), who="chen")
    everything = b"\n".join(Tree(tmp_path / "one").files().values())
    assert b"MARK-network" not in everything
    assert b"MARK-internal" in everything
    marked.done("kb", "export", str(tmp_path / "two"), "--for", "network", who="chen")
    assert b"MARK-network" not in b"\n".join(Tree(tmp_path / "two").files().values())
    ran = marked.run("kb", "export", str(tmp_path / "three"), "--for", "netwrk")
    assert (ran.code, (tmp_path / "three").exists()) == (1, False)
    assert ran.err.startswith("desk: audience 'netwrk' is not in desk.yaml; did you mean network?")


# --- any text ------------------------------------------------------------------------------


def round_trip(root: Path, made: dict[str, str]) -> None:
    """Import those files, export them, and import that: the texts are the same, and all is told."""
    desk = store.make(str(root / "desk"), policy_text())
    act = Act("chen", NOW, desk.policy)
    tree = Tree(root / "docs")
    for name, text in made.items():
        tree.put(name, text)
    report = markdownimport.import_folder(desk, Folder(str(tree.root)), act)
    assert [row.file for row in report.rows] == sorted(made)
    for row in report.rows:
        for counts in (row.links, row.pictures):
            assert counts["found"] == sum(counts.values()) - counts["found"]
    found = list(desk.articles(pytest.fail))
    assert len(found) == sum(row.outcome == "created" for row in report.rows)
    out = Tree(root / "out")
    pairs = [(one, one) for one in found]
    written = {
        row.id: row for row in markdownexport.write(desk, Folder(str(out.root), make=True), pairs)
    }
    for article in found:
        body = article.text("body")
        assert (out.root / written[article.id].file).read_bytes().decode().endswith(f"---\n{body}")
        if not made[article.text("external")].startswith("---"):
            assert body == made[article.text("external")].replace("\r\n", "\n").replace("\r", "\n")
    before = {one.id: one for one in found}
    again = markdownimport.import_folder(desk, Folder(str(out.root)), act)
    assert {row.outcome for row in again.rows} <= {"unchanged"}
    assert {one.id: one for one in desk.articles(pytest.fail)} == before


_BODIES = st.lists(
    st.one_of(texts(80), st.sampled_from(["[a](1.md)", "[b](../2.md#x)", "![c](p.png)", "# T\n",
                                          "---\n", "title: x\n", "id: 7\n", "\n"])),
    max_size=6,
).map("".join)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_BODIES, min_size=1, max_size=4))
def test_any_files_come_back(tmp_path_factory: pytest.TempPathFactory, bodies: list[str]):
    made = {f"{n}.md": body.removeprefix("\ufeff") for n, body in enumerate(bodies)}
    round_trip(tmp_path_factory.mktemp("trip"), made)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="needs the naughty strings in ../shared")
def test_naughty_strings_come_back(tmp_path: Path):
    strings = json.loads((SHARED / "data" / "naughty_strings.json").read_text(encoding="utf-8"))
    made = {f"{n}.md": f"# {one}\n\n{one}\n[{one}](<{one}>)" for n, one in enumerate(strings)}
    round_trip(tmp_path, made)
