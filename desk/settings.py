"""A settings file in YAML, read so that every mistake in it is reported at once."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from desk import dates, yamltext
from desk.errors import DamagedError, UsageError, nearest
from desk.model import Value

# Nothing is promised or waited for longer than this, and no date goes beyond what Python knows.
LONGEST = timedelta(days=36_525)


def no_files(name: str) -> str:
    """What a reader has where no file may be named; raises ValueError."""
    raise ValueError(f"{name} cannot be read from here")


class Reader:
    """Takes values out of one settings file and gathers its mistakes as (line, sentence)."""

    def __init__(
        self,
        text: str,
        path: str,
        parse: Callable[[str], Value],
        beside: Callable[[str], str] = no_files,
    ) -> None:
        """Parse the text; `path` is what its mistakes are said of.

        `parse` gives the value of the text, `beside` the text of a file beside it that a setting
        names.
        Raises DamagedError where it is no YAML or no mapping.
        """
        self.path = path
        self.beside = beside
        self.problems: list[tuple[int, str]] = []
        self._text = text
        try:
            value = parse(text)
        except DamagedError as error:
            if error.problem.startswith(yamltext.CONFLICT):
                problem = f"{yamltext.CONFLICT}; settle it by hand, then git add {path}"
                raise DamagedError(problem, path, error.line) from error
            raise error.in_file(path) from error
        if not isinstance(value, dict):
            raise DamagedError("this file is a mapping of settings, `name: …`", path, 1)
        self.top = value

    def refuse_mistakes(self) -> None:
        """Raise DamagedError that lists every mistake with its line, if there is one."""
        if self.problems:
            (first_line, first), *others = sorted(set(self.problems))
            more = "".join(f"\n{self.path}:{line}: {problem}" for line, problem in others)
            raise DamagedError(first + more, self.path, first_line)

    def problem(self, sentence: str, *path: str | int) -> None:
        """Note a mistake in the value under that path of keys and positions."""
        self.problems.append((self.line(*path), sentence))

    def line(self, *path: str | int) -> int:
        """The line (from 1) at which the value under that path stands."""
        from desk import yamlreader

        return yamlreader.line_of(self._text, *path)

    def only(self, mapping: Mapping[str, Value], allowed: Iterable[str], *path: str | int) -> None:
        """Note every key of the mapping that is not allowed."""
        for key in mapping:
            if key not in allowed:
                self.problem(f"{key!r} is no setting here; {nearest(key, allowed)}", *path, key)

    def known(self, value: str, known: Iterable[str], *path: str | int) -> None:
        """Note a value that is set and not among the known ones."""
        if value and value not in known:
            self.problem(f"{value!r} is not known here; {nearest(value, known)}", *path)

    def at(self, *path: str | int) -> Value:
        """The value under that path of keys and positions, None where there is none."""
        value: Value = self.top
        for key in path:
            if isinstance(value, list) and isinstance(key, int):
                value = value[key]
            else:
                value = value.get(str(key)) if isinstance(value, dict) else None
        return value

    def count(self, *path: str | int) -> int:
        """How many items the list there has, none where there is no list."""
        value = self.at(*path)
        if value is None or isinstance(value, list):
            return len(value or ())
        self.problem(f"{_named(path)} is a list, one `- …` for each", *path)
        return 0

    def mapping(self, *path: str | int) -> Mapping[str, Value]:
        """The mapping there, empty where there is none."""
        value = self.at(*path)
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        self.problem(f"{_named(path)} is a mapping", *path)
        return {}

    def text(self, *path: str | int, default: str = "") -> str:
        """The text there."""
        value = self.at(*path)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        self.problem(f"{path[-1]!r} is text; put it in quotes", *path)
        return default

    def texts(self, *path: str | int, example: str = "[one, two]") -> tuple[str, ...]:
        """The list of texts there; `example` shows how it is written."""
        value = self.at(*path)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(str(item) for item in value)
        self.problem(f"{path[-1]!r} is a list of texts: {example}", *path)
        return ()

    def names(self, *path: str | int) -> tuple[str, ...]:
        """The list of names there: texts without commas, and without spaces at their ends."""
        names = self.texts(*path)
        for place, name in enumerate(names):
            if not name or name != name.strip() or "," in name:
                self.problem(f"{name!r} is no name; no comma, no space at its ends", *path, place)
        return names

    def whole(self, *path: str | int, default: int) -> int:
        """The whole number from 1 there."""
        value = self.at(*path)
        if type(value) is int and value >= 1:
            return value
        if value is not None:
            self.problem(f"{path[-1]!r} is a whole number from 1", *path)
        return default

    def length(self, *path: str | int, default: str = "") -> timedelta | None:
        """The length of time there in whole seconds, such as `5d`, None where there is none."""
        value = self.at(*path)
        text = str(default if value is None else value)
        try:
            return length_of(text) if text else None
        except ValueError as error:
            self.problem(str(error), *path)
            return None

    def flag(self, *path: str | int) -> bool:
        """The true or false there, false where there is none."""
        value = self.at(*path)
        if value is None or type(value) is bool:
            return bool(value)
        self.problem(f"{path[-1]!r} is true or false", *path)
        return False

    def timezone(self, *path: str | int, default: str) -> str:
        """The name of a time zone there."""
        name = self.text(*path, default=default)
        try:
            if name or self.at(*path) is not None:
                dates.zone(name)
        except UsageError as error:
            self.problem(str(error), *path)
        return name


def length_of(text: str) -> timedelta:
    """The length of time that the text says, up to LONGEST, to the second.

    Raises ValueError for anything else.
    """
    length = dates.duration(text)
    if length > LONGEST:
        raise ValueError(f"{text!r} is over a hundred years; write a shorter time")
    return timedelta(seconds=round(length.total_seconds()))


def _named(path: tuple[str | int, ...]) -> str:
    """How a sentence names what stands at the end of that path."""
    *above, last = path
    return f"entry {last + 1} of {above[-1]!r}" if isinstance(last, int) else repr(last)
