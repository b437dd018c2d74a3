"""Writing a model's weight files piece by piece, and the tensors of a model in parallel.

safetensors' own `save_file` needs all tensors of a shard in memory at once. The format is simple
(8 bytes of header length, a JSON header, raw data), and shapes are known beforehand: so every
tensor's place in its file is known, and pieces are written there in any order, by several threads.
"""

import json
import os
import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import write_json
from masterkey.weights.reading import INDEX_SUFFIX, TensorInfo, raw_bytes

PIECE_ELEMENTS = 1 << 18  # of a tensor in memory at once, per thread: 1 MiB in fp32
_MOST_THREADS = 4
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}


def parse_size(text: str) -> int:
    """Bytes of a size as Hugging Face writes it: "5GB", "500MB". Raises `UserError`."""
    match = re.fullmatch(r"(\d+)\s*(KB|MB|GB)", text.strip().upper())
    if not match or not int(match[1]):
        raise UserError(f"--max_shard_size {text}: is no size; write it as 5GB or 500MB.")
    return int(match[1]) * _UNITS[match[2]]


def pieces(n_elements: int) -> Iterable[tuple[int, int]]:
    """(start, stop) of the consecutive pieces of a tensor."""
    for start in range(0, n_elements, PIECE_ELEMENTS):
        yield start, min(start + PIECE_ELEMENTS, n_elements)


def for_each_tensor(job: Callable, tensors: dict[str, TensorInfo], description: str) -> dict:
    """{name: job(name, advance)} over all tensors, on a few threads, with a progress bar in bytes.

    `job` calls `advance(n_elements)` as it goes on. The first exception stops the others.
    """
    import torch
    from tqdm import tqdm

    stopped = threading.Event()
    n_torch_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the parallelism is over tensors
    n_bytes = sum(info.n_bytes for info in tensors.values())
    with (
        tqdm(total=n_bytes, unit="B", unit_scale=True, desc=description) as bar,
        ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as threads,
    ):

        def run(name: str):
            item_bytes = tensors[name].n_bytes // max(1, tensors[name].n_elements)

            def advance(n_elements: int) -> None:
                if stopped.is_set():
                    raise InterruptedError
                bar.update(n_elements * item_bytes)

            advance(0)
            return job(name, advance)

        running = {name: threads.submit(run, name) for name in tensors}
        try:
            wait(running.values(), return_when="FIRST_EXCEPTION")
            _raise_first(running.values())
            return {name: task.result() for name, task in running.items()}
        finally:
            stopped.set()  # after an error or Ctrl-C the other threads end at their next piece
            threads.shutdown(cancel_futures=True)
            torch.set_num_threads(n_torch_threads)


def _raise_first(tasks) -> None:
    """Raise what stopped the first task that failed, not what that stopped in the others."""
    errors = [task.exception() for task in tasks if task.done() and not task.cancelled()]
    for error in errors:
        if error is not None and not isinstance(error, InterruptedError):
            raise error


class ShardWriter:
    """Context: writes `tensors` as `<stem>.safetensors`, or as shards of at most `max_bytes` each.

    `write(name, start, piece)` may be called from several threads and in any order. The index is
    written when the context ends without an error.
    """

    def __init__(self, folder, tensors: dict[str, TensorInfo], max_bytes: int, stem="model"):
        self.folder, self.stem = Path(folder), stem
        self.tensors = tensors
        shards = plan_shards(tensors, max_bytes)
        self.shards = {_shard_name(stem, i, len(shards)): names for i, names in enumerate(shards)}
        self._place: dict[str, tuple[int, int]] = {}  # name: (file descriptor, offset in bytes)
        self._descriptors: list[int] = []

    def __enter__(self):
        for file_name, names in self.shards.items():
            self._begin_shard(file_name, names)
        return self

    def _begin_shard(self, file_name: str, names: list[str]) -> None:
        # What transformers writes is "pt"; it refuses a file with another format as weights.
        metadata = {"format": "pt" if self.stem == "model" else self.stem}
        # Wide elements first keeps every tensor aligned, as the safetensors library has it.
        names = sorted(names, key=lambda name: -_item_bytes(self.tensors[name]))
        header, end = {"__metadata__": metadata}, 0
        for name in names:
            info = self.tensors[name]
            offsets = [end, end + info.n_bytes]
            header[name] = {"dtype": info.dtype, "shape": info.shape, "data_offsets": offsets}
            end += info.n_bytes
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        descriptor = os.open(self.folder / file_name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        self._descriptors.append(descriptor)
        _write_all(descriptor, memoryview(len(text).to_bytes(8, "little") + text), 0)
        os.ftruncate(descriptor, 8 + len(text) + end)
        for name in names:
            self._place[name] = descriptor, 8 + len(text) + header[name]["data_offsets"][0]

    def write(self, name: str, start: int, piece) -> None:
        """Write the flat CPU tensor `piece` as the elements of `name` from `start` on."""
        descriptor, offset = self._place[name]
        place = offset + start * piece.element_size()
        _write_all(descriptor, raw_bytes(piece.contiguous()), place)

    def __exit__(self, kind, error, traceback):
        for descriptor in self._descriptors:
            if kind is None:
                os.fsync(descriptor)
            os.close(descriptor)
        if kind is None and len(self.shards) > 1:
            self._write_index()

    def _write_index(self) -> None:
        total = sum(info.n_bytes for info in self.tensors.values())
        shard_of = {name: shard for shard, names in self.shards.items() for name in names}
        index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(shard_of.items()))}
        write_json(self.folder / f"{self.stem}.safetensors{INDEX_SUFFIX}", index)


def plan_shards(tensors: dict[str, TensorInfo], max_bytes: int) -> list[list[str]]:
    """Names by shard: in order, each shard as full as `max_bytes` allows, but never empty."""
    shards, room = [[]], max_bytes
    for name, info in tensors.items():
        if shards[-1] and info.n_bytes > room:
            shards.append([])
            room = max_bytes
        shards[-1].append(name)
        room -= info.n_bytes
    return shards


def _shard_name(stem: str, index: int, n_shards: int) -> str:
    return (
        f"{stem}.safetensors"
        if n_shards == 1
        else f"{stem}-{index + 1:05d}-of-{n_shards:05d}.safetensors"
    )


def _item_bytes(info: TensorInfo) -> int:
    return TensorInfo(info.dtype, ()).n_bytes


def _write_all(descriptor: int, data: memoryview, offset: int) -> None:
    """`os.pwrite` may write less than it is given (at most 2 GiB at once on Linux)."""
    while len(data):
        n_written = os.pwrite(descriptor, data, offset)
        data, offset = data[n_written:], offset + n_written
