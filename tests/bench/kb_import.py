"""Whether `desk kb import` accounts for every file, link and picture of 461 real articles.

    python -m tests.bench.kb_import [kb_markdown.tar.gz]

Imports the files (those in ../shared/data unless they are named) into a new desk in a temporary
folder, again to see that nothing changes, and exports them. The links and pictures of each file
are counted a second time by GitHub's own parser of Markdown, and each exported text is compared
with that of its source.
"""

import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options

from desk import markdownexport, markdownimport, store
from desk.errors import DamagedError
from desk.folder import Folder
from desk.lifecycle import Act
from desk.markdownimport import CREATED, LEFT, LINKS, PICTURE_ENDS, REFUSED, UNCHANGED, Report
from desk.store import Desk

ARTICLES = Path(__file__).parents[3] / "shared" / "data" / "kb_markdown.tar.gz"
POLICY = "format: 1\nname: Bench\nprefix: T\ntimezone: UTC\n"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Figures:
    """What became of the files, and of the links and pictures in them.

    `otherwise` are files in which GitHub's parser counts other links or pictures, `lost` those
    whose text did not come back.
    """

    files: int
    ends: Counter[str]
    links: Counter[str]
    pictures: Counter[str]
    otherwise: tuple[str, ...]
    lost: tuple[str, ...]
    changed_again: int
    changed_by_export: int
    import_seconds: float
    again_seconds: float
    export_seconds: float

    @property
    def adds_up(self) -> bool:
        """Whether every file, link and picture is counted, and once."""
        return (
            self.ends.total() == self.files
            and sum(self.links[end] for end in LINKS) == self.links["found"]
            and sum(self.pictures[end] for end in PICTURE_ENDS) == self.pictures["found"]
        )

    def lines(self) -> Iterator[str]:
        """The figures as they are printed."""
        ends = ", ".join(f"{count} {end}" for end, count in self.ends.items())
        yield f"kb import: {self.files} files: {ends}, in {self.import_seconds:.1f} s"
        for what, counts in (("links", self.links), ("pictures", self.pictures)):
            told = (f"{count} {end}" for end, count in counts.items() if count and end != "found")
            yield f"kb import: {counts['found']} {what}: {', '.join(told)}"
        yield (
            f"kb import: other counts than GitHub's parser has in {len(self.otherwise)} files; "
            f"again: {self.changed_again} changed, {self.again_seconds:.1f} s"
        )
        yield (
            f"kb export: {self.files - self.ends[LEFT] - len(self.lost)} texts come back, "
            f"{len(self.lost)} otherwise, in {self.export_seconds:.1f} s; "
            f"taken in again: {self.changed_by_export} changed"
        )


def unpacked(archive: Path, folder: Path) -> Path:
    """The folder with the files of the archive."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


def measure(archive: Path, folder: Path) -> Figures:
    """Import the files of the archive into a new desk below `folder`, and export them."""
    source = unpacked(archive, folder / "source")
    desk = store.make(str(folder / "desk"), POLICY)
    report, import_seconds = _imported(desk, source)
    again, again_seconds = _imported(desk, source)
    start = time.perf_counter()
    pairs = ((one, one) for one in desk.articles(_refuse))
    out = Folder(str(folder / "out"), make=True)
    rows = list(markdownexport.write(desk, out, pairs))
    export_seconds = time.perf_counter() - start
    back, _ = _imported(desk, folder / "out")
    came_in = [row.file for row in report.rows if row.outcome == CREATED]
    assert {row.file for row in rows} == {*came_in}
    return Figures(
        files=sum(path.is_file() for path in source.rglob("*")),
        ends=Counter(row.outcome for row in report.rows),
        links=_sum(row.links for row in report.rows),
        pictures=_sum(row.pictures for row in report.rows),
        otherwise=tuple(_otherwise(report, source)),
        lost=tuple(_lost(came_in, source, folder / "out")),
        changed_again=sum(row.outcome not in (UNCHANGED, LEFT) for row in again.rows),
        changed_by_export=sum(row.outcome != UNCHANGED for row in back.rows),
        import_seconds=import_seconds,
        again_seconds=again_seconds,
        export_seconds=export_seconds,
    )


def _imported(desk: Desk, folder: Path) -> tuple[Report, float]:
    start = time.perf_counter()
    act = Act("bench", NOW, desk.policy)
    report = markdownimport.import_folder(desk, Folder(str(folder)), act)
    return report, time.perf_counter() - start


def _refuse(error: DamagedError) -> None:
    raise error


def _sum(counts: Iterator[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total


# --- beside another parser, and beside the source ------------------------------------------


class _Page(HTMLParser):
    """The links and pictures of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if (tag == "a" and "href" in names) or (tag == "img" and "src" in names):
            self.found[tag] += 1


def _otherwise(report: Report, source: Path) -> Iterator[str]:
    for row in report.rows:
        if row.outcome not in (LEFT, REFUSED):
            page = _Page()
            page.feed(_as_html(_body(_text(source / row.file))))
            page.close()
            if (row.links["found"], row.pictures["found"]) != (page.found["a"], page.found["img"]):
                yield row.file


def _as_html(text: str) -> str:
    html: str = cmarkgfm.markdown_to_html_with_extensions(
        text, options=Options.CMARK_OPT_UNSAFE, extensions=["table"]
    )
    return html


def _text(path: Path) -> str:
    return path.read_bytes().decode().replace("\r\n", "\n")


def _body(text: str) -> str:
    """What stands behind front matter, where there is any, told in another way than desk's."""
    lines = text.split("\n")
    if lines[0] == "---" and "---" in lines[1:]:
        return "\n".join(lines[lines.index("---", 1) + 1 :])
    return text


def _lost(came_in: list[str], source: Path, out: Path) -> Iterator[str]:
    for name in came_in:
        if _body(_text(out / name)) != _body(_text(source / name)):
            yield name


def main(arguments: list[str]) -> None:
    """Measure and print."""
    archive = Path(arguments[0]) if arguments else ARTICLES
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(archive, Path(folder))
    for line in figures.lines():
        print(line)  # noqa: T201
    for name in (*figures.otherwise, *figures.lost):
        print(f"  {name}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
