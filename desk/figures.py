"""A summary as tables for people and as rows for spreadsheets."""

from collections.abc import Sequence

from desk import dates
from desk.model import Value
from desk.render import columns_of, markdown_table, shown, table
from desk.summary import Group, Measure, Summary

_IN_BRIEF = (
    "opened", "resolved", "backlog", "first_response_median", "resolution_median",
    "resolution_p90", "first_contact_resolution_rate", "reopen_rate", "csat",
)  # fmt: skip


def figure(measure: Measure) -> str:
    """A measure's value with the unit that people read."""
    value, unit = measure["value"], measure["unit"]
    if unit == "seconds":
        return dates.in_words(value)
    if unit == "ratio":
        return f"{value * 100:.1f} %"
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def tables(
    summary: Summary,
    measures: Sequence[str],
    by: Sequence[str],
    *,
    form: str = "table",
    width: int = 0,
) -> str:
    """A summary for a person: a measure a line, then a group a line with the chief measures.

    `form` is one of render.FOR_PEOPLE. In a table with a `width` the words of the measures'
    names are written below each other where that is needed.
    """
    totals = summary["measures"]
    names = list(measures) or list(totals)
    lines = [
        [name, figure(totals[name]), _counted(totals[name])] for name in names if name in totals
    ]
    layout = markdown_table if form == "markdown" else table
    text = layout(lines, ("measure", "value", "of"))
    if not summary["groups"]:
        return text
    columns = list(measures) or list(_IN_BRIEF)
    headers, rows = [*by, *columns], [_cells(group, columns) for group in summary["groups"]]
    if width and columns_of(layout(rows, headers).partition("\n")[0]) > width:
        headers, rows = _stacked(by, columns, rows)
    return f"{text}\n{layout(rows, headers)}"


def _cells(group: Group, columns: Sequence[str]) -> list[str]:
    """The values that tell a group from the others, then its figures."""
    found = group["measures"]
    of = [shown(value) or "none" for value in group["by"].values()]
    return [*of, *(figure(found[name]) if name in found else "" for name in columns)]


def _stacked(
    by: Sequence[str], columns: Sequence[str], rows: list[list[str]]
) -> tuple[list[str], list[list[str]]]:
    """A table's headers and rows with one word of each column's name a line."""
    words = [*([name] for name in by), *(name.split("_") for name in columns)]
    deepest = max(map(len, words))
    filled = ([*one, *[""] * (deepest - len(one))] for one in words)
    first, *more = (list(line) for line in zip(*filled, strict=True))
    return first, [*more, *rows]


def _counted(measure: Measure) -> str:
    """How much a figure rests on: `12 of 40`, or the number of cases."""
    if "denominator" in measure and measure["unit"] == "ratio":
        return f"{measure['numerator']} of {measure['denominator']}"
    return str(measure.get("n", ""))


def figure_rows(summary: Summary, by: Sequence[str]) -> list[dict[str, Value]]:
    """A summary as rows for CSV and the like: one a measure, of the `total` and of each `group`."""
    rows = _rows({"of": "total", **dict.fromkeys(by)}, summary["measures"])
    for group in summary["groups"]:
        rows += _rows({"of": "group", **group["by"]}, group["measures"])
    return rows


def _rows(of: dict[str, Value], measures: dict[str, Measure]) -> list[dict[str, Value]]:
    return [
        {
            **of,
            "measure": name,
            "value": measure["value"],
            "unit": measure["unit"],
            "numerator": measure.get("numerator"),
            "denominator": measure.get("denominator"),
            "n": measure.get("n"),
        }
        for name, measure in measures.items()
    ]
