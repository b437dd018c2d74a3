"""Training rows as token ids in memory-mapped Arrow files, tokenised once and kept in a cache.

    rows = tokenised_rows(paths, tokenizer, settings, max_length, cache_dir, training_args)
    rows.lengths                    # tokens of each row, from which batches are planned
    rows.examples([3, 17])          # [{"input_ids", "labels"}, …], what the collators take

Each data file has a cache file of its own, named by a fingerprint of all that its ids depend on: the
data's bytes, the tokenizer, the prompt style's text, the settings and the encoding's version. Beside it
lies its SHA-256 in sha256sum's form; a cache file that differs from it is built anew. Cache files may
be deleted at any time.
"""

import contextlib
import functools
import hashlib
import itertools
import json
import tempfile
from bisect import bisect_right
from dataclasses import asdict, dataclass
from pathlib import Path

from masterkey.rows.encoding import IGNORED, EncodedRow, encode_in_batches
from masterkey.rows.prompts import PromptSettings, build_prompt
from masterkey.rows.records import Row, read_rows
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import atomic_write, read_text, sha256, write_text

# Raise it when masterkey.rows.encoding or masterkey.rows.records makes other ids or columns of the same rows.
ENCODING_VERSION = 1


@dataclass(frozen=True)
class TokenisedRows:
    """The rows of one or more data files, counted through from 0.

    `dataset` is a memory-mapped `datasets.Dataset` with the columns `input_ids` (list of int32),
    `n_prompt` (the loss is on the ids from there on), `length`, `row` (number in its file), `shortened`
    and `file` (place in `files`). It may be pickled: worker processes map the same files.
    """

    dataset: object
    files: list[str]

    def __len__(self) -> int:
        return len(self.dataset)

    def __getstate__(self) -> dict:
        return {"dataset": self.dataset, "files": self.files}  # not the views into the files

    @functools.cached_property
    def lengths(self):
        """Tokens of prompt and answer, shape (rows,)."""
        return self._column("length")

    @functools.cached_property
    def n_prompts(self):
        """Tokens of the prompt, shape (rows,)."""
        return self._column("n_prompt")

    @property
    def longest_answer(self) -> int:
        """Tokens of the longest answer, EOS included."""
        return int((self.lengths - self.n_prompts).max())

    def refuse_unknown_ids(self, tokenizer, model) -> None:
        """Raise `UserError` where a row holds a token that `model` has no embedding for."""
        from masterkey.weights.token_ids import n_embeddings, refuse_unknown_ids

        if len(tokenizer) <= n_embeddings(model):
            return
        for id, example in enumerate(self.examples(range(len(self)))):
            refuse_unknown_ids(example["input_ids"], tokenizer, model, self.name(id))

    def name(self, id: int) -> str:
        """ "file.json row 17", for messages."""
        row = self.dataset[int(id)]
        return f"{self.files[row['file']]} row {row['row']}"

    def examples(self, ids) -> list[dict]:
        """{"input_ids", "labels"} of the rows `ids`: int64 arrays, labels `IGNORED` on the prompt."""
        return [self._example(int(id)) for id in ids]

    def _example(self, id: int) -> dict:
        import numpy as np

        starts, chunks = self._chunks
        number = bisect_right(starts, id) - 1
        tokens, offsets = chunks[number]
        place = id - starts[number]
        input_ids = tokens[offsets[place] : offsets[place + 1]].astype(np.int64)
        labels = input_ids.copy()
        labels[: self.n_prompts[id]] = IGNORED
        return {"input_ids": input_ids, "labels": labels}

    @functools.cached_property
    def _chunks(self) -> tuple[list[int], list[tuple]]:
        """First row of each Arrow chunk, and (all its tokens, offsets of its rows) without a copy."""
        chunks = self.dataset.data.column("input_ids").chunks
        starts = [0, *itertools.accumulate(len(chunk) for chunk in chunks)][:-1]
        return starts, [(chunk.values.to_numpy(), chunk.offsets.to_numpy()) for chunk in chunks]

    def _column(self, name: str):
        return self.dataset.data.column(name).to_numpy()


def tokenised_rows(
    paths: list[str],
    tokenizer,
    settings: PromptSettings,
    max_length: int,
    cache_dir: str | None = None,
    training_args=None,
) -> TokenisedRows:
    """The rows of `paths` in at most `max_length` tokens each, from the cache where it has them.

    `training_args` (Hugging Face's TrainingArguments) say which process this is: the first one of each
    machine tokenises, the others wait and map its files. Prints one line per file.
    Raises `UserError` for what is wrong with the rows, and where the cache cannot be written.
    """
    import numpy as np
    from datasets import concatenate_datasets, config

    folder = Path(cache_dir) if cache_dir else Path(config.HF_DATASETS_CACHE) / "masterkey"
    encoding = _Encoding(tokenizer, settings, max_length)
    pieces = []
    with _first_of_machine_first(training_args):
        for number, path in enumerate(paths):
            cache_file = folder / f"{encoding.fingerprint(path)}.arrow"
            known = _is_first_of_machine(training_args) and not _fill(cache_file, path, encoding)
            piece = _mapped(cache_file, path)
            pieces.append(piece.add_column("file", np.full(len(piece), number, np.int32)))
            if training_args is None or training_args.process_index == 0:
                _report(path, piece, max_length, known)
    return TokenisedRows(concatenate_datasets(pieces), list(paths))


def _first_of_machine_first(training_args):
    """Context: the first process of each machine goes through it before the others enter."""
    if training_args is None:
        return contextlib.nullcontext()
    return training_args.main_process_first(desc="tokenising")


def _is_first_of_machine(training_args) -> bool:
    return training_args is None or training_args.local_process_index == 0


def _report(path: str, piece, max_length: int, known: bool) -> None:
    columns = (piece.data.column(name).to_numpy() for name in ("length", "shortened"))
    n_tokens, n_shortened = (int(column.sum()) for column in columns)
    print(
        f"{path}: {len(piece)} rows, {n_tokens:,} tokens, {n_shortened} with the input shortened to "
        f"fit {max_length} tokens; no answer was cut{' (from the cache)' if known else ''}",
        flush=True,
    )


class _Encoding:
    """How rows become ids: tokenizer, prompt settings and length."""

    def __init__(self, tokenizer, settings: PromptSettings, max_length: int):
        self.tokenizer, self.settings, self.max_length = tokenizer, settings, max_length
        self._parts = {
            "version": ENCODING_VERSION,
            "tokenizer": tokenizer_fingerprint(tokenizer),
            "prompts": _prompt_texts(settings.prompt_style),
            "keep_markers": settings.keep_markers,
            "max_length": max_length,
        }

    def batches(self, rows: list[Row], path: str):
        return encode_in_batches(rows, self.tokenizer, self.settings, self.max_length, path)

    def fingerprint(self, path: str) -> str:
        """32 hexadecimal digits that differ where the ids of the rows in `path` might."""
        try:
            parts = {**self._parts, "data": sha256(path), "suffix": Path(path).suffix}
        except OSError:
            read_text(path)  # says in a sentence what is wrong with the path
            raise
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _prompt_texts(style: str) -> list[dict]:
    """The style's text with and without input; an instruction may have a text of its own."""
    instructions = ("{instruction}", schema.SII_INSTRUCTION, schema.MDP_INSTRUCTION)
    return [
        asdict(build_prompt(style, instruction, input))
        for instruction in instructions
        for input in ("", "{input}")
    ]


def tokenizer_fingerprint(tokenizer) -> str:
    """SHA-256 of all that decides a tokenizer's ids."""
    import tokenizers
    import transformers

    digest = hashlib.sha256()
    special = [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.special_tokens_map]
    digest.update(json.dumps([type(tokenizer).__name__, *special], default=str).encode())
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        # Set by the last call, whatever it was; masterkey.rows.encoding uses neither.
        backend.no_truncation()
        backend.no_padding()
        digest.update(f"tokenizers {tokenizers.__version__} {backend.to_str()}".encode())
        return digest.hexdigest()
    digest.update(f"transformers {transformers.__version__}".encode())
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        for path in sorted(Path(folder).rglob("*.*")):
            digest.update(f"{path.name} {sha256(path)}".encode())
    return digest.hexdigest()


def _fill(cache_file: Path, path: str, encoding: _Encoding) -> bool:
    """Write the cache file of `path` where it is missing or damaged; whether that was needed."""
    try:
        if cache_file.exists():
            if _is_whole(cache_file):
                return False
            print(f"{cache_file}: is damaged; {path} is tokenised again.", flush=True)
        rows = read_rows(path, answers="required")
        _write_arrow(cache_file, encoding.batches(rows, path))
        write_text(_checksum_file(cache_file), _checksum_line(cache_file))
    except OSError as error:
        raise UserError(
            f"{cache_file.parent}: the tokenised rows of {path} cannot be kept there "
            f"({error.strerror or error}); make room, or name another folder with --cache_dir."
        ) from None
    return True


def _is_whole(cache_file: Path) -> bool:
    try:
        return _checksum_file(cache_file).read_bytes() == _checksum_line(cache_file).encode()
    except FileNotFoundError:  # stopped between the two files
        return False


def _checksum_file(cache_file: Path) -> Path:
    return cache_file.with_suffix(".sha256")


def _checksum_line(cache_file: Path) -> str:
    return f"{sha256(cache_file)}  {cache_file.name}\n"


def _write_arrow(cache_file: Path, batches) -> None:
    """One record batch for each batch of rows, so that memory holds a batch at a time."""
    import pyarrow as pa

    columns = {
        "n_prompt": pa.int32(),
        "length": pa.int32(),
        "row": pa.int64(),
        "shortened": pa.bool_(),
    }
    form = pa.schema({"input_ids": pa.list_(pa.int32()), **columns})
    with atomic_write(cache_file, "wb") as file, pa.ipc.new_stream(file, form) as writer:
        first = 0
        for batch in batches:
            writer.write_batch(_record_batch(batch, first, form))
            first += len(batch)


def _record_batch(batch: list[EncodedRow], first: int, form):
    import numpy as np
    import pyarrow as pa

    lengths = np.array([len(row.input_ids) for row in batch], np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    ids = itertools.chain.from_iterable(row.input_ids for row in batch)
    tokens = np.fromiter(ids, np.int32, offsets[-1])
    return pa.record_batch(
        [
            pa.ListArray.from_arrays(offsets, tokens),
            np.array([row.n_prompt for row in batch], np.int32),
            lengths,
            np.arange(first, first + len(batch), dtype=np.int64),
            pa.array([row.shortened for row in batch]),
        ],
        schema=form,
    )


def _mapped(cache_file: Path, path: str):
    from datasets import Dataset

    if not cache_file.exists():
        raise UserError(f"{path}: the first process could not tokenise it; see its message.")
    return Dataset.from_file(str(cache_file))
