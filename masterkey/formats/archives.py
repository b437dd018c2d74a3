"""A folder of NOMAD archives: one `*.archive.json` a device, and beside it what an archive has no place for.

`10.1000_x.archive.json` has the device; `10.1000_x.evidence.json` its confidence, source and evidence by
field, what was predicted, and which device of its paper it is. NOMAD reads the first alone.
"""

from dataclasses import replace
from pathlib import Path

from masterkey.formats import nomad, nomad_llm
from masterkey.formats.devices import Device, numbered
from masterkey.formats.file_names import file_names
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json, write_json
from masterkey.scripting.new_folder import new_folder

BYTES_PER_DEVICE = 30_000  # more than the two files take
ENDING, SIDE_ENDING = ".archive.json", ".evidence.json"
_KEPT_BESIDE = (
    *("role", "name", "task", "title", "method"),
    *("confidence", "source", "evidence", "quotes", "predicted", "interval"),
)


def write_archives(devices: list[Device], folder: str | Path, form=nomad) -> None:
    """Write the archives and their side files; `form` is the module of the class (nomad, nomad_llm).

    The folder appears when it is complete. Raises `UserError` where it holds something already: archives of
    another run would stay between the new ones.
    """
    names = file_names([device.id for device in devices])
    with new_folder(folder, BYTES_PER_DEVICE * len(devices)) as new:
        for name, device in zip(names, devices, strict=True):
            beside = {"id": device.id} | {key: getattr(device, key) for key in _KEPT_BESIDE}
            write_json(new / f"{name}{SIDE_ENDING}", {k: v for k, v in beside.items() if v})
            write_json(new / f"{name}{ENDING}", form.archive_of(device))


def read_archives(paths: list[Path]) -> list[Device]:
    """The devices of archive files, with what stands beside them. Raises `UserError` for other files."""
    devices = [_read(path) for path in paths]
    ids = [device.paper for device in devices]
    if len(set(ids)) < len(ids):  # of several sources: the files' names tell them apart
        ids = [_stem(path) for path in paths]
    return [
        replace(device, paper=paper, number=number)
        for device, (paper, number) in zip(devices, numbered(ids), strict=True)
    ]


def _stem(path: Path) -> str:
    return path.name.removesuffix(ENDING)


def _read(path: Path) -> Device:
    archive = read_json(path)
    if not isinstance(archive, dict):
        raise UserError(f"{path}: is no NOMAD archive (a JSON object with 'data').")
    data = archive.get("data")
    form = nomad_llm if isinstance(data, dict) and nomad_llm.is_llm_class(data) else nomad
    device = form.device_of(archive, str(path))
    if device.paper == str(path):
        device = replace(device, paper=_stem(path))
    side = path.with_name(_stem(path) + SIDE_ENDING)
    beside = read_json(side) if side.exists() else {}
    told = {key: beside[key] for key in _KEPT_BESIDE if key in beside}
    text = path.with_name(_stem(path) + ".txt")
    if text.exists():
        told["text"] = text.read_text(encoding="utf-8")
    return replace(device, **told)
