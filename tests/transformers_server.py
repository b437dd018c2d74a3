"""The session's `transformers serve` with a tiny random LLaMA of one token per byte."""

from pathlib import Path

import pytest
from local_servers import transformers_serve


def save_tiny_model(folder: str | Path, tokenizer) -> None:
    """A LLaMA of about 10,000 random parameters with `tokenizer` and a plain chat template."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=512,
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    (Path(folder) / "chat_template.jinja").write_text(template)


@pytest.fixture(scope="session")
def transformers_server(tmp_path_factory, byte_tokenizer):
    """`transformers serve` with a tiny random model of one token per byte, for the whole session."""
    pytest.importorskip(
        "uvicorn", reason="not checked: transformers serve (no transformers[serving])"
    )
    folder = tmp_path_factory.mktemp("served") / "tiny"
    save_tiny_model(folder, byte_tokenizer)
    with transformers_serve(folder) as server:
        yield server
