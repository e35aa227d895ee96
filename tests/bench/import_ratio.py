"""How long `desk import` takes beside bare dumping and writing of the same records.

    python -m tests.bench.import_ratio FILE.csv[.gz]

Imports the file into a new desk in a temporary folder (in a process of its own, whose memory
is measured), again to see that nothing changes, and writes the same records barely. Prints
the figures; a test asserts on them.
"""

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from desk import codec, importer, importmap, store
from desk.model import Record
from desk.store import Desk

POLICY = "format: 1\nname: Bench\nprefix: T\ntimezone: UTC\n"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_CHUNK = 1000


@dataclass(frozen=True)
class Figures:
    """Seconds and counts of one run; `changed` are files that the second import touched.

    The seconds of the processor do not grow with what else the machine has to do.
    """

    tickets: int
    events: int
    refused: int
    megabytes: float
    import_seconds: float
    again_seconds: float
    yaml_seconds: float
    codec_seconds: float
    import_processor: float
    yaml_processor: float
    memory_mb: float
    changed: int
    rewritten_otherwise: int

    def lines(self) -> Iterator[str]:
        """The figures as they are printed."""
        rate = self.tickets / self.import_seconds
        yield (
            f"import: {self.tickets} tickets, {self.events} events, {self.megabytes:.1f} MB in "
            f"{self.import_seconds:.1f} s ({rate:.0f} tickets/s), {self.refused} rows refused"
        )
        yield (
            f"import beside yaml.CSafeDumper and plain writing: "
            f"{self.import_seconds / self.yaml_seconds:.2f} times ({self.yaml_seconds:.1f} s), "
            f"by processor time {self.ratio:.2f} times"
        )
        yield (
            f"import beside codec.dump and plain writing: "
            f"{self.import_seconds / self.codec_seconds:.2f} times ({self.codec_seconds:.1f} s)"
        )
        yield f"import: peak memory {self.memory_mb:.0f} MB"
        yield f"import again: {self.again_seconds:.1f} s, {self.changed} files changed"
        yield f"import: {self.rewritten_otherwise} files otherwise when read and written again"

    @property
    def ratio(self) -> float:
        """Import time in bare times, of the processor."""
        return self.import_processor / self.yaml_processor


def measure(
    csv: Path, folder: Path, look: Callable[[Record], None] = lambda record: None
) -> Figures:
    """Import the file into a new desk `folder`/desk and measure; `look` sees every record."""
    desk = store.make(str(folder / "desk"), POLICY)
    imported = _in_its_own_process(csv, folder / "desk")
    before = fingerprint(folder / "desk")
    start = time.perf_counter()
    the_map = importmap.shipped_map("servicenow")
    report = importer.import_file(desk, csv, the_map, now=NOW, by="bench")
    again_seconds = time.perf_counter() - start
    assert (report.created, report.extended) == (0, 0)
    after = fingerprint(folder / "desk")
    yaml_seconds = codec_seconds = yaml_processor = size = otherwise = 0.0
    for records, texts in _chunks(desk):
        seconds, processor = _bare(records, folder / "yaml", _dumped_by_yaml)
        yaml_seconds += seconds
        yaml_processor += processor
        codec_seconds += _bare(records, folder / "codec", codec.dump)[0]
        for record, text in zip(records, texts, strict=True):
            look(record)
            size += len(text.encode())
            again = folder / "codec" / store.path_of(record.id)
            otherwise += again.read_text("utf-8") != text
    return Figures(
        tickets=int(imported["created"]),
        events=int(imported["events"]),
        refused=int(imported["refused"]),
        megabytes=size / 1e6,
        import_seconds=imported["seconds"],
        again_seconds=again_seconds,
        yaml_seconds=yaml_seconds,
        codec_seconds=codec_seconds,
        import_processor=imported["processor"],
        yaml_processor=yaml_processor,
        memory_mb=imported["memory_mb"],
        changed=len(before.items() ^ after.items()),
        rewritten_otherwise=int(otherwise),
    )


def fingerprint(root: Path) -> dict[str, tuple[str, int]]:
    """(hash, time of change) of every ticket's file."""
    return {
        str(path.relative_to(root)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(root.glob("tickets/**/*.yaml"))
    }


def _in_its_own_process(csv: Path, root: Path) -> dict[str, float]:
    command = [sys.executable, "-m", __spec__.name, "--into", str(root), str(csv)]
    ended = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    figures: dict[str, float] = json.loads(ended.stdout)
    return figures


def _import_into(root: str, csv: str) -> None:
    desk = Desk(root)
    start, processor = time.perf_counter(), time.process_time()
    report = importer.import_file(
        desk, Path(csv), importmap.shipped_map("servicenow"), now=NOW, by="bench"
    )
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    figures = {
        "created": report.created,
        "events": report.events,
        "refused": len(report.refused),
        "seconds": seconds,
        "processor": processor,
        "memory_mb": _peak_memory(),
    }
    print(json.dumps(figures))  # noqa: T201


def _peak_memory() -> float:
    """The most memory that this process has had, in MB.

    On Linux ru_maxrss counts what the parent had when it made this process, so the peak of
    the process's own memory is read where the system tells it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _chunks(desk: Desk) -> Iterator[tuple[list[Record], list[str]]]:
    """The records of the desk, with the texts of their files, some at a time."""
    ids = desk.ids()
    for done in range(0, len(ids), _CHUNK):
        texts = [desk.text(store.path_of(one)) for one in ids[done : done + _CHUNK]]
        yield [codec.load(text) for text in texts], texts


def _bare(
    records: list[Record], folder: Path, dump: Callable[[Record], str]
) -> tuple[float, float]:
    """Seconds, and those of the processor, to dump and write the records without any care."""
    paths = [folder / store.path_of(record.id) for record in records]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    start, processor = time.perf_counter(), time.process_time()
    for record, path in zip(records, paths, strict=True):
        with open(path, "w", encoding="utf-8") as file:
            file.write(dump(record))
    return time.perf_counter() - start, time.process_time() - processor


def _dumped_by_yaml(record: Record) -> str:
    text: str = yaml.dump(
        codec.as_dict(record), Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False
    )
    return text


def main(arguments: list[str]) -> None:
    """Measure and print, or as the inner process import into a desk."""
    if arguments[0] == "--into":
        _import_into(*arguments[1:])
        return
    with tempfile.TemporaryDirectory() as folder:
        for line in measure(Path(arguments[0]), Path(folder)).lines():
            print(line)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
