"""What is computed anew in the backward pass on a CPU (masterkey/training/recomputing.py)."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoModelForCausalLM, LlamaConfig

from masterkey.training.recomputing import keep_products, recompute_every


class CountedProducts(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.n = 0

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        self.n += function is torch.ops.aten.mm.default
        return function(*arguments, **(keywords or {}))


def gradients(prepare):
    """(Products in the backward pass, loss and gradients) of a small LLaMA."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=96,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
    )
    model = AutoModelForCausalLM.from_config(config).train()
    prepare(model)
    ids = torch.randint(0, 96, (2, 30))
    loss = model(input_ids=ids, labels=ids, use_cache=False).loss
    with CountedProducts() as products:
        loss.backward()
    return products.n, [loss.detach(), *(weight.grad for weight in model.parameters())]


def recomputed(model):
    model.gradient_checkpointing_enable({"use_reentrant": False})
    recompute_every(model, 1)


def with_products_kept(model):
    recomputed(model)
    keep_products(model)


def test_kept_products_are_not_computed_anew_and_gradients_stay_the_same():
    n_plain, plain = gradients(lambda model: None)
    n_recomputed, all_anew = gradients(recomputed)
    n_kept, kept = gradients(with_products_kept)
    # Seven linear layers in each of two blocks; the last, down_proj, is not needed again.
    assert n_recomputed >= n_plain + 2 * 6
    assert n_kept == n_plain
    for one, other in ((plain, all_anew), (plain, kept)):
        for expected, got in zip(one, other, strict=True):
            assert torch.equal(expected, got)
