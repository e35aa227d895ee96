"""What one run knows: which desk, what time it is, who acts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest

from desk import session, store
from desk.errors import DamagedError, NotFoundError, RefusedError, UsageError
from desk.session import Session
from tests.support import NOW, POLICY


def make(folder: Path, name: str = "desk", policy: str = POLICY) -> Path:
    store.make(folder / name, policy)
    return folder / name


def given(**options: str) -> Session:
    made = Session()
    made.options = options
    return made


# --- which desk ----------------------------------------------------------------------------


def test_the_desk_is_the_nearest_upward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    outer = make(tmp_path)
    inner = make(outer, "branch")
    (inner / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(inner / "a" / "b")
    assert Path(given().desk.root) == inner
    monkeypatch.chdir(outer / "tickets")
    assert Path(given().desk.root) == outer


def test_the_option_goes_before_the_variable_and_that_before_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    here, variable, option = (make(tmp_path, name) for name in ("here", "variable", "option"))
    monkeypatch.chdir(here)
    assert Path(given().desk.root) == here
    monkeypatch.setenv("DESK_DIR", str(variable))
    assert Path(given().desk.root) == variable
    assert Path(given(start=str(option / "kb")).desk.root) == option
    monkeypatch.chdir(tmp_path)
    assert Path(given(start="option").desk.root) == option, "relative to the folder"


def test_no_desk(tmp_path: Path):
    with pytest.raises(NotFoundError) as error:
        _ = given(start=str(tmp_path)).desk
    assert str(error.value) == (
        f"no desk.yaml in {tmp_path} or any folder above it; go into a desk, name one with -C, "
        "or make one with `desk init`"
    )


def test_a_newer_format_is_refused_before_anything_is_read(tmp_path: Path):
    newer = make(tmp_path, policy=POLICY.replace("format: 1", "format: 2\nwonders: true"))
    with pytest.raises(DamagedError) as error:
        _ = given(start=str(newer)).desk
    assert str(error.value) == (
        "desk.yaml:1: this desk has format 2 and this program reads up to 1; install a newer desk"
    )


# --- what time it is -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T09:00:00+08:00", "2026-11-21T09:00:00+08:00"),
        ("2026-11-21T01:00:00Z", "2026-11-21T09:00:00+08:00"),
        ("2026-11-21 09:00", "2026-11-21T09:00:00+08:00"),
        ("2026年11月21日 9:00", "2026-11-21T09:00:00+08:00"),
    ],
)
def test_the_clock_is_an_input_in_the_zone_of_the_desk(tmp_path: Path, text: str, moment: str):
    now = given(start=str(make(tmp_path)), now=text).now
    assert now == datetime.fromisoformat(moment)
    assert now.tzinfo == ZoneInfo("Asia/Shanghai")


def test_the_clock_is_the_option_then_the_variable_then_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    start = str(make(tmp_path))
    by_system = given(start=start).now
    assert abs(by_system - datetime.now(UTC)) < timedelta(minutes=1)
    assert (by_system.tzinfo, by_system.microsecond) == (ZoneInfo("Asia/Shanghai"), 0)
    monkeypatch.setenv("DESK_NOW", "2020-01-01")
    assert given(start=start).now.year == 2020
    assert given(start=start, now="2021-01-01").now.year == 2021


def test_an_unreadable_clock(tmp_path: Path):
    with pytest.raises(UsageError) as error:
        _ = given(start=str(make(tmp_path)), now="soon").now
    assert str(error.value) == (
        "'soon' is no time that desk can read; write 2026-11-21T09:00:00+08:00, "
        "2026-11-21 09:00, yesterday 14:00 or 2h"
    )


def test_moments_count_from_the_clock_of_the_run(tmp_path: Path):
    one = given(start=str(make(tmp_path)), now=NOW)
    assert one.moment(None) is None
    assert one.moment("2h") == one.now - timedelta(hours=2)
    assert one.moment("2h", ahead=True) == one.now + timedelta(hours=2)
    assert one.moment("昨天 14:00") == datetime.fromisoformat("2026-11-20T14:00:00+08:00")


# --- who acts ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["lin", "LIN", "林静", "lin@example.com", "Lin@Example.com"])
def test_a_person_is_named_by_id_name_or_e_mail(tmp_path: Path, who: str):
    assert given(start=str(make(tmp_path)), user=who).actor == "lin"


def test_who_acts_is_the_option_then_the_variable_then_git_then_the_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    start = str(make(tmp_path))
    monkeypatch.setenv("LOGNAME", "zhao")
    assert given(start=start).actor == "zhao"
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "lin@example.com")
    assert given(start=start).actor == "lin"
    monkeypatch.setenv("DESK_USER", "chen")
    assert given(start=start).actor == "chen"
    assert given(start=start, user="zhao").actor == "zhao"


def test_git_names_somebody_by_name_where_the_e_mail_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GIT_AUTHOR_NAME", "林静")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "private@example.com")
    assert given(start=str(make(tmp_path))).actor == "lin"


def test_somebody_not_enrolled_acts_under_the_own_e_mail_or_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    start = str(make(tmp_path))
    monkeypatch.setenv("LOGNAME", "guest")
    assert given(start=start).actor == "guest"
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Guest")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "guest@example.com")
    assert given(start=start).actor == "guest@example.com"


@pytest.mark.parametrize(("where", "name"), [("option", "user"), ("variable", "DESK_USER")])
def test_somebody_unknown_who_is_named_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, name: str
):
    start = str(make(tmp_path))
    options = {"user": "zhoa"} if where == "option" else {}
    if where == "variable":
        monkeypatch.setenv(name, "zhoa")
    with pytest.raises(RefusedError) as error:
        _ = given(start=start, **options).actor
    assert str(error.value) == "person 'zhoa' is not in desk.yaml; did you mean zhao?"


# --- an act --------------------------------------------------------------------------------


def test_an_act_is_now_or_backdated_and_never_ahead(tmp_path: Path):
    one = given(start=str(make(tmp_path)), now=NOW, user="chen")
    assert (one.act().by, one.act().at, one.act().policy) == ("chen", one.now, one.desk.policy)
    assert one.act("1h").at == one.now - timedelta(hours=1)
    with pytest.raises(UsageError) as error:
        one.act("tomorrow")
    assert str(error.value) == (
        "--at 2026-11-22T00:00:00+08:00 lies ahead of 2026-11-21T09:00:00+08:00"
    )


def test_the_login_of_a_system_that_knows_none(monkeypatch: pytest.MonkeyPatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 2**31 - 7)
    assert session.login() == ""


def test_every_session_option_is_remembered():
    @click.command(params=session.session_options())
    @session.pass_session
    def probe(one: Session) -> dict[str, str]:
        return one.options

    found = probe.main(["-C", "x", "--now", "y", "--as", "z"], standalone_mode=False)
    assert found == {"start": "x", "now": "y", "user": "z"}
