"""Small tokenizers of the kinds that models come with, built here, since nothing can be downloaded.

`make_tokenizer(kind, texts)` for each of `KINDS`; `merging` is one whose tokens join names with values,
as one trained on answers without a pre-tokenizer.
"""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("own", "gpt2", "llama2", "llama3")
VOCAB_SIZE = 900
# Of LLaMA 3: punctuation takes the line breaks behind it along.
LLAMA3_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# As SentencePiece cuts: at blanks, between scripts, each digit alone.
SENTENCE_PIECES = r"▁?\p{L}+|\p{N}|▁?[^▁\s\p{L}\p{N}]+|▁"


def make_tokenizer(kind: str, texts: list[str]):
    """A `PreTrainedTokenizerFast` of this kind, trained on `texts`."""
    if kind == "own":
        from masterkey.rows.tokenizer import train_tokenizer

        return train_tokenizer(texts, VOCAB_SIZE)
    if kind == "llama2":
        return _with_byte_fallback(texts)
    if kind == "gemma":
        return _gemma(texts)
    return _byte_level(kind, texts)


def _byte_level(kind: str, texts: list[str]):
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=kind == "gpt2")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = as_bytes
    if kind == "llama3":
        words = pre_tokenizers.Split(Regex(LLAMA3_WORDS), "isolated")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, as_bytes])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    end = "<|endoftext|>"  # of GPT-2 and OPT it is BOS, too
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=end, eos_token=end)


def _with_byte_fallback(texts: list[str]):
    """Blanks are "▁", one stands before each text, and what has no token is written in bytes."""
    from tokenizers import Tokenizer, decoders, models, normalizers
    from transformers import PreTrainedTokenizerFast

    normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    vocab, merges = _sentence_pieces(texts, normalizer, ["<unk>", "<s>", "</s>"])
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocab,
            merges=merges,
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


def _gemma(texts: list[str]):
    """Blanks are "▁", none stands before a text, and line breaks and runs of blanks are tokens."""
    from tokenizers import normalizers
    from transformers import GemmaTokenizer

    special = ["<pad>", "<eos>", "<bos>", "<unk>", "\n", "\n\n"]
    vocab, merges = _sentence_pieces(texts, normalizers.Replace(" ", "▁"), special)
    tokenizer = GemmaTokenizer(vocab=vocab, merges=merges, add_bos_token=True)
    tokenizer.add_tokens(["\n", "\n\n"])
    return tokenizer


def _sentence_pieces(texts: list[str], normalizer, special: list[str]):
    """(vocabulary, merges) of pieces learnt from the texts' lines, behind `special` and the 256 bytes."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    learner = Tokenizer(models.BPE())
    learner.normalizer = normalizer
    learner.pre_tokenizer = pre_tokenizers.Split(Regex(SENTENCE_PIECES), "isolated")
    lines = [line for text in texts for line in text.split("\n")]  # "\n" is the byte <0x0A>
    learner.train_from_iterator(
        lines, trainers.BpeTrainer(vocab_size=VOCAB_SIZE, show_progress=False)
    )
    learnt = json.loads(learner.to_str())["model"]
    pieces = [*special, *(f"<0x{byte:02X}>" for byte in range(256))]
    pieces += sorted(learnt["vocab"], key=learnt["vocab"].get)
    vocab = {piece: number for number, piece in enumerate(pieces)}
    return vocab, [tuple(merge) for merge in learnt["merges"]]


def merging_tokenizer(texts: list[str]):
    """Byte-level BPE without any pre-tokenizer: `,\\n ETL_stack_sequence: ` becomes one token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=["</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>")
