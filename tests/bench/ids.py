"""How often two clones that never see each other draw the same id, on paper and by drawing.

    python -m tests.bench.ids [CLONES PER_DAY DAYS]

An id has a day and 25 random bits. In one clone an id in use is drawn again, so only pairs of
tickets of two clones and one day can collide: each does with a likelihood of 2 ** -25.
"""

import random
import sys
from collections import Counter

from desk import store

NUMBERS = 1 << 25
YEARS = 3652


def expected(clones: int, per_day: int, days: int) -> float:
    """How many pairs of tickets have one id, on average."""
    pairs = clones * (clones - 1) / 2 * per_day**2
    return days * pairs / NUMBERS


def drawn(clones: int, per_day: int, days: int, seed: int = 1) -> int:
    """How many pairs of tickets have one id in one run."""
    draw = random.Random(seed)
    pairs = 0
    for _ in range(days):
        ids: Counter[int] = Counter()
        for _ in range(clones):
            own: set[int] = set()
            while len(own) < per_day:
                own.add(draw.getrandbits(25))
            ids.update(own)
        pairs += sum(count * (count - 1) // 2 for count in ids.values() if count > 1)
    return pairs


def main(clones: int = 50, per_day: int = 200, days: int = YEARS) -> None:
    assert store.random_number() < NUMBERS
    sys.stdout.write(
        f"{clones} clones, {per_day} tickets a day each, {days} days: "
        f"{expected(clones, per_day, days):.1f} collisions expected, "
        f"{drawn(clones, per_day, days)} drawn\n"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
