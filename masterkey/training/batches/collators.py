"""From a planned step to tensors: the data set and the collator of the training data loader."""

from dataclasses import dataclass

from masterkey.rows.encoding import IGNORED
from masterkey.training.batches.packing import pack_rows
from masterkey.training.batches.steps import Step
from masterkey.training.batches.tokenised_rows import TokenisedRows

# A micro-batch without rows is fed as so many padding tokens, which take no part in the loss.
_MASKED_TOKENS = 8


class StepRows:
    """A data set whose item is a `Step`: (the step, the rows of each of its micro-batches)."""

    def __init__(self, rows: TokenisedRows):
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitems__(self, step: Step) -> tuple[Step, list[list[dict]]]:
        return step, [self.rows.examples(numbers) for numbers in step.micro_batches]


class AnswerCollator:
    """Pads a batch of {"input_ids", "labels"} on the right: ids (B, S), mask (B, S), labels (B, S).

    The mask is built from the lengths, so any token may pad: no `[PAD]` has to be added to a
    vocabulary, which would resize embeddings and break loading under sharding. S is the longest
    row's length, rounded up to a multiple of `pad_to`.
    """

    def __init__(self, tokenizer, pad_to: int = 1):
        self.pad_to = pad_to
        pads = (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.eos_token_id)
        self.pad_id = next(pad for pad in pads if pad is not None)

    def __call__(self, examples: list[dict]) -> dict:
        import torch

        longest = max(len(example["input_ids"]) for example in examples)
        longest = -(-longest // self.pad_to) * self.pad_to
        input_ids = torch.full((len(examples), longest), self.pad_id)
        labels = torch.full((len(examples), longest), IGNORED)
        attention_mask = torch.zeros((len(examples), longest), dtype=torch.long)
        for i, example in enumerate(examples):
            length = len(example["input_ids"])
            input_ids[i, :length] = torch.tensor(example["input_ids"])
            labels[i, :length] = torch.tensor(example["labels"])
            attention_mask[i, :length] = 1
        return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}


@dataclass
class StepCollator:
    """Tensors of each micro-batch, packed or padded to multiples of `pad_to`; the step beside them."""

    tokenizer: object
    packed: bool = False
    pad_to: int = 1

    def __post_init__(self):
        self.pad = AnswerCollator(self.tokenizer, self.pad_to)

    def __call__(self, item: tuple[Step, list[list[dict]]]) -> dict:
        step, micro_batches = item
        return {
            "micro_batches": [
                self._tensors(rows or [self._masked_row()]) for rows in micro_batches
            ],
            "step": step,
        }

    def _tensors(self, rows: list[dict]) -> dict:
        if self.packed:
            return pack_rows(rows, self.pad_to)
        tensors = self.pad(rows)
        # Padding stands behind a row, where causal attention of its tokens does not reach. Without a
        # mask the kernels skip the upper half of the scores and hold no (S, S) mask.
        del tensors["attention_mask"]
        return tensors

    def _masked_row(self) -> dict:
        return {
            "input_ids": [self.pad.pad_id] * _MASKED_TOKENS,
            "labels": [IGNORED] * _MASKED_TOKENS,
        }
