"""The papers that files and folders name, each with its supporting information, in one fixed order."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from masterkey.papers.files import SUFFIXES, path_as_text
from masterkey.scripting.command_line import UserError

_SUPPORTING = re.compile(
    r"(?P<paper>.+?)[ ._-](?:e?si|supp(?:l|orting|lementary|lement)?(?:[ ._-]?(?:info(?:rmation)?|materials?|data))?"
    r"|supporting[ ._-]?information)(?:[ ._-]?\d{1,2})?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PaperFile:
    """A paper to read: `path` as it was found, `number` its place among all."""

    path: str
    number: int
    supporting: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What the paper is called in every output."""
        return path_as_text(self.path)


def paper_files(paths: Iterable[str]) -> list[PaperFile]:
    """The papers of files (whatever they are called) and folders (of known endings, at any depth).

    NAME_SI.pdf, NAME-supp.docx and the like belong to the paper NAME beside them. Raises `UserError`
    where a path does not exist or a folder holds no paper.
    """
    found = dict.fromkeys(own for path in paths for own in _files(path))
    by_name = defaultdict(list)
    for path in found:
        by_name[(str(Path(path).parent), Path(path).stem.lower())].append(path)
    supporting: dict[str, list[str]] = defaultdict(list)
    for path in found:
        match = _SUPPORTING.fullmatch(Path(path).stem)
        owners = by_name.get((str(Path(path).parent), match["paper"].lower())) if match else None
        for owner in owners or ():
            supporting[owner].append(path)
    belonging = {own for others in supporting.values() for own in others}
    papers = [path for path in found if path not in belonging]
    return [
        PaperFile(path, number, tuple(sorted(supporting.get(path, ()))))
        for number, path in enumerate(papers)
    ]


def _files(path: str) -> list[str]:
    folder = Path(path)
    if not folder.is_dir():
        if not folder.exists():
            raise UserError(f"{path}: no such file or folder; check the path.")
        return [path]
    found = sorted(
        own.as_posix()
        for own in folder.rglob("*")
        if own.suffix.lower() in SUFFIXES and own.is_file() and not _is_hidden(own, folder)
    )
    if not found:
        raise UserError(
            f"{path}: holds no paper ({', '.join(sorted(SUFFIXES))}); name another folder, or the files."
        )
    return found


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)


def shard_of(papers: list[PaperFile], shard: str | None) -> list[PaperFile]:
    """The K-th of N shares, "K/N" with K from 1 to N: every N-th paper, so that shares take equally long.

    Raises `UserError` for anything else.
    """
    if shard is None:
        return papers
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", shard)
    number, n = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= number <= n:
        raise UserError(f"--shard {shard}: give K/N with K from 1 to N, for example 1/4.")
    return papers[number - 1 :: n]
