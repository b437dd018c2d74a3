"""Paragraphs typed or pasted into a terminal."""

import os
import select
import sys

from masterkey.scripting.command_line import UserError

# Linux hands a program at most this much of one line, and drops the rest without a word, unless
# a line editor (readline) reads it key by key.
LONGEST_LINE = 4095
PASTE_PAUSE = 0.1  # seconds in which the rest of a paste arrives


def ask(prompt: str) -> str | None:
    """The text up to an empty line or Ctrl-D; None for Ctrl-D before any text.

    Empty lines inside pasted text belong to it. The prompt goes to stderr, so that stdout holds
    results alone.
    """
    edited = _start_line_editor()
    print(prompt, file=sys.stderr, flush=True)
    lines: list[str] = []
    while True:
        try:
            line = input()
        except EOFError:
            return _joined(lines)
        if not edited and len(line.encode("utf-8", "surrogateescape")) >= LONGEST_LINE:
            raise UserError(
                f"the terminal cut a line at {LONGEST_LINE} characters; save the text to a file and "
                "name the file."
            )
        if not line.strip() and not _more_waits() and _joined(lines):
            return _joined(lines)
        lines.append(line)


def _joined(lines: list[str]) -> str | None:
    text = "\n".join(lines).strip()
    # Bytes that the terminal's encoding could not read.
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") or None


def _start_line_editor() -> bool:
    """Whether `input` reads by readline; a paste is then one piece, its newlines included."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    try:
        import readline
    except ImportError:  # Windows, whose console has no such limit
        return True
    readline.parse_and_bind("set enable-bracketed-paste on")
    # Else a paste is shown twice, first in reverse.
    readline.parse_and_bind("set enable-active-region off")
    return True


def _more_waits() -> bool:
    """Whether more of a paste follows at once (Windows cannot tell)."""
    return os.name != "nt" and bool(select.select([sys.stdin], [], [], PASTE_PAUSE)[0])
