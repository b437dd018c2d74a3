"""A checkpoint on the device where it will answer, with what its training said about prompts."""

from dataclasses import dataclass
from pathlib import Path

from masterkey.predicting.arguments import DecodingArguments
from masterkey.rows.encoding import EncodedPrompt, encode_prompts
from masterkey.rows.prompts import PromptSettings, build_prompt, load_settings
from masterkey.rows.records import Row, model_text
from masterkey.scripting.command_line import UserError
from masterkey.weights.lora import base_of, is_adapter
from masterkey.weights.token_ids import fit_special_tokens, n_embeddings, refuse_unknown_ids

# Tokens of the longest answer under LLaMA's tokenizer, about, where the checkpoint does not say.
LONGEST_ANSWER = {"sii": 700, "mdp": 64}


def answer_room(task: str, settings: PromptSettings, context: int | None = None) -> int:
    """Tokens that an answer may take: half as many again as the longest that training saw.

    At most half of the model's `context`, so that as much is left for the prompt; a server does not
    tell its context (None).
    """
    room = int(1.5 * (settings.longest_answer or LONGEST_ANSWER[task]))
    return room if context is None else min(room, context // 2)


@dataclass(frozen=True)
class LoadedModel:
    """A checkpoint ready to answer, with what training said about its prompts."""

    task: str
    name: str
    model: object
    tokenizer: object
    settings: PromptSettings
    context: int
    max_new_tokens: int

    @property
    def room(self) -> int:
        """Most tokens of a prompt: the answer must fit behind it."""
        return self.context - self.max_new_tokens

    def encode(self, rows: list[Row]) -> list[EncodedPrompt | None]:
        """The prompts of `rows`, inputs shortened to fit; None where not even an empty one fits."""
        prompts = [
            build_prompt(
                self.settings.prompt_style,
                row.instruction,
                model_text(row, keep_markers=self.settings.keep_markers)[0],
            )
            for row in rows
        ]
        encoded = encode_prompts(self.tokenizer, prompts, [self.room] * len(rows))
        if len(self.tokenizer) > n_embeddings(self.model):
            for row, prompt in zip(rows, encoded, strict=True):
                ids = prompt.ids if prompt else ()
                refuse_unknown_ids(ids, self.tokenizer, self.model, f"row {row.id}")
        return encoded

    def described(self) -> dict:
        """What of the model decides the answers."""
        return {
            "model": self.name,
            "model_files": _model_files(self.name),
            **_base_described(self.name),
            "prompt_style": self.settings.prompt_style,
            "max_new_tokens": self.max_new_tokens,
            "device": self.model.device.type,
            "dtype": str(self.model.dtype).removeprefix("torch."),
        }


def load_local_model(
    task: str, name: str, arguments: DecodingArguments, gpu: int = 0
) -> LoadedModel:
    """The checkpoint `name` on the device asked for. Raises `UserError` where it cannot be had."""
    from masterkey.weights.checkpoints import (
        check_checkpoint,
        load_model,
        load_tokenizer,
    )
    from masterkey.weights.context import context_length

    check_checkpoint(name)
    settings = load_settings(name, arguments.prompt_style)
    tokenizer = load_tokenizer(name)
    device, dtype = _device_and_dtype(arguments, gpu)
    model = load_model(name, dtype).to(device).eval()
    fit_special_tokens(tokenizer, model, name)
    context = context_length(model, tokenizer)
    max_new_tokens = arguments.max_new_tokens or answer_room(task, settings, context)
    if max_new_tokens >= context:
        raise UserError(
            f"--max_new_tokens {max_new_tokens}: leaves no room for a prompt in the model's "
            f"{context} tokens; lower it."
        )
    return LoadedModel(task, name, model, tokenizer, settings, context, max_new_tokens)


def _device_and_dtype(arguments: DecodingArguments, gpu: int) -> tuple[str, str]:
    import torch

    best = f"cuda:{gpu}" if torch.cuda.is_available() else "cpu"
    if best == "cpu" and torch.backends.mps.is_available():
        best = "mps"
    device = arguments.device or best
    try:
        torch.device(device)
    except RuntimeError:
        raise UserError(f"--device {device}: is no device; give cuda, mps or cpu.") from None
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise UserError(f"--device {device}: this machine has no CUDA GPU; leave the flag out.")
    if device == "cuda":
        device = f"cuda:{gpu}"
    return device, arguments.dtype or ("bfloat16" if device.startswith("cuda") else "float32")


def _model_files(model: str) -> list:
    """Name, size and time of the weight files: another model in the same folder is noticed."""
    from masterkey.weights.checkpoints import weight_files

    files = weight_files(Path(model))
    return [[path.name, path.stat().st_size, int(path.stat().st_mtime)] for path in files]


def _base_described(model: str) -> dict:
    """The base model that a LoRA adapter changes; nothing of a whole model."""
    if not is_adapter(model):
        return {}
    base = base_of(model)
    return {"base_model": base, "base_model_files": _model_files(base)}
