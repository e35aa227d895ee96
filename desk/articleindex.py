"""The index asked for nothing but articles, which needs only a glance at their folder."""

from collections.abc import Callable

from desk import stamps, stored
from desk.glance import Glance, Seen
from desk.index import Found, Index, OnDamage, Progress
from desk.stamps import Stamp
from desk.store import ARTICLES, Desk

# Articles are numbered behind the tickets when the index is made, which is what makes this quick.
_OF_ARTICLES = """
FROM text
WHERE text MATCH ? AND rowid >= (SELECT min(number) FROM file WHERE folder = 'kb')
"""
_HITS = f"""
SELECT id, score FROM (
    SELECT rowid AS number, bm25(text, 8.0, 2.0, 1.0) AS score {_OF_ARTICLES}
) CROSS JOIN file USING (number) WHERE folder = 'kb' ORDER BY score, id DESC LIMIT ?
"""  # noqa: S608
_COUNT = f"""
SELECT count(*) FROM (SELECT rowid AS number {_OF_ARTICLES}) CROSS JOIN file USING (number)
WHERE folder = 'kb'
"""  # noqa: S608
_STOOD = "SELECT changed, size, inode, seal FROM folder WHERE path = 'kb'"
# Damaged ones are ranked as live. Who could not read a file may be able to now.
_UNREADABLE = "SELECT count(*) FROM file WHERE rank = ? AND folder = 'kb' AND changed < 0"


class ArticleIndex(Index):
    """The index of one desk, of which full text gives articles only.

    What stands in their logs is not searched: earlier texts, and what was said of them.
    `seen` tells how the folder of the articles is.
    """

    _COUNT = _COUNT

    def __init__(self, desk: Desk, progress: Progress, seen: Seen) -> None:
        super().__init__(desk, progress)
        self._seen = seen

    def hits(
        self, match: str, limit: int = -1, among: Found = "articles"
    ) -> list[tuple[str, float]]:
        """As `Index.hits`, of articles."""
        return super().hits(_of_texts(match), limit, among)

    def _hits_among(self, among: Found) -> str:  # noqa: ARG002
        return _HITS

    def has(self, match: str) -> int:
        """How many articles an FTS5 expression holds for."""
        return super().has(_of_texts(match))

    def tell_damage(self, on_damage: OnDamage) -> None:
        """Tell of every damaged file of an article."""
        of_articles = (ARTICLES, f"{ARTICLES}/")
        super().tell_damage(
            lambda error: on_damage(error) if error.path.startswith(of_articles) else None
        )

    def _is_worth_a_process(self, *, every: bool) -> bool:
        """Whether a glance is enough."""
        self._file.connection()  # which looks at every file where it is made anew
        if every or self._looked >= (every, True) or self._desk.dry_run:
            return False
        ((unreadable,),) = self._rows(_UNREADABLE, stored.LIVE)
        return not unreadable

    def _unchanged(self, *, every: bool) -> Callable[[], bool]:  # noqa: ARG002
        rows = self._file.connection().execute(_STOOD).fetchall()
        stood = [Glance(Stamp(*stamp), seal) for *stamp, seal in rows]
        nothing = Glance(None, stamps.sealed(()))

        def unchanged() -> bool:
            seen = self._seen()
            return bool(seen.seal) and [seen] == (stood or [nothing])

        return unchanged


def _of_texts(match: str) -> str:
    return f"{{title body}} : ({match})"
