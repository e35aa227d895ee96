"""A summary as OpenMetrics 1.0 text (pure), for monitoring to pick up.

It is valid as the older text format of Prometheus too, which is what the textfile collector of
the node exporter reads: every metric is a gauge, nothing has a time stamp (the collector refuses
a file with one), and no help holds a quotation mark, which the two formats escape differently.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from desk import dates
from desk.definitions import DEFINITIONS
from desk.errors import UsageError
from desk.render import as_json, cell
from desk.summary import Measure, Summary

Labels: TypeAlias = Mapping[str, str]
_Part: TypeAlias = tuple[Labels, Mapping[str, Measure]]
_PREFIX = "desk_"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\\r"})
# What a figure rests on, so that it can be worked out anew for several groups together.
_COUNTS: Mapping[str, str] = {
    "numerator": "The cases that count in {}.",
    "denominator": "The cases of which {} is the share.",
    "n": "The cases that {} is made of.",
}


@dataclass(frozen=True, slots=True)
class _Family:
    """A metric: a number for each set of labels."""

    name: str
    unit: str
    help: str
    samples: Sequence[tuple[Labels, float]]

    def lines(self) -> Iterator[str]:
        yield f"# TYPE {self.name} gauge"
        if self.unit:
            yield f"# UNIT {self.name} {self.unit}"
        yield f"# HELP {self.name} {self.help}"
        for labels, value in self.samples:
            yield f"{self.name}{_braced(labels)} {value}"


def text(summary: Summary, by: Sequence[str], asked_for: Labels) -> str:
    """The summary: of each group where it is grouped `by` fields, else of the whole.

    A total beside its parts would count twice where a monitoring system adds them up.
    `asked_for` (filter, since, until) are labels of every metric, so that several summaries
    can be picked up side by side.
    Raises UsageError where two fields would have the same label.
    """
    families = [_as_of(summary, by, asked_for), *_families(_parts(summary, by, asked_for))]
    lines = (line for family in families for line in family.lines())
    return "\n".join([*lines, "# EOF"]) + "\n"


def _as_of(summary: Summary, by: Sequence[str], asked_for: Labels) -> _Family:
    """When the figures were true: a moment of its own, as no sample may carry one."""
    labels = {**asked_for, **({"by": ",".join(by)} if by else {})}
    name = f"{_PREFIX}as_of_timestamp_seconds"
    told = "The moment as of which the figures are, in seconds since 1970."
    return _Family(name, "seconds", told, [(labels, round(dates.seconds(summary["as_of"])))])


def _parts(summary: Summary, by: Sequence[str], asked_for: Labels) -> list[_Part]:
    """The labels and measures of each group, of the whole where nothing is grouped."""
    if not by:
        return [(asked_for, summary["measures"])]
    names = _label_names([*asked_for, *by])
    parts: list[_Part] = []
    seen: set[tuple[str, ...]] = set()
    for group in summary["groups"]:
        values = tuple(cell(value) or "none" for value in group["by"].values())
        while values in seen:  # a text that looks like a number, or like none, beside that
            values = tuple(as_json(value) for value in values)
        seen.add(values)
        labels = dict(zip(names, (*asked_for.values(), *values), strict=True))
        parts.append((labels, group["measures"]))
    return parts


def _families(parts: Sequence[_Part]) -> Iterator[_Family]:
    """The metric of each measure, and of what it rests on."""
    for name, definition in DEFINITIONS.items():
        found = [(labels, measures[name]) for labels, measures in parts if name in measures]
        if not found:
            continue
        full = f"{_PREFIX}{name}_{definition.unit}"
        values = [(labels, measure["value"]) for labels, measure in found]
        yield _Family(full, definition.unit, definition.text, values)
        for key, told in _COUNTS.items():
            # A TypedDict is a mapping of numbers at these keys, which the checker cannot see.
            pairs = [(labels, cast(Mapping[str, float], measure)) for labels, measure in found]
            counts = [(labels, numbers[key]) for labels, numbers in pairs if key in numbers]
            if counts:
                yield _Family(f"{_PREFIX}{name}_{key}", "", told.format(full), counts)


def _label_names(fields: Sequence[str]) -> list[str]:
    """A label's name for each field: letters, digits and underscores of ASCII.

    Raises UsageError where two of them would be the same.
    """
    names: list[str] = []
    for field in fields:
        name = re.sub(r"[^\x00-\x7f]", lambda match: f"u{ord(match[0]):x}", field)
        name = re.sub(r"\W", "_", name, flags=re.ASCII)
        name = name if name[:1].isalpha() else f"by_{name}"
        if name in names:
            other = fields[names.index(name)]
            raise UsageError(f"{other!r} and {field!r} would both be the label {name}; take one")
        names.append(name)
    return names


def _braced(labels: Labels) -> str:
    """A set of labels as it stands behind a metric's name."""
    pairs = (f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{','.join(pairs)}}}" if labels else ""
