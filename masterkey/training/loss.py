"""The loss of the answers, with the LM head applied to answer positions only, in chunks.

The logits over the vocabulary are the largest tensor of a language model in training: 2,048 tokens
x 32,000 words in float32 take 262 MB, and their gradient as much. Prompts take no part in the loss,
so their logits are never computed; the answers' are held for one chunk at a time, and computed anew
in the backward pass. A head that is not trained needs no second time (`frozen_head.py`).

The loss is computed inside the model's own `forward`, because sharded weights (FSDP, ZeRO-3) are
whole only there.
"""

import functools
import types

from masterkey.rows.encoding import IGNORED
from masterkey.scripting.command_line import UserError
from masterkey.training.batches.attention import refuse_contamination
from masterkey.training.frozen_head import frozen_head_loss, is_plain_and_frozen
from masterkey.training.lean_layers.installing import outputs_needed_from
from masterkey.training.logits import default_chunk_size, scaling_of


def use_answer_loss(model, chunk_size: int | None = None) -> None:
    """Make `model(input_ids=…, labels=…)` return the answers' loss and no logits.

    Call it before the model is wrapped (peft, FSDP). `chunk_size`: positions whose logits are held at
    once; None: `default_chunk_size`. The loss is the sum over answer tokens, divided by `num_items_in_batch` where that is
    given, else by their number. Calls without labels, such as those of `generate`, stay as they were.
    """
    plain_forward = model.forward
    if chunk_size is None:
        chunk_size = default_chunk_size(model.config.get_text_config().vocab_size)

    def forward(self, input_ids=None, labels=None, num_items_in_batch=None, **inputs):
        if labels is None:
            return plain_forward(input_ids=input_ids, **inputs)
        from transformers.modeling_outputs import CausalLMOutputWithPast

        inputs = {name: value for name, value in inputs.items() if value is not None}
        inputs["use_cache"] = False
        refuse_contamination(inputs)
        with outputs_needed_from(self, _first_answered(labels)):
            hidden = self.get_decoder()(input_ids=input_ids, **inputs)[0]
        loss, n_answers = answer_loss(
            hidden, labels, self.get_output_embeddings(), chunk_size, scaling_of(self.config)
        )
        divisor = max(n_answers, 1) if num_items_in_batch is None else num_items_in_batch
        return CausalLMOutputWithPast(loss=loss / divisor)

    model.forward = types.MethodType(forward, model)


def _first_answered(labels) -> int:
    """The first position that predicts an answer's token in any row of `labels` (B, S); 0 where none does."""
    answered = (labels[:, 1:] != IGNORED).any(dim=0)
    return int(answered.int().argmax())


def answer_loss(hidden, labels, head, chunk_size: int, scale=None):
    """(sum of the answer tokens' losses, their number).

    `hidden` (B, S, H) are the decoder's outputs, `labels` (B, S) as in transformers: the label at a
    position is its own token, predicted from the position before. The module `head` maps (n, H) to
    (n, V); `scale` maps its logits to those of the model.
    """
    targets = labels[:, 1:].reshape(-1)
    answered = (targets != IGNORED).nonzero().squeeze(1)
    if len(answered) == 0:
        # Zero, but of all weights: else the other processes would wait for this one's gradients.
        return head(hidden[0, :1]).float().sum() * 0, 0
    hidden = hidden[:, :-1].reshape(-1, hidden.shape[-1])[answered]
    targets = targets[answered]
    _let_losses_inside(head)
    summed = functools.partial(_summed_loss, head, targets, chunk_size, scale)
    return head(hidden, loss=summed), len(targets)


def _let_losses_inside(head) -> None:
    """Make `head(hidden, loss=function)` return function(the head without its hooks, hidden).

    FSDP2 and ZeRO-3 gather a module's weights before each call of it and let go of them behind. One
    call for each chunk would make as many gatherings as there are chunks, in the backward pass too,
    and processes with unlike numbers of chunks would wait for each other for ever.
    """
    if getattr(head, "lets_losses_inside", False):
        return

    def forward(self, hidden, loss=None):
        plain = functools.partial(type(self).forward, self)
        return plain(hidden) if loss is None else loss(plain, hidden)

    head.forward = types.MethodType(forward, head)
    head.lets_losses_inside = True


def _summed_loss(head, targets, chunk_size: int, scale, plain, hidden):
    """The losses' sum; `plain` is what the module `head` computes.

    Called inside the head's own forward: only there may its weights be looked at under ZeRO-3, which takes
    a look from elsewhere for a use, and waits for all processes to do the same.
    """
    import torch
    from torch.utils.checkpoint import checkpoint

    if scale is None and is_plain_and_frozen(head):
        return frozen_head_loss(head, hidden, targets, chunk_size)

    def chunk_loss(hidden, targets):
        logits = plain(hidden)
        logits = (logits if scale is None else scale(logits)).float()
        return torch.nn.functional.cross_entropy(logits, targets, reduction="sum")

    if len(targets) <= chunk_size:
        return chunk_loss(hidden, targets)
    chunks = zip(hidden.split(chunk_size), targets.split(chunk_size), strict=True)
    losses = [checkpoint(chunk_loss, *chunk, use_reentrant=False) for chunk in chunks]
    return torch.stack(losses).sum()


# Families whose loss tests/training/test_answer_loss.py compares with this one's.
_COMPARED = {
    "llama",
    "opt",
    "gpt2",
    "gpt_neox",
    "mistral",
    "qwen2",
    "qwen3",
    "gemma2",
    "granite",
    "cohere",
}


def refuse_unlike_loss(config, tolerance: float = 1e-4) -> None:
    """Raise `UserError` where this loss is not the model's own, on a one-layer copy of its kind.

    A family that does something to its logits that is not known here must not be trained on a
    wrong loss. Families that the tests compare are passed at once.
    """
    if config.model_type in _COMPARED:
        return
    import copy

    import torch
    from transformers import AutoModelForCausalLM

    from masterkey.weights.loader_settings import whole_models

    config = copy.deepcopy(config)
    for name, value in {"num_hidden_layers": 1, "vocab_size": 64, "pad_token_id": None}.items():
        setattr(config, name, value)
    with torch.random.fork_rng(devices=[]), whole_models():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
        input_ids = torch.randint(3, 64, (2, 9))
        mask = torch.ones_like(input_ids)
        # Random weights give logits near zero, on which a soft cap does nothing.
        model.get_output_embeddings().weight.data.mul_(100)
    labels = input_ids.clone()
    labels[:, :4] = IGNORED
    # Training feeds padding without a mask (masterkey.training.batches.collators).
    labels[1, 6:], mask[1, 6:] = IGNORED, 0
    with torch.no_grad():
        plain = model(input_ids=input_ids, attention_mask=mask, labels=labels).loss
        use_answer_loss(model, chunk_size=4)
        ours = model(input_ids=input_ids, labels=labels).loss
    if not torch.isclose(plain, ours, atol=tolerance, rtol=tolerance):
        raise UserError(
            f"{type(model).__name__}: computes its logits in a way that masterkey/training/loss.py does "
            f"not know, or lets a row see the padding behind it (loss {plain:.4f}, here {ours:.4f}); "
            "add it to scaling_of in logits.py, or train another model."
        )
