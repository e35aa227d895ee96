"""How right `desk suggest` is about categories, and how quick, on 38,225 real tickets.

    python -m tests.bench.suggestions [it_service_tickets.csv.gz]

A fifth of the file (that in ../shared/data unless it is named), chosen by a hash of the text,
is asked for after the rest was learnt. Beside it on the same split, where scikit-learn is
installed, are TfidfVectorizer and LinearSVC with their own settings and with pairs of words.
Whoever published the tickets has lower-cased them and removed the commonest words.
"""

import csv
import gzip
import hashlib
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from desk.experience import TABLES, Experience, Lesson

TICKETS = Path(__file__).parents[3] / "shared" / "data" / "it_service_tickets.csv.gz"
RECORDS = "CREATE TABLE record (number INTEGER PRIMARY KEY, head TEXT, log TEXT)"


class Row(NamedTuple):
    """A ticket of the data set."""

    text: str
    category: str


class Answer(NamedTuple):
    """What was suggested for a ticket; `seconds` are those of the whole suggestion.

    `busy` are seconds of the processor, which do not grow with what else the machine has to do.
    """

    row: Row
    category: str
    confidence: float
    seconds: float
    busy: float

    @property
    def is_right(self) -> bool:
        """Whether the category suggested is the ticket's own."""
        return self.category == self.row.category


def split(file: Path = TICKETS, share: int = 1) -> tuple[list[Row], list[Row]]:
    """The rows to learn and those to ask for, or one in `share` of both."""
    parts: tuple[list[Row], list[Row]] = ([], [])
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        for found in csv.DictReader(lines):
            row = Row(found["description"], found["category"])
            digest = int(hashlib.sha256(row.text.encode()).hexdigest(), 16)
            if digest // 5 % share == 0:
                parts[digest % 5 == 0].append(row)
    return parts


def learn(rows: Iterable[Row], file: Path) -> None:
    """An index of resolved tickets with those texts, with what suggestions are made from."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.executescript(f"{RECORDS}; {';'.join(TABLES)}; BEGIN")
        heads = ({"title": "", "category": row.category, "description": row.text} for row in rows)
        connection.executemany(
            "INSERT INTO record VALUES (?, ?, '')",
            ((number, json.dumps(head)) for number, head in enumerate(heads, 1)),
        )
        lessons = (
            Lesson(number, row.text, (row.category, "", "")) for number, row in enumerate(rows, 1)
        )
        experience = Experience(connection)
        experience.learn(lessons)
        experience.prove()
        connection.execute("COMMIT")


def ask(rows: Iterable[Row], file: Path) -> list[Answer]:
    """What is suggested for each, every time as a command does: with a connection of its own."""
    answers = []
    for row in rows:
        begun, busy = time.perf_counter(), time.process_time()
        with closing(sqlite3.connect(file)) as connection:
            advice = Experience(connection).advice(row.text)
        seconds, busy = time.perf_counter() - begun, time.process_time() - busy
        best = advice.guesses["category"][0]
        answers.append(Answer(row, best.value, best.confidence, seconds, busy))
    return answers


def accuracy(answers: Sequence[Answer]) -> float:
    """The share of the answers that are right."""
    return statistics.fmean(answer.is_right for answer in answers)


def surest_half(answers: Sequence[Answer]) -> list[Answer]:
    """The half of the answers that are the surest."""
    return sorted(answers, key=lambda answer: -answer.confidence)[: len(answers) // 2]


def macro_f1(answers: Sequence[Answer]) -> float:
    """The mean over the categories of the harmonic mean of precision and recall."""
    right = Counter(answer.category for answer in answers if answer.is_right)
    said = Counter(answer.category for answer in answers)
    true = Counter(answer.row.category for answer in answers)
    return statistics.fmean(2 * right[one] / (said[one] + true[one]) for one in true)


def recalls(answers: Sequence[Answer]) -> dict[str, float]:
    """The share of each category's tickets for which it was suggested."""
    right = Counter(answer.category for answer in answers if answer.is_right)
    true = Counter(answer.row.category for answer in answers)
    return {category: right[category] / true[category] for category in sorted(true)}


def deciles(answers: Sequence[Answer]) -> list[tuple[float, float]]:
    """From the least sure tenth to the surest: the mean confidence, and the share right."""
    order = sorted(answers, key=lambda answer: answer.confidence)
    cuts = [len(order) * tenth // 10 for tenth in range(11)]
    tenths = [order[begin:end] for begin, end in pairwise(cuts)]
    return [
        (statistics.fmean(answer.confidence for answer in tenth), accuracy(tenth))
        for tenth in tenths
    ]


def scikit(learnt: Sequence[Row], asked: Sequence[Row], **settings: object) -> list[Answer]:
    """The answers of scikit-learn; its confidence is the margin, which is no probability."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    vectorizer = TfidfVectorizer(**settings)
    model = LinearSVC().fit(
        vectorizer.fit_transform([row.text for row in learnt]), [row.category for row in learnt]
    )
    answers = []
    for row in asked:
        begun, busy = time.perf_counter(), time.process_time()
        scores = model.decision_function(vectorizer.transform([row.text]))[0].tolist()
        seconds, busy = time.perf_counter() - begun, time.process_time() - busy
        second, first = sorted(scores)[-2:]
        category = str(model.classes_[scores.index(first)])
        answers.append(Answer(row, category, first - second, seconds, busy))
    return answers


def line(name: str, answers: Sequence[Answer]) -> str:
    """A line of the table."""
    taken = [_milliseconds([answer.seconds for answer in answers])]
    taken.append(_milliseconds([answer.busy for answer in answers]))
    return (
        f"{name:<34} accuracy {accuracy(answers):.4f}  macro-F1 {macro_f1(answers):.4f}  "
        f"surest half {accuracy(surest_half(answers)):.4f}  "
        f"ms {taken[0]} (processor {taken[1]})"
    )


def _milliseconds(seconds: Sequence[float]) -> str:
    """The median and the 99th percentile."""
    taken = sorted(1000 * one for one in seconds)
    return f"{statistics.median(taken):.1f}, 99 % {taken[len(taken) * 99 // 100]:.1f}"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    learnt, asked = split(*map(Path, arguments))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "index.sqlite"
        begun = time.perf_counter()
        learn(learnt, file)
        _say(f"{len(learnt)} tickets learnt in {time.perf_counter() - begun:.1f} s")
        ours = ask(asked, file)
    _say(line("desk", ours))
    others = {}
    try:
        others["TfidfVectorizer, LinearSVC"] = scikit(learnt, asked)
        others["… of words and pairs, sublinear"] = scikit(
            learnt, asked, ngram_range=(1, 2), sublinear_tf=True
        )
    except ImportError:
        _say("scikit-learn is not installed, so there is nothing to compare with")
    for name, answers in others.items():
        _say(line(name, answers))
    _say("recall: category, desk, the others")
    for category in recalls(ours):
        found = (f"{recalls(one)[category]:.3f}" for one in (ours, *others.values()))
        _say(f"  {category:<24} {'  '.join(found)}")
    _say("confidence of desk by tenths: said, right")
    for said, right in deciles(ours):
        _say(f"  {said:.3f}  {right:.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
