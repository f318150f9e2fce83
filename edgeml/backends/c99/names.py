"""Names from model files as C identifiers and string literals."""

from __future__ import annotations

import re

_KEYWORDS = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while"
)
# A file <model>.h must not hide a system header.
_HEADERS = (
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdarg stdbool stddef "
    "stdint stdio stdlib string tgmath time wchar wctype"
)
_RESERVED = frozenset(f"{_KEYWORDS} {_HEADERS}".split())
_LONGEST = 48


def model_identifier(name: str) -> str:
    """Prefix of everything a library exports, in lower case; also its files' name."""
    text = _ascii(name).lower().strip("_") or "model"
    if text[0].isdigit() or text.startswith("edgeml") or text in _RESERVED:
        text = f"model_{text}"
    return text


class Names:
    """Hands out C identifiers, each once: `take("w", "a/b")` gives w_a_b, then w_a_b_2."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def take(self, prefix: str, name: str) -> str:
        """`prefix` keeps the result from being a keyword or from starting with a digit."""
        base = f"{prefix}_{_ascii(name).strip('_') or 'x'}"
        text, count = base, self._taken.get(base, 0)
        while text in self._taken:
            count += 1
            text = f"{base}_{count + 1}"
        # where to go on when the base comes again: many equal names take linear time
        self._taken[base] = max(count, self._taken.get(base, 0))
        self._taken.setdefault(text, 0)
        return text


def string_literal(text: str) -> str:
    """A C string literal; UTF-8 bytes and control characters in octal, `?` escaped against trigraphs."""
    out = []
    for byte in text.encode("utf-8", "replace"):
        char = chr(byte)
        if char in '"\\?':
            out.append("\\" + char)
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def comment_text(text: str) -> str:
    """Text that is safe inside a C comment, in one line of ASCII."""
    plain = "".join(c if 32 <= ord(c) < 127 else "_" for c in text)
    return plain.replace("*/", "*_/").replace("/*", "/_*").replace("??", "?_")


def _ascii(name: str) -> str:
    return re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9]", "_", name))[:_LONGEST]
