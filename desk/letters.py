"""Letters and digits as East Asian keyboards write them (pure)."""

_PLAIN = (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))
_NARROW = {0xFEE0 + code: code for code in _PLAIN}


def narrow(text: str) -> str:
    """The text with wide letters and digits (ＶＰＮ) as others; its length stays."""
    return text if text.isascii() else text.translate(_NARROW)
