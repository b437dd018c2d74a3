"""Reading a model's weight files piece by piece: safetensors and old `.bin`, single or sharded.

    weights = open_weights(folder)
    weights.tensors["lm_head.weight"]                 # TensorInfo(dtype="BF16", shape=(32000, 4096))
    weights.read("lm_head.weight", 0, 1_000_000)      # its first elements, flat

Nothing larger than the piece asked for is held in memory, and files are read, not mapped: the pages
of a mapped file count as this process's memory. The safetensors format (8 bytes of header length, a
JSON header, raw little-endian data) is read here directly. The contents of a `.bin` file are told by
`torch.load(weights_only=True)`, which runs no code from the file.
"""

import math
import pickle
import re
import struct
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import parse_json, read_json
from masterkey.weights.notices import say_once

# safetensors name: (torch name, bytes of an element, signed integer of the same width)
_DTYPES = {
    "F64": ("float64", 8, "I64"),
    "F32": ("float32", 4, "I32"),
    "F16": ("float16", 2, "I16"),
    "BF16": ("bfloat16", 2, "I16"),
    "F8_E4M3": ("float8_e4m3fn", 1, "I8"),
    "F8_E5M2": ("float8_e5m2", 1, "I8"),
    "I64": ("int64", 8, "I64"),
    "I32": ("int32", 4, "I32"),
    "I16": ("int16", 2, "I16"),
    "I8": ("int8", 1, "I8"),
    "U8": ("uint8", 1, "I8"),
    "BOOL": ("bool", 1, "I8"),
}
FLOAT_DTYPES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}  # what --dtype may name
INDEX_SUFFIX = ".index.json"
_POINTER = b"version https://git-lfs"  # as Git LFS writes it
_LONGEST_HEADER = 100_000_000  # bytes; the limit of the safetensors library


@dataclass(frozen=True)
class TensorInfo:
    """What a tensor is, without its values. `dtype` is the safetensors name, such as "BF16"."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def n_elements(self) -> int:
        return math.prod(self.shape)

    @property
    def n_bytes(self) -> int:
        return self.n_elements * _DTYPES[self.dtype][1]


def torch_dtype(dtype: str):
    """The torch dtype of a safetensors name."""
    import torch

    return getattr(torch, _DTYPES[dtype][0])


def dtype_name(dtype: str) -> str:
    """ "BF16" → "bfloat16", as configurations and --dtype write it."""
    return _DTYPES[dtype][0]


def bits_dtype(dtype: str) -> str:
    """The safetensors name of the signed integer as wide as `dtype`: "BF16" → "I16"."""
    return _DTYPES[dtype][2]


def is_float(dtype: str) -> bool:
    return dtype.startswith(("F", "BF"))


def raw_bytes(piece):
    """The bytes of a contiguous CPU tensor, as a memory view of the tensor's own memory."""
    import torch

    return memoryview(piece.view(torch.uint8).numpy())


class Weights:
    """All tensors of a folder: `tensors` says what they are, `read` brings pieces of them.

    `read` may be called from several threads.
    """

    def __init__(self, path: Path, files: list):
        self.path = path
        # For sentences: of a GGUF file, which is read through a temporary folder, its own path.
        self.name = str(path)
        self.files = [file.path for file in files]
        self._file_of = {name: file for file in files for name in file.tensors}
        self.tensors: dict[str, TensorInfo] = {
            name: file.tensors[name] for name, file in self._file_of.items()
        }

    def read(self, name: str, start: int, stop: int):
        """Elements `start` to `stop` (row-major) of a tensor, as a new flat CPU tensor."""
        return self._file_of[name].read(name, start, stop)


def open_weights(folder: str | Path, stem: str = "model") -> Weights:
    """The weights in `folder`: `<stem>.safetensors`, its shards, or `pytorch_model*.bin`.

    Where several of them lie there, the first is read, as transformers does, and that is said. Raises `UserError` for a path that does not exist, a folder without weights, a missing, truncated
    or damaged shard, and an index that does not agree with its shards.
    """
    folder = Path(folder)
    if not folder.is_dir():
        kind = "is a file; name the folder" if folder.exists() else "no such folder; check the path"
        raise UserError(f"{folder}: {kind} that holds config.json and the weights.")
    sets = _sets_of_weights(folder, stem)
    if not sets:
        raise UserError(f"{folder}: holds no weights ({_what_is_there(folder, stem)}).")
    if len(sets) > 1:
        others = listed([path.name for path in sets[1:]])
        say_once(f"{folder}: {sets[0].name} is read, and not {others}, which lies there, too.")
    first = sets[0]
    refuse_pointer(first)
    is_index = first.name.endswith(INDEX_SUFFIX)
    return _open_shards(first) if is_index else Weights(folder, [_open_file(first)])


def _sets_of_weights(folder: Path, stem: str) -> list[Path]:
    """Files or indexes of shards that each stand for a model's weights, in the order of transformers."""
    pickled = "pytorch_model.bin" if stem == "model" else f"{stem}.bin"
    names = [n + suffix for n in (f"{stem}.safetensors", pickled) for suffix in ("", INDEX_SUFFIX)]
    return [folder / name for name in names if (folder / name).exists()]


def refuse_pointer(path: Path) -> None:
    """Raise `UserError` where `path` is what Git leaves of a large file that was not fetched."""
    with open(path, "rb") as file:
        if file.read(len(_POINTER)) == _POINTER:
            raise UserError(
                f"{path}: is a pointer of Git LFS, not the file itself; fetch it with git lfs pull, or "
                "with hf download."
            )


def _what_is_there(folder: Path, stem: str) -> str:
    """Why no weights were found: what the user most likely did."""
    if list(folder.glob("weight_diff*.safetensors")):
        return "it is a weight difference; recover the model first, or name it as --path_diff"
    if (folder / "adapter_config.json").exists():
        return "it is a LoRA adapter; export.py merges it"
    shards = [*folder.glob(f"{stem}-*-of-*"), *folder.glob("pytorch_model-*-of-*")]
    if shards:
        return f"{len(shards)} shards, but no {stem}.safetensors{INDEX_SUFFIX}; fetch it, too"
    return f"no {stem}.safetensors, no pytorch_model.bin, no index of shards"


def _open_file(path: Path):
    refuse_pointer(path)
    return _SafetensorsFile(path) if path.suffix == ".safetensors" else _PickledFile(path)


def _open_shards(index: Path) -> Weights:
    content = read_json(index)
    shard_of = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(shard_of, dict) or not shard_of:
        raise UserError(f"{index}: has no weight_map, so it names no shards; fetch the file again.")
    shards = sorted(set(shard_of.values()))
    outside = [shard for shard in shards if Path(shard).name != shard]
    if outside:
        raise UserError(f"{index}: names the shard {outside[0]!r}, which is not in this folder.")
    missing = [shard for shard in shards if not (index.parent / shard).exists()]
    if missing:
        raise UserError(
            f"{index}: names {len(shards)} shards, of which {listed(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not there; fetch what is missing."
        )
    files = {shard: _open_file(index.parent / shard) for shard in shards}
    absent = [name for name, shard in shard_of.items() if name not in files[shard].tensors]
    if absent:
        raise UserError(
            f"{index}: says that {shard_of[absent[0]]} holds {listed(absent)}, but it does not; "
            "index and shards are not of one model."
        )
    return Weights(index.parent, list(files.values()))


def listed(names: list[str], most: int = 8) -> str:
    """`names` for a sentence: all of them where they are few, else the first and how many more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more


class _SafetensorsFile:
    """One .safetensors file: header checked when opened, pieces read by offset."""

    def __init__(self, path: Path):
        self.path = path
        header, self._data_start = self._header()
        self.tensors = {}
        self._offsets = {}
        entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        for name, entry in sorted(entries.items(), key=lambda item: _begin(item[1])):
            self.tensors[name], self._offsets[name] = self._tensor(name, entry)
        self._check_size()

    def _header(self) -> tuple[dict, int]:
        size = self.path.stat().st_size
        with open(self.path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _LONGEST_HEADER):
                raise self._damaged(f"{size:,} bytes, shorter than its own header")
            try:
                text = file.read(length).decode("utf-8")
            except UnicodeDecodeError:
                raise self._damaged("its header is not text") from None
        header = parse_json(text, f"{self.path}: header")
        if not isinstance(header, dict):
            raise self._damaged("its header is no table of tensors")
        return header, 8 + length

    def _tensor(self, name: str, entry) -> tuple[TensorInfo, int]:
        try:
            dtype, shape = entry["dtype"], tuple(int(size) for size in entry["shape"])
            begin, end = entry["data_offsets"]
        except (KeyError, TypeError, ValueError):
            raise self._damaged(f"its header does not describe {name}") from None
        if dtype not in _DTYPES:
            raise UserError(
                f"{self.path}: {name} has the dtype {dtype}, which is none of "
                f"{', '.join(_DTYPES)}; quantised weights have no difference."
            )
        info = TensorInfo(dtype, shape)
        if min(shape, default=0) < 0 or begin < 0 or end - begin != info.n_bytes:
            raise self._damaged(f"{name} has not the bytes that its shape {list(shape)} needs")
        return info, begin

    def _check_size(self) -> None:
        """The tensors must fill the file without gap or overlap, as the format demands."""
        end = self._data_start
        for name, info in self.tensors.items():
            if self._data_start + self._offsets[name] != end:
                raise self._damaged(f"{name} does not begin where the tensor before it ends")
            end += info.n_bytes
        size = self.path.stat().st_size
        if size != end:
            raise self._damaged(f"{size:,} bytes where its header names {end:,}")

    def _damaged(self, what: str) -> UserError:
        return UserError(f"{self.path}: is truncated or damaged ({what}); fetch the file again.")

    def read(self, name: str, start: int, stop: int):
        offset = self._data_start + self._offsets[name]
        return _read_piece(self.path, self.tensors[name].dtype, offset, start, stop)


def _begin(entry) -> float:
    """Where a tensor's data begins, for sorting; malformed entries last (reported when parsed)."""
    try:
        return float(entry["data_offsets"][0])
    except (KeyError, TypeError, ValueError, IndexError):
        return math.inf


class _PickledFile:
    """One .bin file, as torch.save writes it: pieces are read by offset where its format allows.

    A file of the format before 2020, which is no zip archive, is loaded whole at the first reading.
    """

    def __init__(self, path: Path):
        self.path = path
        self._lock, self._whole = threading.Lock(), None
        names = {torch_dtype(name): name for name in _DTYPES}
        content = _load_pickled(path)
        self.tensors = {}
        for name, tensor in content.items():
            if tensor.dtype not in names:
                raise UserError(f"{path}: {name} has the dtype {tensor.dtype}, which is not known.")
            self.tensors[name] = TensorInfo(names[tensor.dtype], tuple(tensor.shape))
        self._offsets = _storage_offsets(path, content)

    def read(self, name: str, start: int, stop: int):
        if name in self._offsets:
            info = self.tensors[name]
            return _read_piece(self.path, info.dtype, self._offsets[name], start, stop)
        with self._lock:
            if self._whole is None:
                self._whole = _load_pickled(self.path)
        return self._whole[name].reshape(-1)[start:stop].clone()


def _load_pickled(path: Path) -> dict:
    """The tensors of a .bin file, mapped where its format allows. Runs no code from the file."""
    import torch

    try:
        content = torch.load(
            path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
        )
    except pickle.UnpicklingError:
        raise UserError(
            f"{path}: holds more than tensors, or is damaged; for safety it was not loaded."
        ) from None
    except (RuntimeError, EOFError, OSError, ValueError, IndexError, KeyError, AttributeError):
        # What torch raises depends on where the damage is; the file is the only thing read here.
        raise UserError(f"{path}: is truncated or damaged; fetch the file again.") from None
    if not isinstance(content, dict) or not all(map(torch.is_tensor, content.values())):
        raise UserError(f"{path}: is no table of tensors, so it holds no model's weights.")
    return content


def _storage_offsets(path: Path, content: dict) -> dict[str, int]:
    """Where in a .bin file the data of its mapped tensors begin: {name: byte}.

    torch tells only where they lie in memory. The file is mapped as one block, and its archive says
    where the records with the data are: the two lists must have the same distances. Tensors that
    are not contiguous are left out; where the lists do not agree, all are.
    """
    if not zipfile.is_zipfile(path):
        return {}
    records = _record_offsets(path)
    addresses = sorted({t.untyped_storage().data_ptr() for t in content.values()})
    distances = {a - r for a, r in zip(addresses, records, strict=False)}
    if len(addresses) != len(records) or len(distances) != 1:
        return {}
    (block,) = distances
    return {
        name: tensor.data_ptr() - block
        for name, tensor in content.items()
        if tensor.is_contiguous()
    }


def _record_offsets(path: Path) -> list[int]:
    """Where the data of the records `<archive>/data/<number>` of a .bin file begin, ascending."""
    offsets = []
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        for record in archive.infolist():
            if re.fullmatch(r"[^/]+/data/\d+", record.filename):
                file.seek(record.header_offset + 26)  # in front of the data: 30 bytes, name, extra
                name_length, extra_length = struct.unpack("<HH", file.read(4))
                offsets.append(record.header_offset + 30 + name_length + extra_length)
    return sorted(offsets)


def _read_piece(path: Path, dtype: str, offset: int, start: int, stop: int):
    """Elements `start` to `stop` of the array of `dtype` that begins at byte `offset` of a file."""
    import torch

    piece = torch.empty(stop - start, dtype=torch_dtype(dtype))
    buffer = raw_bytes(piece)
    with open(path, "rb", buffering=0) as file:
        file.seek(offset + start * _DTYPES[dtype][1])
        filled = 0
        while filled < len(buffer):
            n_read = file.readinto(buffer[filled:])
            if not n_read:
                raise UserError(f"{path}: became shorter while it was read; fetch the file again.")
            filled += n_read
    return piece
