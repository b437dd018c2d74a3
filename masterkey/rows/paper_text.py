"""The text of one paper as a user has it: UTF-8 text, or a PDF that holds text."""

import io
import zlib
from pathlib import Path

from masterkey.scripting.command_line import UserError

# The longest input of the published rows has 8,814 characters: a text up to here is a section.
LONGEST_SECTION = 10_000


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
