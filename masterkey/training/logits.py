"""What a model's logits take, and what its family does to them behind the LM head."""

# Numbers that a chunk of logits holds, unless --loss_chunk_size says so: 268 MB in float32.
_CHUNK_OF_LOGITS = 2**26

# On a CPU each thread looks at so many words for so many positions at a time behind a frozen head: 8 MB.
WORDS_AT_ONCE = 4096
POSITIONS_AT_ONCE = 512


def default_chunk_size(vocabulary: int) -> int:
    """Positions whose logits are held at once: 2,048 for LLaMA's 32,000 words, 256 for Gemma's."""
    return min(2048, max(1, _CHUNK_OF_LOGITS // vocabulary))


def positions_at_once(chunk_size: int, vocabulary: int) -> int:
    """Positions that a frozen head on a CPU looks at together: more where it looks at few words at a time."""
    return max(chunk_size, POSITIONS_AT_ONCE) if vocabulary > WORDS_AT_ONCE else chunk_size


def scaling_of(config):
    """What the model's family does to logits behind the head; None where it does nothing."""
    divisor = getattr(config, "logits_scaling", None)  # Granite
    factor = getattr(config, "logit_scale", None)  # Cohere
    cap = getattr(config, "final_logit_softcapping", None)  # Gemma 2
    if not (divisor or factor or cap):
        return None

    def scale(logits):
        if divisor:
            logits = logits / divisor
        if factor:
            logits = logits * factor
        return cap * (logits / cap).tanh() if cap else logits

    return scale
