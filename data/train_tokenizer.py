"""Train a byte-level BPE tokenizer on data files, for a model that is trained from scratch.

    python data/train_tokenizer.py --data_path data/sample/sii_train.json data/sample/mdp_train.json \\
        --output_dir runs/tokenizer --vocab_size 4096

Bytes are the alphabet, so any text can be encoded and comes back unchanged. Field names stay whole
(`ETL_stack_sequence` becomes one token, not seven), and so does the separator between two fields,
which makes an SII answer of 31 fields about 150 tokens long instead of 320. Digits stay apart, as
in LLaMA's own tokenizer. `--splitting qwen2` splits as Qwen 2 does: answers become longer, and llama.cpp
can read the model (export.py --format gguf).
"""

from dataclasses import dataclass, field

from masterkey.rows.prompts import build_prompt
from masterkey.rows.records import Row, model_text, read_rows
from masterkey.rows.tokenizer import SPECIAL_TOKENS, SPLITTINGS, train_tokenizer
from masterkey.scripting.command_line import UserError, run


@dataclass
class Arguments:
    data_path: list[str] = field(metadata={"help": "one or more JSON or JSONL files of rows"})
    output_dir: str = field(metadata={"help": "folder for the tokenizer"})
    vocab_size: int = field(default=4096, metadata={"help": "number of tokens, 300 at least"})
    splitting: str = field(
        default="schema",
        metadata={
            "help": "schema: field names and their separators stay whole; qwen2: as Qwen 2 splits, "
            "which llama.cpp knows",
            "choices": list(SPLITTINGS),
        },
    )


def main(arguments: Arguments) -> None:
    if arguments.vocab_size < 300:
        raise UserError(
            f"--vocab_size {arguments.vocab_size}: 256 bytes and {len(SPECIAL_TOKENS)} special "
            "tokens need 300 at least."
        )
    texts = [
        text
        for path in arguments.data_path
        for row in read_rows(path)
        for text in prompt_and_answer(row)
        if text
    ]
    tokenizer = train_tokenizer(texts, arguments.vocab_size, arguments.splitting)
    tokenizer.save_pretrained(arguments.output_dir)
    print(f"saved: {arguments.output_dir} ({len(tokenizer)} tokens from {len(texts)} texts)")


def prompt_and_answer(row: Row) -> tuple[str, str | None]:
    """What the model will see, with the prompt's own words: unmerged, these take a seventh of its tokens."""
    input, output = model_text(row)
    return build_prompt("alpaca", row.instruction, input).text(), output


if __name__ == "__main__":
    run(main, Arguments, __doc__)
