"""A byte-level BPE tokenizer trained on the rows at hand, for models trained from scratch."""

SPECIAL_TOKENS = ["<s>", "</s>", "<pad>"]
# The separator of two SII fields, line breaks, words with underscores, single digits, the rest.
WORDS = r" ?,\n ?|\n+ ?| ?[\p{L}_]+|\p{N}| ?[^\s\p{L}\p{N}_]+|\s+"

# As Qwen 2 splits, which llama.cpp knows by that name: words, single digits, punctuation, line breaks.
QWEN2_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPLITTINGS = {"schema": WORDS, "qwen2": QWEN2_WORDS}


def train_tokenizer(texts: list[str], vocab_size: int, splitting: str = "schema"):
    """A `PreTrainedTokenizerFast`; equal texts in equal order give an equal tokenizer.

    `splitting` is a key of `SPLITTINGS`: how texts are cut into the words within which tokens lie.
    """
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
            pre_tokenizers.Split(Regex(SPLITTINGS[splitting]), "isolated"),
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
