"""Text in Markdown that stands there as it is, whatever it holds (GitHub's dialect, pure).

In CommonMark a backslash takes its meaning from any ASCII punctuation. What GitHub makes of
the text afterwards (mentions, references to issues, bare addresses) knows no backslash, so
there a zero-width space stands between the mark and what it would act on.
"""

import re

_APART = "&#8203;"
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# An underscore within a word never begins or ends emphasis.
_ACTING = re.compile(r"[\\`*\[\]|~$#]|(?<![^\W_])_|_(?![^\W_])")
_LINKING = re.compile(
    r"""(?<=@)(?=\w)            # a mention, an address of mail
      | (?<=\#)(?=\d)           # an issue
      | (?<=\bGH-)(?=\d)        # an issue too
      | (?<=:)(?=//)            # an address with its scheme
      | (?<=\bwww)(?=\.)        # and without""",
    re.VERBOSE | re.IGNORECASE,
)


def escaped(text: str) -> str:
    """One line of text that Markdown shows as it is, in a heading or the cell of a table."""
    parts = _LINKING.split(text)
    return _APART.join(_ACTING.sub(r"\\\g<0>", part.translate(_ENTITIES)) for part in parts)


def fenced(text: str) -> str:
    """Lines of text as a block in which nothing acts."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    body = text if text.endswith("\n") else f"{text}\n"
    return f"{fence}\n{body}{fence}\n"
