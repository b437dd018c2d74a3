"""Bring the five published data files of the paper into `data/`, each verified by its SHA-256.

    python data/prepare.py                              # from the paper's public repository
    python data/prepare.py --files sii360.json sii40.json
    python data/prepare.py --source ~/Downloads         # from a folder, without a network
    python data/prepare.py --files perovskite_database  # the database of the labels: 85 MB
    python data/prepare.py --files perla                # what models read of 10 papers, scored

A file that is there and right is skipped, so a run that was stopped is simply started again. A file
appears under its name only when it is whole and its checksum agrees. The files are marked
CC BY-NC 4.0 and the paper texts in them are their publishers': git ignores them, do not commit them.

The Perovskite Database (CC BY 4.0) comes only when it is named; data/from_perovskite_database.py makes
rows of it.

`perla` takes the development part of the installed package perla-extract 0.0.6 (MIT; `pip install --no-deps
perla-extract==0.0.6`): what people agreed on of 10 papers goes to data/perla/dev.jsonl, and what seven models and
people read of them is scored by the sound track (docs/perla.md). Its test part is left alone.
"""

import hashlib
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from masterkey.rows.published_files import ON_REQUEST, PUBLISHED, SHORT_NAMES, Published
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import atomic_write, sha256

CHUNK_BYTES = 1 << 16
PERLA = "perla"
BY_HAND = "or get the files on another machine and give their folder as --source"


@dataclass
class Arguments:
    files: list[str] | None = field(
        default=None,
        metadata={
            "help": f"which files: {' '.join(PUBLISHED)} (without --files, all of these), "
            f"{' '.join(SHORT_NAMES)}, {PERLA}"
        },
    )
    source: str | None = field(
        default=None, metadata={"help": "a folder that holds the files; without it: the network"}
    )
    output_dir: str | None = field(
        default=None, metadata={"help": "where the files go (default: the folder of this script)"}
    )
    base_url: str | None = field(
        default=None,
        metadata={"help": "address of the folder to download from, where it is not the public one"},
    )
    timeout: float = field(
        default=30.0, metadata={"help": "seconds to wait for an answer of the network"}
    )
    perla_scorer: bool = field(
        default=False,
        metadata={"help": "perla: also run PERLA's own scorer, without its judge (some 7 minutes)"},
    )


def main(arguments: Arguments) -> None:
    others = [name for name in arguments.files or [] if name != PERLA]
    if others != (arguments.files or []):
        take_perla(arguments)
        if not others:
            return
    names = known_names(others)
    source = source_folder(arguments.source)
    output_dir = Path(arguments.output_dir or Path(__file__).resolve().parent)
    exit_tidily_when_stopped()
    absent = []
    for name in names:
        target = output_dir / name
        if is_published(target, published(name)):
            print(f"{name}: is there, checksum right")
        elif source and not (source / name).is_file():
            absent.append(name)
        else:
            bring(name, contents(name, source, arguments), target)
            print(f"{name}: brought, checksum right")
    if absent:
        report_absent(absent, source, asked_for=bool(others), all_absent=absent == names)
    print(f"in {output_dir}")
    if not set(names) <= set(ON_REQUEST):
        print("CC BY-NC 4.0, the paper texts are their publishers': do not commit them")
    if set(names) & set(ON_REQUEST):
        print("Perovskite Database: CC BY 4.0, cite doi 10.1038/s41560-021-00941-3")


def known_names(files: list[str] | None) -> list[str]:
    """The names asked for, or all five. Raises `UserError` for an unknown one."""
    names = [SHORT_NAMES.get(name, name) for name in files or PUBLISHED]
    unknown = [name for name in names if name not in {**PUBLISHED, **ON_REQUEST}]
    if unknown:
        raise UserError(
            f"--files {' '.join(unknown)}: unknown; the published files are "
            f"{', '.join([*PUBLISHED, *SHORT_NAMES, PERLA])}."
        )
    return list(dict.fromkeys(names))


def published(name: str) -> Published:
    """What the file of this name must be."""
    return {**PUBLISHED, **ON_REQUEST}[name]


def source_folder(source: str | None) -> Path | None:
    if source is not None and not Path(source).is_dir():
        raise UserError(f"--source {source}: is no folder; name the folder that holds the files.")
    return None if source is None else Path(source)


def is_published(path: Path, expected: Published) -> bool:
    """Whether `path` is there, byte for byte the published file."""
    if not path.exists():
        return False
    if not path.is_file():
        raise UserError(f"{path}: is a folder; move it away, or name another --output_dir.")
    return path.stat().st_size == expected.bytes and sha256(path) == expected.sha256


def bring(name: str, chunks: Iterator[bytes], target: Path) -> None:
    """Write `chunks` to a temporary file and give it its name once its checksum is right."""
    expected, digest, size = published(name), hashlib.sha256(), 0
    try:
        with atomic_write(target, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                if size > expected.bytes:  # whatever it is, it need not fill the disk
                    break
            refuse_other_content(name, size, digest.hexdigest())
    except OSError as error:
        raise UserError(
            f"{target}: cannot be written ({error.strerror}); name a writable --output_dir."
        ) from None


def refuse_other_content(name: str, size: int, digest: str) -> None:
    expected = published(name)
    if size < expected.bytes:
        raise UserError(
            f"{name}: ended after {size} of {expected.bytes} bytes; nothing was kept, "
            f"run the command again, {BY_HAND}."
        )
    if size > expected.bytes:
        raise UserError(
            f"{name}: is longer than the published {expected.bytes} bytes, so it is another file; "
            f"nothing was kept, check the source, {BY_HAND}."
        )
    if digest != expected.sha256:
        raise UserError(
            f"{name}: its SHA-256 is {digest}, the published file's {expected.sha256}; "
            f"nothing was kept, check the source, {BY_HAND}."
        )


def contents(name: str, source: Path | None, arguments: Arguments) -> Iterator[bytes]:
    """The bytes of a file in chunks, from the source folder or else from the network."""
    if source:
        return read_file(source / name)
    base_url = arguments.base_url or published(name).base_url
    return download(f"{base_url.rstrip('/')}/{name}", name, arguments.timeout)


def read_file(path: Path) -> Iterator[bytes]:
    """The bytes of a file, in chunks."""
    try:
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); check the file and its permissions."
        ) from None


def download(url: str, name: str, timeout: float) -> Iterator[bytes]:
    """The bytes at `url`, in chunks, under a progress bar.

    Raises `UserError` where the network, the server or the transfer fails. A body that ends early
    is not noticed here (`http.client` says nothing when it is read in chunks) but by its size.
    """
    from tqdm import tqdm

    try:
        with (
            urllib.request.urlopen(url, timeout=timeout) as response,
            tqdm(total=published(name).bytes, desc=name, unit="B", unit_scale=True) as bar,
        ):
            while chunk := response.read(CHUNK_BYTES):
                bar.update(len(chunk))
                yield chunk
    except urllib.error.HTTPError as error:
        raise UserError(
            f"{url}: the server answered {error.code} ({error.reason}); check the address, {BY_HAND}."
        ) from None
    except (OSError, HTTPException, ValueError) as error:
        # URLError and time-outs are OSErrors; a malformed address is a ValueError.
        reason = getattr(error, "reason", error)
        reason = getattr(reason, "strerror", None) or reason
        raise UserError(
            f"{url}: could not be downloaded ({reason}); check the network and run the command "
            f"again, {BY_HAND}."
        ) from None


def take_perla(arguments: Arguments) -> None:
    """PERLA's development part from its package, and the scores of those who read it."""
    from masterkey.scoring.perla_run import take_development_part

    folder = Path(arguments.output_dir or Path(__file__).resolve().parent) / PERLA
    source = source_folder(arguments.source)
    print(take_development_part(folder, source, with_own_scorer=arguments.perla_scorer))
    print(f"in {folder}\nPERLA: MIT; its records are read from the package, do not commit them")


def report_absent(absent: list[str], source: Path, *, asked_for: bool, all_absent: bool) -> None:
    """Say which files the source lacks; a `UserError` where they were asked for, or none was there."""
    names = ", ".join(absent)
    if asked_for or all_absent:
        raise UserError(
            f"--source {source}: has no {names}; put them there, or name another folder."
        )
    print(f"not there: {names} (--source {source} does not have them)")


def exit_tidily_when_stopped() -> None:
    """Let Ctrl-C and `kill` end the run in one sentence, with the temporary file removed."""

    def stop(number, frame):
        print("\nstopped; nothing half-written was left, run it again to go on.", file=sys.stderr)
        raise SystemExit(128 + number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
