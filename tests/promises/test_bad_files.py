"""R7: a bad file neither crashes nor hangs a command, and the others are still listed."""

import json
import os
import random
import resource
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import store
from tests.conftest import policy_text
from tests.promises import scene

BAD = "T-261121-BADBD"
GOOD = 13  # the tickets of the scene that are readable and in their place
SAMPLE = """\
id: T-261121-BADBD
kind: incident
title: VPN drops
status: on_hold
waiting_for: vendor
until: 2026-11-25T09:00:00+08:00
priority: P4
impact: person
urgency: medium
major: true
category: network/vpn
channel: phone
requester:
  name: 李伟
team: network
assignee: chen
tags:
- vpn
links:
- related T-261121-NEWAA
external: "17"
opened: 2026-11-21T09:00:00+08:00
began: 2026-11-21T08:00:00+08:00
rack: "12"
description: |
  Since Monday.

  # It is no comment.
log:
- n: 1
  at: 2026-11-21T09:00:00+08:00
  by: chen
  did: open
  change:
    status: [null, on_hold]
    title: [null, VPN drops]
- n: 2
  at: 2026-11-21T09:05:00+08:00
  by: chen
  did: note
  text: Seen.
"""
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{name}'] * 9)}]\n"
    for name, after in zip("abcdefgh", "bcdefghi", strict=True)
)
HEAD = SAMPLE.partition("kind:")[0]

# name: (content, line that is named)
CONTENTS: dict[str, tuple[str | bytes, int | None]] = {
    "alias bomb": (HEAD + BOMB, 2),
    "anchor": (SAMPLE.replace("title: VPN", "title: &a VPN"), 3),
    "alias": (SAMPLE.replace("title: VPN drops", "title: *a"), 3),
    "tag": (SAMPLE.replace("VPN drops", "!!python/object/apply:os.system [id]", 1), 3),
    "short tag": (SAMPLE.replace("rack: ", "rack: !x "), 24),
    "merge key": (SAMPLE + "<<: {a: 1}\n<<: {b: 2}\n", 43),
    "directive": ("%YAML 1.1\n---\n" + SAMPLE, 1),
    "two documents": (SAMPLE + "---\n" + SAMPLE, 42),
    "duplicate key": (SAMPLE.replace("kind: incident", "title: x"), 3),
    "conflict": (
        SAMPLE.replace("team: network", "<<<<<<< HEAD\nteam: a\n=======\nteam: b\n>>>>>>> other"),
        15,
    ),
    "conflict in the log": (
        SAMPLE + "<<<<<<< HEAD\n- n: 3\n=======\n- n: 3\n>>>>>>> other\n", 42
    ),
    "50 KB of [": ("[" * 50_000, 1),
    "50 KB of { in a field": (HEAD + "x: " + "{a: " * 12_500, 2),
    "1 MB of -": ("- " * 500_000, 1),
    "1 MB of nested keys": ("".join(" " * n + "a:\n" for n in range(1400)), 33),
    "many keys": (HEAD + "".join(f"k{n}: 1\n" for n in range(60_000)), 50_000),
    "many events": (SAMPLE + "- x\n" * 60_000, None),
    "many items": (HEAD + "x: [" + "1," * 400_000 + "]\n", 2),
    "1 MB of #": ("#\n" * 500_000, None),
    "1 MB of quotes": ("'" * 1_000_001, 1),
    "tabs": ("\t" * 100_000, 1),
    "NUL": (SAMPLE.replace("VPN drops", "VPN\0drops", 1), 3),
    "escape sequence": (SAMPLE.replace("VPN drops", "VPN \x1b[31mdrops", 1), 3),
    "C1 control": (SAMPLE.replace("VPN drops", "VPN \x9bdrops", 1), 3),
    "all NUL": (b"\0" * 4096, 1),
    "empty": ("", 1),
    "blank": ("\n\n\n", None),
    "not UTF-8": (SAMPLE.encode().replace("李".encode(), b"\xff\xfe"), 14),
    "GB 18030": (SAMPLE.encode("gb18030"), 14),
    "UTF-16": (SAMPLE.encode("utf-16"), 1),
    "UTF-16 without a mark": (SAMPLE.encode("utf-16-le"), 1),
    "UTF-32": (SAMPLE.encode("utf-32"), 1),
    "half a surrogate": (SAMPLE.encode().replace(b"Seen", b"\xed\xa0\x80"), 41),
    "escaped surrogate": (SAMPLE.replace("Seen.", '"\\ud800"'), 41),
    "binary": (bytes(range(256)) * 16, 2),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0\0\3", 1),
    "text": ("Dear desk, my VPN drops.\n", 1),
    "a list": ("- id: T-261121-BADBD\n", 1),
    "JSON": (json.dumps([{"id": BAD}]), 1),
    "another's id": (SAMPLE.replace("BADBD", "NEWAA", 1), 1),
    "no id": (SAMPLE.partition("\n")[2], 1),
    "lower-case id": (SAMPLE.replace("T-261121-BADBD", "t-261121-badbd", 1), 1),
    "path in the id": (SAMPLE.replace("T-261121-BADBD", "../../../etc/passwd", 1), 1),
    "long status": (SAMPLE.replace("on_hold", "x" * 500_000, 1), 4),
    "long key": (HEAD + "k" * 5000 + ": 1\n", 2),
    "time without a zone": (
        SAMPLE.replace("opened: 2026-11-21T09:00:00+08:00", "opened: 2026-11-21"), 22
    ),
    "no such day": (SAMPLE.replace("opened: 2026-11-21T", "opened: 2026-13-45T"), 22),
    "event without a number": (SAMPLE.replace("- n: 2\n  at", "- at"), 37),
    "event number as text": (SAMPLE.replace("- n: 2", "- n: two"), 37),
    "huge event number": (SAMPLE.replace("- n: 2", f"- n: {10**30}"), 37),
    "huge event number of 1 MB": (SAMPLE.replace("- n: 2", "- n: " + "9" * 900_000), 37),
    "change of three": (SAMPLE.replace("[null, on_hold]", "[null, x, y]"), 35),
    "over 1 MiB": (SAMPLE + "x: " + "y" * (1 << 20) + "\n", None),
}  # fmt: skip

LAST_MOMENT = "2999-12-31T23:59:59-14:00"
# What can be read, odd as it is: it must be listed, and shown without a fault.
ODD: dict[str, str | bytes] = {
    "byte order mark": b"\xef\xbb\xbf" + SAMPLE.encode(),
    "CRLF": SAMPLE.replace("\n", "\r\n"),
    "comments": "# a\n" + SAMPLE.replace("\n", " # b\n", 5),
    "flow": json.dumps(
        {"id": BAD, "title": "x", "status": "new", "opened": "2026-11-20T09:00:00Z"}
    ),
    "a very long line": SAMPLE.replace("VPN drops", "x" * 900_000, 1),
    "a very long line in Chinese": SAMPLE.replace("VPN drops", "李" * 300_000, 1),
    "a very long description": SAMPLE.replace("  Since", "  x" * 50_000 + "\n  Since"),
    "long changes": SAMPLE.replace("[null, VPN drops]", f"[{'李' * 100_000}, {'x' * 400_000}]"),
    "many lines": SAMPLE.replace("  Since Monday.\n", "  x\n" * 200_000),
    "huge integer": SAMPLE.replace('rack: "12"', "rack: " + "9" * 500_000),
    "many tags": SAMPLE.replace("- vpn\n", "- vpn\n" * 40_000),
    "deep": SAMPLE.replace('rack: "12"', "rack: " + "[" * 31 + "]" * 31),
    "the year 1900": SAMPLE.replace("2026-11-21T09:00:00+08:00", "1900-01-01T00:00:00+14:00"),
    "the year 9999": SAMPLE.replace("2026-11-25T09:00:00+08:00", LAST_MOMENT).replace(
        "2026-11-21T09:05:00+08:00", LAST_MOMENT
    ),
    "many events": SAMPLE + "".join(
        f"- {{n: {n}, at: 2026-11-21T09:00:00Z, by: c, did: x}}\n" for n in range(3, 3000)
    ),
    "events in disorder": SAMPLE.replace("- n: 2", "- n: 7").replace("- n: 1\n", "- n: 7\n"),
    "no log": SAMPLE.partition("log:")[0],
    "odd links": SAMPLE.replace("- related T-261121-NEWAA", "- ''\n- x\n- ' '\n- parent T-1"),
    "linked to itself": SAMPLE.replace("related T-261121-NEWAA", f"duplicate {BAD}"),
    "everything unknown": SAMPLE.replace("network", "x").replace("chen", "y").replace("P4", "z"),
    "an escalation of odd words": SAMPLE.replace("did: note", "did: escalate").replace(
        "text: Seen.", "escalation: [1]\n  because: {a: [b]}"
    ),
    "odd words": SAMPLE.replace("did: note", "did: resolve").replace(
        "text: Seen.", "steps: 7\n  solution: [x]\n  score: many\n  code: {}\n  text: null"
    ),
    "an odd survey": SAMPLE.replace("on_hold", "closed").replace(
        "did: note\n  text: Seen.", "did: survey\n  score: [5]"
    ),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return scene.build(tmp_path)


def bad_path(folder: Path) -> Path:
    return folder / store.path_of(BAD)


class Most:
    """The longest time and the most memory that a command has taken."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.at = ""

    def run(self, arguments: list[str], folder: Path) -> tuple[int, str, str]:
        began = time.perf_counter()
        ended = scene.in_process(arguments, folder)
        if (taken := time.perf_counter() - began) > self.seconds:
            self.seconds, self.at = taken, " ".join(arguments)
        assert taken < 10, f"{arguments} took {taken:.1f} s"
        assert "Traceback" not in ended[2]
        assert ended[0] != 70, ended[2][:300]
        return ended


def listed(out: str) -> list[str]:
    return out.split()


LISTING = (["list", "--all", "-f", "ids"], ["list", "--all"], ["summarise"], ["check"])


def wrong_with_damage(most: Most, folder: Path, line: int | None, place: str) -> list[str]:
    """What is wrong with how the listing commands take a damaged file at `place`."""
    wrong = []
    for arguments in LISTING:
        code, out, said = most.run(arguments, folder)
        named = place if line is None else f"{place}:{line}:"
        told = said if arguments != ["check"] else out + said
        if arguments == ["check"]:
            named = place
        if code != 4:
            wrong.append(f"{arguments} ended with {code}")
        if named not in told:
            wrong.append(f"{arguments} does not name {named}: {said[:200]!r}")
        if arguments[-1] == "ids" and len(listed(out)) != GOOD:
            wrong.append(f"{arguments} lists {len(listed(out))}")
        if len(said) > 1500:
            wrong.append(f"{arguments} says {len(said)} characters")
    for arguments in (["show", BAD], ["note", BAD, "x"], ["history", BAD]):
        code, out, said = most.run(arguments, folder)
        if code != 4 or place not in said or out:
            wrong.append(f"{arguments} ended with {code}: {said[:200]!r}")
    code, _, _ = most.run(["note", "PRGAA", "others go on"], folder)
    return [*wrong, "others cannot be written"] if code else wrong


def test_damaged_contents_are_named_with_their_line(folder: Path, figures: Callable[[str], None]):
    most, wrong = Most(), {}
    for name, (content, line) in CONTENTS.items():
        bad_path(folder).write_bytes(content if isinstance(content, bytes) else content.encode())
        if found := wrong_with_damage(most, folder, line, store.path_of(BAD)):
            wrong[name] = found
    figures(f"R7 damaged contents: {len(CONTENTS)} kinds x 8 commands, {len(wrong)} violations, "
            f"most {most.seconds * 1000:.0f} ms ({most.at})")  # fmt: skip
    assert wrong == {}


def test_odd_but_readable_files_are_taken_as_they_are(folder: Path, figures: Callable[[str], None]):
    most, wrong = Most(), {}
    for name, content in ODD.items():
        bad_path(folder).write_bytes(content if isinstance(content, bytes) else content.encode())
        found = []
        for arguments in (*LISTING, ["show", BAD], ["show", BAD, "-f", "json"], ["history", BAD],
                          ["list", "--all", "-f", "csv"], ["list", "vpn"],
                          ["list", "--all", "--sort", "-age"]):  # fmt: skip
            code, out, said = most.run(arguments, folder)
            expected = (0, 4) if arguments == ["check"] else (0,)
            if code not in expected or (arguments[-1] == "ids" and BAD not in out):
                found.append(f"{arguments} ended with {code}: {said[:200]!r}")
        before = store.Desk(str(folder)).read(BAD)
        code, _, said = most.run(["edit", BAD, "--set", "extra=1"], folder)
        after = store.Desk(str(folder)).read(BAD)
        kept = {**before.head, "extra": "1"} == after.head
        if code == 0 and not (kept and after.log[: len(before.log)] == before.log):
            found.append("an edit lost something")
        if code not in (0, 1):
            found.append(f"edit ended with {code}: {said[:200]!r}")
        if found:
            wrong[name] = found
    figures(f"R7 odd contents: {len(ODD)} kinds x 11 commands, {len(wrong)} violations, "
            f"most {most.seconds * 1000:.0f} ms ({most.at})")  # fmt: skip
    assert wrong == {}


# --- what is no file -----------------------------------------------------------------------


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    bound = socket.socket(socket.AF_UNIX)
    try:
        with suppress(OSError):
            bound.bind(str(path))
    finally:
        bound.close()
    if not path.exists():
        pytest.skip("the path is too long for a socket")


def _device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("a device may not be made here")


def _symlink(path: Path) -> None:
    path.with_name("aside").write_text(SAMPLE)
    path.symlink_to("aside")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _outside(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 30)


def _unreadable(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    path.write_text(SAMPLE)
    path.chmod(0)


THINGS = {
    "FIFO": _fifo, "socket": _socket, "device": _device, "symlink": _symlink, "loop": _loop,
    "symlink outside": _outside, "folder": Path.mkdir, "sparse 1 GB": _sparse,
    "unreadable": _unreadable,
}  # fmt: skip


@pytest.mark.parametrize("thing", THINGS)
def test_what_is_no_file_is_named(folder: Path, thing: str, figures: Callable[[str], None]):
    THINGS[thing](bad_path(folder))
    most = Most()
    wrong = wrong_with_damage(most, folder, None, store.path_of(BAD))
    figures(f"R7 {thing}: {len(wrong)} violations, most {most.seconds * 1000:.0f} ms")
    assert wrong == []


@pytest.mark.parametrize("name", ["tickets", "tickets/2025", "tickets/2026/11", "kb"])
def test_a_folder_that_is_a_link_is_named(folder: Path, tmp_path: Path, name: str):
    """Whatever is below it is not listed, so that must be said."""
    path = folder / name
    if path.exists():
        path.rename(tmp_path / "elsewhere")
    else:
        (tmp_path / "elsewhere").mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    for arguments in (["list", "--all"], ["summarise"], ["check"]):
        code, out, said = scene.in_process(arguments, folder)
        assert (code, name in out + said) == (4, True), arguments


@pytest.mark.parametrize("name", ["tickets/2025", "tickets/2026/09"])
def test_a_file_in_a_folders_place_is_in_nobodys_way(folder: Path, name: str):
    (folder / name).write_text("")
    code, out, said = scene.in_process(["list", "--all", "-f", "ids"], folder)
    assert (code, len(listed(out)), said) == (0, GOOD, "")
    code, out, _ = scene.in_process(["check"], folder)
    assert (code, name in out) == (0, True)


@pytest.mark.parametrize(
    ("kind", "code"), [("symlink", 4), ("folder", 3), ("fifo", 3), ("large", 4), ("bytes", 4)]
)
def test_a_bad_desk_yaml_is_told(folder: Path, kind: str, code: int):
    path = folder / "desk.yaml"
    path.rename(folder / "aside")
    if kind == "symlink":
        path.symlink_to("aside")
    elif kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.write_bytes(b"#" * (2 << 20) if kind == "large" else b"\xff\n")
    for arguments in (["list"], ["open", "x"], ["check"]):
        ended, out, said = scene.in_process(arguments, folder)
        assert (ended, out, len(said.splitlines())) == (code, "", 1), said
        assert "desk.yaml" in said


def test_a_desk_yaml_of_many_mistakes_is_told_in_time(folder: Path):
    text = policy_text() + "".join(f"setting{n}: 1\n" for n in range(3000))
    (folder / "desk.yaml").write_text(text)
    began = time.perf_counter()
    code, _, said = scene.in_process(["list"], folder)
    assert (code, time.perf_counter() - began < 10) == (4, True)
    assert "'setting2999' is no setting here" in said


# --- truncation and fuzzing ----------------------------------------------------------------


def test_a_file_that_was_cut_off_anywhere(folder: Path, figures: Callable[[str], None]):
    """At every byte, through the store; at some of them through a command."""
    data = SAMPLE.encode()
    desk, path = store.Desk(str(folder)), bad_path(folder)
    readable = 0
    for end in range(len(data)):
        path.write_bytes(data[:end])
        told: list[Exception] = []
        found = [ticket.id for ticket in desk.tickets(told.append)]
        readable += BAD in found
        assert len(found) == GOOD + (BAD in found), end
        assert all(store.path_of(BAD) in str(error) for error in told), end
        if end % 60 == 0:
            code, out, _ = scene.in_process(["list", "--all", "-f", "ids"], folder)
            assert (code, len(listed(out))) == (4 if len(told) > 0 else 0, len(found))
    figures(f"R7 truncation: {len(data)} lengths, 0 violations ({readable} still a ticket)")


def broken(drawn: random.Random) -> bytes:
    """The sample with a few random changes."""
    data = bytearray(SAMPLE.encode())
    for _ in range(drawn.randint(1, 6)):
        at = drawn.randrange(len(data))
        how = drawn.randrange(5)
        if how == 0:
            data[at] = drawn.randrange(256)
        elif how == 1:
            del data[at : at + drawn.randint(1, 40)]
        elif how == 2:
            data[at:at] = data[drawn.randrange(len(data)) :][: drawn.randint(1, 60)]
        elif how == 3:
            data[at:at] = drawn.choice((b"[", b"{", b"- ", b": ", b"\n", b"&a ", b"*a", b"!", b"'", b'"', b"|", b">", b"#", b"\t", b"\0", b"\xff", b"%", b"?", b"<<: "))  # fmt: skip  # noqa: E501
        else:
            data[at] ^= 1 << drawn.randrange(8)
    return bytes(data)


def fuzz(folder: Path, rounds: int, seed: int) -> str:
    """Break the sample so many times; a line of figures."""
    drawn = random.Random(seed)
    path, most, damaged = bad_path(folder), Most(), 0
    for number in range(rounds):
        path.write_bytes(broken(drawn))
        arguments = (["list", "--all", "-f", "ids"], ["list", "--all"], ["show", BAD], ["check"],
                     ["summarise", "--by", "team"], ["history", BAD])[number % 6]  # fmt: skip
        code, out, said = most.run(arguments, folder)
        assert code in (0, 3, 4), (number, code, said)
        if arguments[-1] == "ids":
            damaged += code == 4
            assert len(listed(out)) == (GOOD if code == 4 else GOOD + 1), number
        assert code != 4 or BAD in said + out, (number, said)
    return (
        f"R7 fuzzing: {rounds} broken files, 0 violations, most {most.seconds * 1000:.0f} ms "
        f"({most.at})"
    )


def test_broken_at_random(folder: Path, figures: Callable[[str], None]):
    figures(fuzz(folder, 400, 7))


@pytest.mark.long
def test_broken_at_random_very_often(folder: Path, figures: Callable[[str], None]):
    figures(fuzz(folder, 5_000, 8))


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    root = tmp_path_factory.getbasetemp() / "bytes"
    if not root.exists():
        root.mkdir()
        scene.build(root)
    bad_path(root / "desk").write_bytes(data)
    code, out, said = scene.in_process(["list", "--all", "-f", "ids"], root / "desk")
    assert (code, len(listed(out)), store.path_of(BAD) in said) == (4, GOOD, True)


# --- time and memory -----------------------------------------------------------------------

MEASURED = ("alias bomb", "50 KB of [", "1 MB of -", "many keys", "many events", "over 1 MiB")
_MEASURE = """
import sys
from desk import cli
code = cli.run(sys.argv[1:])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak.split()[1], file=sys.stderr)
sys.exit(code)
"""


def memory(folder: Path, tmp_path: Path) -> tuple[int, float]:
    """Peak MB and seconds of `desk list` as a process of its own."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell the peak of a process's memory")
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-P", "-c", _MEASURE, "list"], cwd=folder, check=False,
        env=scene.environment(tmp_path), capture_output=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
    )  # fmt: skip
    taken = time.perf_counter() - began
    assert done.returncode in (0, 4), done.stderr.decode()
    return int(done.stderr.split()[-1]) // 1024, taken


def test_a_bad_file_costs_little(folder: Path, tmp_path: Path, figures: Callable[[str], None]):
    usual, _ = memory(folder, tmp_path)
    costs = {}
    for name in MEASURED:
        content = CONTENTS[name][0]
        bad_path(folder).write_bytes(content if isinstance(content, bytes) else content.encode())
        costs[name] = memory(folder, tmp_path)
    bad_path(folder).write_bytes(b"")
    os.truncate(bad_path(folder), 1 << 30)
    costs["sparse 1 GB"] = memory(folder, tmp_path)
    most_mb, slowest = max(mb for mb, _ in costs.values()), max(s for _, s in costs.values())
    figures(f"R7 cost of one bad file: most {slowest * 1000:.0f} ms for a whole command, "
            f"{most_mb} MB ({usual} MB without it)")  # fmt: skip
    assert most_mb < usual + 60
