"""desk check."""

import click

from desk import check, render
from desk.commands.common import command, data, dry_run_option, format_option, page, tell
from desk.errors import DamagedError
from desk.session import Session, pass_session


@command(
    "check", "desk check", "desk check --fix", "desk check --fix --dry-run", "desk check -f json"
)
@click.option("--fix", is_flag=True, help="Mend what can be mended without a guess.")
@dry_run_option
@format_option
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

    found = check.problems(session.desk, act, on_file)
    if fix:
        mended = check.mend(session.desk, found, act)
        tell(f"problems mended: {mended}")
        if mended:
            count = 0
            found = check.problems(session.desk, act, on_file)
    if form == "table":
        columns = ("file", "line", "level", "problem")
        cells = [[render.shown(p.row()[name]) for name in columns] for p in found]
        page(render.table(cells, columns) if cells else "")
    else:
        data(render.rows([problem.row() for problem in found], form))
    errors = sum(problem.level == "error" for problem in found)
    outcome = f"{count} files, {errors} errors, {len(found) - errors} warnings"
    if errors:
        by_itself = any(problem.fix for problem in found)
        way = "desk check --fix mends some" if by_itself else "mend them by hand"
        raise DamagedError(f"{outcome}; {way}")
    tell(outcome)
