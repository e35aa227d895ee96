"""Articles for a generated desk, as the program would have written them.

    python -m tests.bench.articles COUNT FOLDER

The same count always makes the same files. Four in five are published, a third speak Chinese;
each is made by the verbs themselves (desk.articles) and written by desk.codec.
"""

import os
import random
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from desk import articles, codec, lifecycle, store
from desk.lifecycle import Act
from desk.model import SOLVES, Article, Value
from tests.bench import phrases
from tests.bench.desks import NOW, commit, rules
from tests.bench.phrases import CHINESE, ENGLISH, Voice

# What becomes of an article, with how often.
_LIVES = {
    "new": 4,
    "new submit": 4,
    "new submit reject": 2,
    "new submit approve": 50,
    "new submit approve use use helpful": 25,
    "new submit approve use unhelpful renew": 5,
    "new submit approve retire": 10,
}
_WRITERS = ("ben", "mia", "hugo", "vera", "clara")
_LEADS = ("chen", "lin", "omar", "zhao")
_AUDIENCES = {"internal": 60, "public": 35, "network": 5}


def article(number: int) -> Article:
    """Article `number`, from 0."""
    draw = random.Random(f"article {number}")
    made = NOW - timedelta(days=2 + 500 * draw.random())
    record_id = store.new_id("KB", made, number * 0x9E3779B1 + 0xDE5C & 0x1FFFFFF)
    verbs = draw.choices(list(_LIVES), list(_LIVES.values()))[0].split()
    record = _drafted(record_id, draw, made)
    at = made
    for verb in verbs[1:]:
        at += (NOW - at) * draw.uniform(0.01, 0.3)
        record = _after(verb, record, draw, at)
    return record


def _drafted(record_id: str, draw: random.Random, at: datetime) -> Article:
    voice = Voice(draw, CHINESE if draw.random() < 1 / 3 else ENGLISH)
    category = draw.choice(list(phrases.TITLES))
    fields: dict[str, Value] = {
        "audience": draw.choices(list(_AUDIENCES), list(_AUDIENCES.values()))[0],
        "category": category,
        "tags": [draw.choice(phrases.TAGS)],
        "symptoms": voice.description(),
        "cause": voice.say(phrases.CAUSES),
        "solution": voice.say(phrases.SOLUTIONS, 2),
        "body": "\n".join(f"- {voice.say(phrases.NOTES)}" for _ in range(draw.randrange(2, 9))),
    }
    act = Act(draw.choice(_WRITERS), at, rules())
    return articles.drafted(record_id, act, voice.say(phrases.TITLES[category]), fields)


def _after(verb: str, record: Article, draw: random.Random, at: datetime) -> Article:
    act = Act(draw.choice(_WRITERS), at, rules())
    lead = Act(draw.choice(_LEADS), at, rules())
    if record.text("audience") == "network":  # which nobody of another team may read
        act = lead = Act("lin", at, rules())
    if verb == "submit":
        return articles.submitted(record, Act(record.text("owner"), at, rules()))
    if verb == "approve":
        return articles.approved(record, lead)
    if verb == "reject":
        return articles.rejected(record, lead, "Which version is meant?")
    if verb == "renew":
        return articles.renewed(record, lead, None)
    if verb == "retire":
        return articles.retired(record, lead)
    if verb == "use":
        ticket = store.new_id("T", at, draw.getrandbits(25))
        used = lifecycle.with_link(record, act, SOLVES, ticket)
        assert isinstance(used, Article)
        return used
    return articles.voted(record, act, helpful=verb == "helpful")


def add(folder: Path, count: int) -> None:
    """Put so many articles into a generated desk that has none yet."""
    (folder / "kb").mkdir(exist_ok=True)
    for number in range(count):
        made = article(number)
        path = os.path.join(folder, store.path_of(made.id))
        with open(path, "x", encoding="utf-8") as file:
            file.write(codec.dump(made))
    if (folder / ".git").exists():
        commit(folder)


def main(arguments: list[str]) -> None:
    """Add the articles and say how long it took."""
    count, folder = arguments
    begun = time.perf_counter()
    add(Path(folder), int(count))
    print(f"{count} articles in {time.perf_counter() - begun:.1f} s")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
