"""desk check."""

import click

from desk import check, gitcheck, render
from desk.commands.common import (
    command,
    data,
    dry_run_option,
    format_option_without_ids,
    show_table,
    tell,
)
from desk.errors import DamagedError
from desk.session import Session, pass_session

_COLUMNS = ("file", "line", "level", "problem", "fixable")


@command(
    "check", "desk check", "desk check --fix", "desk check --fix --dry-run", "desk check -f json"
)
@click.option("--fix", is_flag=True, help="Mend what can be mended without a guess.")
@dry_run_option
@format_option_without_ids()
@pass_session
def check_(session: Session, fix: bool, form: str) -> None:
    """Prove the folder sound: every file readable, in its place, head and log in agreement.

    Prints a row a problem with file and line. Ends with 4 if there is an error; warnings
    alone end with 0.
    """
    act = session.act()
    count = 0

    def on_file() -> None:
        nonlocal count
        count += 1

    left_open = gitcheck.left_open(session.desk)
    found = check.problems(session.desk, act, on_file, left_open)
    next_step = ""
    if fix:
        mended = check.mend(session.desk, found, act)
        if left_open and not session.dry_run:
            next_step = gitcheck.settle(session.desk, left_open)
        tell(f"problems mended: {mended}")
        if mended:
            count = 0
            found = check.problems(session.desk, act, on_file)
    if form in render.FOR_PEOPLE:
        headers = _COLUMNS[:-1]
        cells = [[render.shown(p.row()[name]) for name in headers] for p in found]
        show_table(cells, headers, form, whole=len(headers))
    else:
        data(render.rows([problem.row() for problem in found], form, _COLUMNS))
    errors = sum(problem.level == "error" for problem in found)
    counts = ((count, "file"), (errors, "error"), (len(found) - errors, "warning"))
    outcome = ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts)
    if errors:
        by_itself = any(problem.fix for problem in found)
        way = "desk check --fix mends some" if by_itself else "mend them by hand"
        raise DamagedError(f"{outcome}; {way}")
    tell(f"{outcome}; {next_step}" if next_step else outcome)
