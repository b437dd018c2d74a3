"""Log-probabilities of an answer's tokens: asked for, and read in both forms that servers use.

| form | where | used by |
| --- | --- | --- |
| `content: [{token, bytes, logprob, top_logprobs}]` | chat; llama.cpp at `/completions`, too | OpenAI, vLLM, SGLang, llama.cpp |
| `tokens: […], token_logprobs: […]` | `/completions` | OpenAI, vLLM, SGLang |
| nothing | | `transformers serve` 5.23, which takes the key and leaves it |

llama.cpp's are those before its grammar (findings/llamacpp-grammar-logprobs.sh); so are vLLM's by
default (`--logprobs-mode raw_logprobs`).
"""

from dataclasses import dataclass

# Asks for the chosen tokens and, at /completions, for the best one beside them: 0 is "none" to some.
ASKED = {"completions": {"logprobs": 1}, "chat": {"logprobs": True}}


@dataclass(frozen=True)
class ScoredToken:
    """A token of an answer as bytes (a character may lie across tokens), and its ln p."""

    content: bytes
    logprob: float


def read_logprobs(choice: dict) -> tuple[ScoredToken, ...] | None:
    """The tokens of a choice in a server's reply; None where it gives none, or none that is whole."""
    found = choice.get("logprobs")
    if not isinstance(found, dict):
        return None
    if isinstance(found.get("content"), list):
        pairs = [_chat_pair(entry) for entry in found["content"]]
    else:
        tokens, logprobs = found.get("tokens"), found.get("token_logprobs")
        if not isinstance(tokens, list) or not isinstance(logprobs, list):
            return None
        pairs = list(zip(map(_bytes_of, tokens), logprobs, strict=False))
    if not pairs or not all(_is_token(*pair) for pair in pairs):
        return None
    return tuple(ScoredToken(content, float(logprob)) for content, logprob in pairs)


def _chat_pair(entry) -> tuple[bytes | None, object]:
    if not isinstance(entry, dict):
        return None, None
    raw = entry.get("bytes")
    if isinstance(raw, list) and all(type(byte) is int and 0 <= byte < 256 for byte in raw):
        return bytes(raw), entry.get("logprob")
    return _bytes_of(entry.get("token")), entry.get("logprob")


def _bytes_of(token) -> bytes | None:
    return token.encode("utf-8", "replace") if isinstance(token, str) else None


def _is_token(content, logprob) -> bool:
    return content is not None and type(logprob) in (int, float) and logprob <= 0.001
