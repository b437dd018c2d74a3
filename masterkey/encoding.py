"""Rows to token ids: exact mask boundary, one BOS, one EOS, and an answer that is never cut.

Prompt and answer are tokenised apart and their ids concatenated, so the boundary of the loss mask
is exact. Text of a paper that looks like a special token (`</s>`) is tokenised as plain text. Where
prompt and answer exceed the context, the *input* is shortened at its end, in training and in
prediction alike; the published scripts cut the answer off.
"""

from dataclasses import dataclass

from masterkey.command_line import UserError
from masterkey.prompts import PromptParts, PromptSettings, build_prompt
from masterkey.records import Row, model_text

IGNORED = -100  # label of a position that takes no part in the loss (torch's cross entropy)


@dataclass(frozen=True)
class EncodedPrompt:
    """A prompt's token ids (BOS first, where the tokenizer has one) and its text as fed."""

    ids: list[int]
    text: str
    shortened: bool


@dataclass(frozen=True)
class EncodedRow:
    """Token ids of prompt and answer, and labels that are `IGNORED` on the prompt."""

    input_ids: list[int]
    labels: list[int]
    shortened: bool


def plain_ids(tokenizer, texts: list[str]) -> list[list[int]]:
    """Ids of each text alone: no BOS, no EOS, special tokens in the text taken as plain text."""
    encoded = tokenizer(texts, add_special_tokens=False, split_special_tokens=True)
    return encoded["input_ids"]


def encode_prompts(
    tokenizer, prompts: list[PromptParts], limits: list[int]
) -> list[EncodedPrompt | None]:
    """Each prompt in at most `limits[i]` tokens, its input shortened where needed.

    None where not even the prompt without its input fits.
    """
    texts = [prompt.text() for prompt in prompts]
    bos = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    encoded: list[EncodedPrompt | None] = []
    for prompt, text, ids, limit in zip(
        prompts, texts, plain_ids(tokenizer, texts), limits, strict=True
    ):
        if len(bos) + len(ids) <= limit:
            encoded.append(EncodedPrompt(bos + ids, text, shortened=False))
        else:
            encoded.append(_shortened_prompt(tokenizer, prompt, bos, limit))
    return encoded


def _shortened_prompt(tokenizer, prompt: PromptParts, bos, limit: int) -> EncodedPrompt | None:
    """The prompt with the longest beginning of its input that fits, by bisection over characters.

    Bisection needs no offsets, which slow tokenizers lack; the text is tokenised whole each time,
    so the ids are those of the text, as any other tool that is given it would find.
    """
    shortest, longest = 0, len(prompt.input) - 1
    best = None
    while shortest <= longest:
        middle = (shortest + longest) // 2
        text = prompt.before + prompt.input[:middle] + prompt.after
        ids = bos + plain_ids(tokenizer, [text])[0]
        if len(ids) <= limit:
            best, shortest = EncodedPrompt(ids, text, shortened=True), middle + 1
        else:
            longest = middle - 1
    return best


def encode_training_rows(
    rows: list[Row], tokenizer, settings: PromptSettings, max_length: int, source: str
) -> list[EncodedRow]:
    """Prompt and answer of each row in at most `max_length` tokens.

    Raises `UserError` naming `source` and the rows whose answer alone does not fit.
    """
    pairs = [model_text(row, keep_markers=settings.keep_markers) for row in rows]
    prompts = [
        build_prompt(settings.prompt_style, row.instruction, input)
        for row, (input, _) in zip(rows, pairs, strict=True)
    ]
    answers = [
        [*ids, tokenizer.eos_token_id] for ids in plain_ids(tokenizer, [a for _, a in pairs])
    ]
    encoded = encode_prompts(tokenizer, prompts, [max_length - len(ids) for ids in answers])
    unfit = [row.number for row, prompt in zip(rows, encoded, strict=True) if prompt is None]
    if unfit:
        shown = ", ".join(map(str, unfit[:5])) + (" …" if len(unfit) > 5 else "")
        need = max(len(answers[row]) for row in unfit)
        raise UserError(
            f"{source}: row(s) {shown}: the answer (up to {need} tokens) and the prompt around the "
            f"input do not fit into --model_max_length {max_length}; raise it."
        )
    return [
        _joined(prompt, answer, tokenizer) for prompt, answer in zip(encoded, answers, strict=True)
    ]


def _joined(prompt: EncodedPrompt, answer: list[int], tokenizer) -> EncodedRow:
    input_ids = prompt.ids + answer
    bos, eos = tokenizer.bos_token_id, tokenizer.eos_token_id
    # OPT and GPT-2 use one token as both.
    expected = 2 if bos == eos else 1
    assert input_ids.count(eos) == expected, f"{input_ids.count(eos)} EOS tokens, not {expected}"
    assert bos is None or input_ids.count(bos) == expected, f"{input_ids.count(bos)} BOS tokens"
    labels = [IGNORED] * len(prompt.ids) + answer
    return EncodedRow(input_ids, labels, prompt.shortened)


class AnswerCollator:
    """Pads a batch of {"input_ids", "labels"} on the right: ids (B, S), mask (B, S), labels (B, S).

    The mask is built from the lengths, so any token may pad: no `[PAD]` has to be added to a
    vocabulary, which would resize embeddings and break loading under sharding.
    """

    def __init__(self, tokenizer):
        pads = (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.eos_token_id)
        self.pad_id = next(pad for pad in pads if pad is not None)

    def __call__(self, examples: list[dict]) -> dict:
        import torch

        longest = max(len(example["input_ids"]) for example in examples)
        input_ids = torch.full((len(examples), longest), self.pad_id)
        labels = torch.full((len(examples), longest), IGNORED)
        attention_mask = torch.zeros((len(examples), longest), dtype=torch.long)
        for i, example in enumerate(examples):
            length = len(example["input_ids"])
            input_ids[i, :length] = torch.tensor(example["input_ids"])
            labels[i, :length] = torch.tensor(example["labels"])
            attention_mask[i, :length] = 1
        return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}
