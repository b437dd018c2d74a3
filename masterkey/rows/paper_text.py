"""The text of one paper as a user has it: UTF-8 text, or a PDF that holds text."""

import io
import re
import unicodedata
import zlib
from pathlib import Path

from masterkey.scripting.command_line import UserError

# The longest input of the published rows has 8,814 characters: a text up to here is a section.
LONGEST_SECTION = 10_000
SHORTEST_SECTION = 300
LONGEST_PRINTED_LINE = 200

_NUMBERING = r"[ \t]*(?:\d+(?:\.\d+)*\.?|[IVX]+\.)?[ \t]*"
_SECTION = re.compile(
    rf"^{_NUMBERING}(?:experimental(?: (?:section|methods?|details?|procedures?|part))?|methods?"
    r"|(?:materials|methods|experimental) and (?:materials|methods|devices?)"
    r"|(?:solar cell|device) fabrication)[ \t]*[:.]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_NEXT_SECTION = re.compile(
    rf"^{_NUMBERING}(?:results?|discussion|results and discussion|conclusions?|summary|outlook"
    r"|acknowledge?ments?|references|notes(?: and references)?|supporting information"
    r"|associated content|author (?:information|contributions?)|data availability(?: statement)?"
    r"|(?:competing|conflicts? of) interests?|funding|additional information)[ \t]*[:.]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
# The hyphen before the word makes it a part of a name: "4-tert-\nbutylpyridine".
_BROKEN_WORD = re.compile(r"(-?)\b([^\W_]+)[-\u2010\u00ad][ \t]*\n[ \t]*([^\W_]+)")
_LINE_BREAK = re.compile(r"(?<!\n)[ \t]*\n[ \t]*(?!\n)")


def read_paper(path: str | Path) -> str:
    """The text of a file. Raises `UserError` where it cannot be read or holds no text."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); name a text file or a PDF."
        ) from None
    return decode_paper(data, str(path))


def decode_paper(data: bytes, where: str) -> str:
    """The text of a file's bytes; `where` names it in a `UserError`."""
    is_pdf = b"%PDF-" in data[:1024]
    text = _pdf_text(data, where) if is_pdf else _plain_text(data, where)
    if not text.strip():
        raise UserError(f"{where}: holds no text; give the experimental section of a paper.")
    return text


def _plain_text(data: bytes, where: str) -> str:
    if b"\0" in data:
        raise UserError(f"{where}: is neither text nor a PDF; save it as UTF-8 text or as a PDF.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where}: byte {error.start} is not UTF-8; save the file as UTF-8 text."
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _pdf_text(data: bytes, where: str) -> str:
    """The text of all pages, in their lines."""
    import logging

    from pypdf import PdfReader
    from pypdf.errors import DependencyError, DeprecationError, FileNotDecryptedError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns of every slip of the format
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise FileNotDecryptedError
        text = "\n".join(page.extract_text().strip("\n") for page in reader.pages)
    except (FileNotDecryptedError, DependencyError):
        raise UserError(f"{where}: is encrypted; save a copy without a password.") from None
    # Beside its own errors, what pypdf lets through from a damaged file.
    except (PyPdfError, DeprecationError, ArithmeticError, AttributeError, LookupError,
            RuntimeError, TypeError, ValueError, zlib.error) as error:  # fmt: skip
        raise UserError(
            f"{where}: is a PDF that cannot be read ({type(error).__name__}: {str(error)[:80]}); save "
            "it anew, or as text."
        ) from None
    if not text.strip():
        raise UserError(
            f"{where}: is a PDF without text (scanned, it seems); run a text recognition on it first."
        )
    return text


def unwrapped(text: str) -> str:
    """A text whose lines were broken to fit a page, with one line for each paragraph.

    Ligatures become letters, and hyphens at the ends of lines go, unless they belong to the word
    ("spin-\\ncoated", "PCBM-\\n60"). A text whose lines are paragraphs comes back as it is; all
    published inputs do.
    """
    lengths = [len(line) for line in text.split("\n") if line.strip()]
    n_long = sum(length > LONGEST_PRINTED_LINE for length in lengths)
    if len(lengths) < 3 or n_long > len(lengths) // 20:
        return text
    text = _LIGATURES.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    words = frozenset(_WORD.findall(text.lower()))
    hyphenated = {word.partition("-")[0] for word in words if "-" in word}

    def mended(match: re.Match) -> str:
        name, before, after = match.groups()
        joined, kept = f"{before}{after}".lower(), f"{before}-{after}".lower()
        is_name = (
            name
            or not joined.isalpha()
            or kept in words
            or (before.lower() in hyphenated and joined not in words)
        )
        return f"{name}{before}{'-' if is_name else ''}{after}"

    return _LINE_BREAK.sub(" ", _BROKEN_WORD.sub(mended, text))


def experimental_section(text: str) -> tuple[int, int] | None:
    """Start and end of the experimental section in a whole paper; None where no heading tells.

    From the heading to the next one that ends it; of several the longest.
    """
    sections = []
    for heading in _SECTION.finditer(text):
        next_one = _NEXT_SECTION.search(text, heading.end())
        sections.append((heading.start(), next_one.start() if next_one else len(text)))
    start, end = max(sections, key=lambda section: section[1] - section[0], default=(0, 0))
    return (start, end) if end - start >= SHORTEST_SECTION else None
