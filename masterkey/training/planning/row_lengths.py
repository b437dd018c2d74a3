"""How long the rows of a data file are in tokens, guessed in a second or two for a plan."""

from dataclasses import dataclass

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.arguments import DataArguments

N_SAMPLED = 64
# LLaMA's tokenizer on the published papers and recipes makes one token of about 2.6 characters, and on
# plain English of about 4; taken where no tokenizer can be loaded.
CHARACTERS_PER_TOKEN = 3.0


@dataclass(frozen=True)
class RowLengths:
    """Guessed tokens of each row and of its answer, and where the guess is from."""

    rows: list[int]
    answers: list[int]
    origin: str


def guess_lengths(data: DataArguments, tokenizer) -> RowLengths:
    """Lengths of the rows of --data_path: characters counted in all rows, tokens in a sample.

    `tokenizer` may be None. Raises `UserError` where a file cannot be read.
    """
    from masterkey.rows.prompts import build_prompt
    from masterkey.rows.records import model_text, read_rows

    prompts, answers = [], []
    for path in data.data_path:
        for row in read_rows(path, answers="required"):
            text, answer = model_text(row, keep_markers=data.keep_markers)
            prompts.append(build_prompt(data.prompt_style, row.instruction, text).text())
            answers.append(answer)
    ratio, origin = 1 / CHARACTERS_PER_TOKEN, f"{CHARACTERS_PER_TOKEN:g} characters a token assumed"
    if tokenizer is not None:
        sample = slice(None, None, -(-len(prompts) // N_SAMPLED))
        ratio = _tokens_per_character(tokenizer, prompts[sample] + answers[sample])
        origin = f"tokens counted in {len(prompts[sample])} rows, characters in all"
    answer_lengths = [round(len(answer) * ratio) + 1 for answer in answers]
    lengths = [
        min(round(len(prompt) * ratio) + 1 + answer, data.model_max_length)
        for prompt, answer in zip(prompts, answer_lengths, strict=True)
    ]
    return RowLengths(lengths, answer_lengths, origin)


def _tokens_per_character(tokenizer, texts: list[str]) -> float:
    from masterkey.rows.encoding import plain_ids

    return sum(map(len, plain_ids(tokenizer, texts))) / sum(map(len, texts))


def tokenizer_if_there(name: str | None):
    """The tokenizer of a folder or hub name, or None where none can be loaded: a plan needs none."""
    from masterkey.weights.checkpoints import load_tokenizer

    try:
        return load_tokenizer(name) if name else None
    except UserError:
        return None
