"""Train a byte-level BPE tokenizer on data files, for a model that is trained from scratch.

    python data/train_tokenizer.py --data_path data/sample/sii_train.json data/sample/mdp_train.json \\
        --output_dir runs/tokenizer --vocab_size 4096

Bytes are the alphabet, so any text can be encoded and comes back unchanged. Field names stay whole
(`ETL_stack_sequence` becomes one token, not seven), and so does the separator between two fields,
which makes an SII answer of 31 fields about 150 tokens long instead of 320. Digits stay apart, as
in LLaMA's own tokenizer.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from masterkey.command_line import UserError, run
from masterkey.records import model_text, read_rows

SPECIAL_TOKENS = ["<s>", "</s>", "<pad>"]
# The separator of two SII fields, line breaks, words with underscores, single digits, the rest.
WORDS = r" ?,\n ?|\n+ ?| ?[\p{L}_]+|\p{N}| ?[^\s\p{L}\p{N}_]+|\s+"


@dataclass
class Arguments:
    data_path: list[str] = field(metadata={"help": "one or more JSON or JSONL files of rows"})
    output_dir: str = field(metadata={"help": "folder for the tokenizer"})
    vocab_size: int = field(default=4096, metadata={"help": "number of tokens, 300 at least"})


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
        for text in (row.instruction, *model_text(row))
        if text
    ]
    tokenizer = train_tokenizer(texts, arguments.vocab_size)
    tokenizer.save_pretrained(arguments.output_dir)
    print(f"saved: {arguments.output_dir} ({len(tokenizer)} tokens from {len(texts)} texts)")


def train_tokenizer(texts: list[str], vocab_size: int):
    """A `PreTrainedTokenizerFast`; equal texts in equal order give an equal tokenizer."""
    from tokenizers import (
        Regex,
        Tokenizer,
        decoders,
        models,
        pre_tokenizers,
        processors,
        trainers,
    )
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    bos, eos, pad = SPECIAL_TOKENS
    # Training puts BOS before a prompt; a server that is given the text must do so, too.
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A", special_tokens=[(bos, tokenizer.token_to_id(bos))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=bos, eos_token=eos, pad_token=pad
    )


if __name__ == "__main__":
    run(main, Arguments, __doc__)
