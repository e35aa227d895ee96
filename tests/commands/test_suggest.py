"""desk suggest, and what takes its suggestions."""

import json

import pytest

from tests.support import Shell, at_terminal

JAM = "打印机卡纸，连续卡纸"


@pytest.fixture
def taught(shell: Shell) -> Shell:
    """A desk that has resolved some tickets of three kinds; the last has no category."""
    asked = {
        "network/vpn": "VPN tunnel drops every hour on the gateway",
        "printer": JAM,
        "wifi": "Wireless is weak and drops in the meeting room",
    }
    for number in range(8):
        for category, title in asked.items():
            team = "network" if category == "network/vpn" else "service-desk"
            words = ("--category", category.rpartition("/")[2], "--team", team)
            shell.open(
                f"{title} {'since noon' if number % 2 else 'again'}",
                *words,
                "-d",
                f"Reported by floor {number}",
                at="2026-11-19T09:00+08:00",
            )
    for line in shell.done("list", "-f", "ids", at="2026-11-19T09:00+08:00").out.split():
        shell.done("note", line, "SECRET of the note")
        shell.done("resolve", line, "--solution", f"Mended {line}", "--code", "fixed")
    return shell


def rows(shell: Shell, *words: str, **more: str) -> list[dict[str, object]]:
    return json.loads(shell.done("suggest", *words, "-f", "json", **more).out)


def test_values_and_similar_tickets_come_with_what_speaks_for_them(taught: Shell):
    found = rows(taught, "vpn tunnel is down")
    best = {kind: next(one for one in found if one["kind"] == kind)
            for kind in ("category", "team", "similar")}  # fmt: skip
    assert best["category"]["value"] == "network/vpn"
    assert best["team"]["value"] == "network"
    assert best["category"]["likely"] > 0.4
    assert set(best["category"]["because"]) >= {"vpn", "tunnel"}
    assert best["similar"]["solution"] == f"Mended {best['similar']['value']}"
    assert best["category"]["tickets"][0] in taught.done("list", "--all", "-f", "ids").out
    assert list(found[0]) == [
        "kind", "value", "likely", "because", "title", "solution", "tickets",
    ]  # fmt: skip
    assert "SECRET" not in json.dumps(found)


def test_chinese_and_a_ticket_by_its_id(taught: Shell):
    assert rows(taught, "卡纸了")[0]["value"] == "hardware/printer"
    ticket = taught.open("又卡纸", "-d", "打印机一直卡纸")
    found = rows(taught, ticket)
    assert found[0]["value"] == "hardware/printer"
    assert ticket not in [one["value"] for one in found]
    assert rows(taught, "-", stdin="卡纸了") == rows(taught, "卡纸了")


def test_live_tickets_about_the_same(taught: Shell):
    first = taught.open("Beamer of room B2-128 shows stripes")
    found = rows(taught, "Stripes on the beamer of room B2-128")
    (same,) = [one for one in found if one["kind"] == "duplicate"]
    assert same["value"] == first
    assert {"b2-128", "stripes"} <= set(same["because"])


def test_articles_only_for_who_may_read_them(taught: Shell):
    for audience, title in (("public", "VPN tunnel drops"), ("internal", "VPN gateway tunnel")):
        made = taught.done(
            "kb",
            "new",
            title,
            "--audience",
            audience,
            "--solution",
            "Raise the idle timeout of the VPN",
        ).out.strip()
        taught.done("kb", "submit", made)
        taught.done("kb", "approve", made, who="lin")
    inside = {one["title"] for one in rows(taught, "my vpn tunnel") if one["kind"] == "article"}
    assert inside == {"VPN tunnel drops", "VPN gateway tunnel"}
    rules = taught.root / "desk.yaml"
    visitor = "people:\n  iris: {name: Iris Novak, roles: [requester]}\n"
    rules.write_text(rules.read_text(encoding="utf-8").replace("people:\n", visitor),
                     encoding="utf-8")  # fmt: skip
    outside = rows(taught, "my vpn tunnel", who="iris")
    assert {one["title"] for one in outside if one["kind"] == "article"} == {"VPN tunnel drops"}
    assert {one["kind"] for one in outside} <= {"article", "category", "team", "priority"}
    assert all(one["tickets"] == [] for one in outside)


def test_it_learns_and_unlearns(taught: Shell):
    for number in range(6):
        made = taught.open(f"Beamer shows stripes {number}", "--category", "printer")
        taught.done("resolve", made, "--solution", "New lamp")
    assert rows(taught, "beamer stripes")[0]["value"] == "hardware/printer"
    for made in taught.done("list", "--all", "beamer", "-f", "ids").out.split():
        taught.rewrite(made, "category: hardware/printer", "category: network/vpn")
    assert rows(taught, "beamer stripes")[0]["value"] == "network/vpn"


def test_classify_takes_what_is_sure_and_says_why(taught: Shell):
    ticket = taught.open("VPN tunnel drops on the gateway every hour again")
    taught.done("classify", ticket, "--auto")
    assert taught.head(ticket, "category") == ["network/vpn"]
    assert "suggested: category network/vpn is" in taught.log(ticket)
    unsure = taught.open("The coffee machine leaks")
    refused = taught.run("classify", unsure, "--auto")
    assert refused.code == 1
    assert refused.err.endswith("; say it with --category\n")
    wrong = taught.run("classify", unsure, "--auto", "--category", "vpn")
    assert (wrong.code, "leave out --category" in wrong.err) == (2, True)


def test_a_ticket_without_a_category_teaches_the_rest(shell: Shell):
    for number in range(5):
        made = shell.open(f"Espresso machine leaks foam {number}", "--team", "network")
        shell.done("resolve", made, "--solution", "Descaled")
    found = rows(shell, "espresso machine leaks")
    assert [one["kind"] for one in found] == ["team", "priority", *["similar"] * 3]
    assert [found[0]["value"], found[2]["solution"]] == ["network", "Descaled"]


def test_a_ticket_without_a_category_takes_nothing_from_those_that_have_one(taught: Shell):
    before = rows(taught, "vpn tunnel drops")[0]
    for number in range(8):
        made = taught.open(f"VPN tunnel drops every hour on the gateway {number}")
        taught.done("resolve", made, "--solution", "Mended")
    after = rows(taught, "vpn tunnel drops")[0]
    assert before["value"] == after["value"] == "network/vpn"
    assert after["likely"] > 0.9 * before["likely"]


def test_a_damaged_file_is_named(taught: Shell):
    made = taught.open("VPN again")
    path = taught.path(made)
    path.write_text(path.read_text(encoding="utf-8") + "<<<<<<<\n", encoding="utf-8")
    ran = taught.run("suggest", "vpn tunnel")
    assert (ran.code, f"{path.relative_to(taught.root)}:" in ran.err) == (4, True)
    assert "network/vpn" in ran.out


def test_assign_says_what_it_is_not_sure_of(taught: Shell):
    ticket = taught.open("Wireless drops on the gateway", at="2026-11-24T09:00+08:00")
    said = taught.run("assign", ticket, "--auto", at="2026-11-24T09:00+08:00")
    assert said.code == 1
    assert f"; the team of {ticket} may be " in said.err


def test_assign_takes_the_team_of_like_tickets(taught: Shell):
    ticket = taught.open("VPN tunnel drops on the gateway every hour again")
    said = taught.done("assign", ticket, "--auto").err
    assert "team network is" in said
    assert taught.head(ticket, "team") == ["network"]


def test_nothing_to_learn_from(shell: Shell):
    assert shell.run("suggest", "VPN") == (0, "", "nothing here is like it\n")
    assert rows(shell, "VPN") == []
    assert shell.done("suggest", "VPN", "-f", "ids").out == ""


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["T-261121-ZZZZZ"], 3, "T-261121-ZZZZZ"),
        (["   "], 2, "the text is empty"),
        ([], 2, "Missing argument 'ID|TEXT|-'"),
    ],
)
def test_bad_input(taught: Shell, words: list[str], code: int, sentence: str):
    ran = taught.run("suggest", *words)
    assert (ran.code, sentence in ran.err) == (code, True), ran


def test_open_tells_a_person_at_a_terminal(taught: Shell):
    _, screen = at_terminal("-C", str(taught.root), "--as", "chen", "open", "VPN tunnel drops",
                            columns=200)  # fmt: skip
    assert "was like it and was solved: Mended T-" in screen
    assert "its category may be network/vpn" in screen
    quiet = taught.done("open", "VPN tunnel drops")
    assert "was like it" not in quiet.err
