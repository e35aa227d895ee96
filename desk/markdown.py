"""Text in Markdown that stands there as it is, whatever it holds (GitHub's dialect, pure).

In CommonMark a backslash takes its meaning from any ASCII punctuation. What GitHub makes of
the text afterwards (mentions, references to issues, bare addresses) knows no backslash, so
there a zero-width space stands between the mark and what it would act on.
"""

import re

_APART = "&#8203;"
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Both patterns are compiled when a text needs them: that takes long.
# An underscore within a word never begins or ends emphasis.
_ACTING = r"[\\`*\[\]|~$#]|(?<![^\W_])_|_(?![^\W_])"
_LINKING = r"""(?xi)
        (?<=@)(?=\w)            # a mention, an address of mail
      | (?<=\#)(?=\d)           # an issue
      | (?<=\bGH-)(?=\d)        # an issue too
      | (?<=:)(?=//)            # an address with its scheme
      | (?<=\bwww)(?=\.)        # and without
"""


def escaped(text: str) -> str:
    """One line of text that Markdown shows as it is, in a heading or the cell of a table."""
    parts = re.split(_LINKING, text)
    return _APART.join(re.sub(_ACTING, r"\\\g<0>", part.translate(_ENTITIES)) for part in parts)


def fenced(text: str) -> str:
    """Lines of text as a block in which nothing acts."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    body = text if text.endswith("\n") else f"{text}\n"
    return f"{fence}\n{body}{fence}\n"
