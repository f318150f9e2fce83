"""Text that comes from files, made safe to show: no control characters, no hidden or direction-changing ones."""

from __future__ import annotations

LONGEST_NAME = 1024
_LONGEST_MESSAGE = 8000


def clean_name(text: str) -> str:
    """`text` as the name of a tensor, node, graph or class: printable characters in one line, of bounded length.

    Everything else (escape sequences, NUL, line ends, bidirectional marks, lone surrogates) becomes "_".
    """
    if len(text) > LONGEST_NAME:
        text = text[:LONGEST_NAME]
    # isprintable covers whole strings fast; it is false for control, format, surrogate and private characters
    return text if text.isprintable() else "".join(c if c.isprintable() else "_" for c in text)


def clean_message(text: str) -> str:
    """`text` safe for a terminal; line ends stay, what else does not print becomes the replacement character."""
    if len(text) > _LONGEST_MESSAGE:
        text = f"{text[: _LONGEST_MESSAGE // 2]} […] {text[-_LONGEST_MESSAGE // 2 :]}"
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
