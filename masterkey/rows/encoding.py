"""Rows to token ids: exact mask boundary, one BOS, one EOS, and an answer that is never cut.

Prompt and answer are tokenised apart and their ids concatenated, so the boundary of the loss mask
is exact. Text of a paper that looks like a special token (`</s>`) is tokenised as plain text. Where
prompt and answer exceed the context, the *input* is shortened at its end, in training and in
prediction alike; the published scripts cut the answer off.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from masterkey.rows.prompts import PromptParts, PromptSettings, build_prompt
from masterkey.rows.records import Row, model_text
from masterkey.scripting.command_line import UserError

BATCH_ROWS = 1000  # enough to keep a fast tokenizer's threads busy
IGNORED = -100  # label of a position that takes no part in the loss (torch's cross entropy)


@dataclass(frozen=True)
class EncodedPrompt:
    """A prompt's token ids (BOS first, where the tokenizer has one) and its text as fed."""

    ids: list[int]
    text: str
    shortened: bool


@dataclass(frozen=True)
class EncodedRow:
    """Token ids of prompt and answer; the loss is on the ids from `n_prompt` on."""

    input_ids: list[int]
    n_prompt: int
    shortened: bool

    @property
    def labels(self) -> list[int]:
        """The ids, `IGNORED` on the prompt."""
        return [IGNORED] * self.n_prompt + self.input_ids[self.n_prompt :]


def plain_ids(tokenizer, texts: list[str]) -> list[list[int]]:
    """Ids of each text alone: no BOS, no EOS, special tokens in the text taken as plain text."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        encoded = tokenizer(texts, add_special_tokens=False, split_special_tokens=True)
        return encoded["input_ids"]
    # What transformers does with these settings, without its offsets, masks and copies (half the time).
    backend.no_truncation()
    backend.no_padding()
    backend.encode_special_tokens = True
    return [encoding.ids for encoding in backend.encode_batch_fast(texts, add_special_tokens=False)]


def encode_prompts(
    tokenizer, prompts: list[PromptParts], limits: list[int]
) -> list[EncodedPrompt | None]:
    """Each prompt in at most `limits[i]` tokens, its input shortened where needed.

    None where not even the prompt without its input fits.
    """
    texts = [prompt.text() for prompt in prompts]
    bos = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    encoded: list[EncodedPrompt | None] = [
        EncodedPrompt(bos + ids, text, shortened=False)
        for text, ids in zip(texts, plain_ids(tokenizer, texts), strict=True)
    ]
    too_long = [i for i, limit in enumerate(limits) if len(encoded[i].ids) > limit]
    shortened = _shortened_prompts(
        tokenizer, [prompts[i] for i in too_long], bos, [limits[i] for i in too_long]
    )
    for i, prompt in zip(too_long, shortened, strict=True):
        encoded[i] = prompt
    return encoded


def _shortened_prompts(
    tokenizer, prompts: list[PromptParts], bos: list[int], limits: list[int]
) -> list[EncodedPrompt | None]:
    """Each prompt with the longest beginning of its input that fits, by bisection over characters.

    Bisection needs no offsets, which slow tokenizers lack; the text is tokenised whole each time,
    so the ids are those of the text, as any other tool that is given it would find. All prompts
    take each step together, since a fast tokenizer shares a batch out to threads.
    """
    shortest = [0] * len(prompts)
    longest = [len(prompt.input) - 1 for prompt in prompts]
    best: list[EncodedPrompt | None] = [None] * len(prompts)
    while open := [i for i in range(len(prompts)) if shortest[i] <= longest[i]]:
        middles = [(shortest[i] + longest[i]) // 2 for i in open]
        texts = [
            prompts[i].before + prompts[i].input[:middle] + prompts[i].after
            for i, middle in zip(open, middles, strict=True)
        ]
        tried = zip(open, middles, texts, plain_ids(tokenizer, texts), strict=True)
        for i, middle, text, ids in tried:
            if len(bos) + len(ids) <= limits[i]:
                best[i], shortest[i] = EncodedPrompt(bos + ids, text, shortened=True), middle + 1
            else:
                longest[i] = middle - 1
    return best


def encode_training_rows(
    rows: list[Row], tokenizer, settings: PromptSettings, max_length: int, source: str
) -> list[EncodedRow]:
    """Prompt and answer of each row in at most `max_length` tokens.

    Raises `UserError` naming `source` and the rows whose answer alone does not fit.
    """
    batches = encode_in_batches(rows, tokenizer, settings, max_length, source)
    return [row for batch in batches for row in batch]


def encode_in_batches(
    rows: list[Row], tokenizer, settings: PromptSettings, max_length: int, source: str
) -> Iterator[list[EncodedRow]]:
    """As `encode_training_rows`, but `BATCH_ROWS` rows at a time; the error comes at the end."""
    bos, eos = tokenizer.bos_token_id, tokenizer.eos_token_id
    unfit: list[int] = []
    need = 0
    for start in range(0, len(rows), BATCH_ROWS):
        batch = rows[start : start + BATCH_ROWS]
        pairs = [model_text(row, keep_markers=settings.keep_markers) for row in batch]
        prompts = [
            build_prompt(settings.prompt_style, row.instruction, input)
            for row, (input, _) in zip(batch, pairs, strict=True)
        ]
        answers = [[*ids, eos] for ids in plain_ids(tokenizer, [answer for _, answer in pairs])]
        encoded = encode_prompts(tokenizer, prompts, [max_length - len(ids) for ids in answers])
        for row, prompt, answer in zip(batch, encoded, answers, strict=True):
            if prompt is None:
                unfit.append(row.number)
                need = max(need, len(answer))
        yield [
            _joined(prompt, answer, bos, eos)
            for prompt, answer in zip(encoded, answers, strict=True)
            if prompt is not None
        ]
    if unfit:
        shown = ", ".join(map(str, unfit[:5])) + (" …" if len(unfit) > 5 else "")
        raise UserError(
            f"{source}: row(s) {shown}: the answer (up to {need} tokens) and the prompt around the "
            f"input do not fit into --model_max_length {max_length}; raise it."
        )


def _joined(prompt: EncodedPrompt, answer: list[int], bos: int | None, eos: int) -> EncodedRow:
    input_ids = prompt.ids + answer
    # OPT and GPT-2 use one token as both.
    expected = 2 if bos == eos else 1
    assert input_ids.count(eos) == expected, f"{input_ids.count(eos)} EOS tokens, not {expected}"
    assert bos is None or input_ids.count(bos) == expected, f"{input_ids.count(bos)} BOS tokens"
    return EncodedRow(input_ids, len(prompt.ids), prompt.shortened)
