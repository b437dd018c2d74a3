"""TrainingArguments for a trainer whose data loader yields whole optimizer steps."""

from dataclasses import dataclass, field

from transformers import TrainingArguments


@dataclass
class StepTrainingArguments(TrainingArguments):
    """Hugging Face's arguments; accumulation happens inside a step.

    `rows_per_step` = per_device_train_batch_size x gradient_accumulation_steps x processes. To
    Trainer and DeepSpeed the accumulation is 1: `masterkey.training.trainer` splits a step itself.
    """

    rows_per_step: int = field(init=False, default=0)
    asked_accumulation_steps: int = field(init=False, default=1)

    def __post_init__(self):
        self.asked_accumulation_steps = self.gradient_accumulation_steps
        self.gradient_accumulation_steps = 1
        self._use_newer_names()
        super().__post_init__()
        self.rows_per_step = (
            self.per_device_train_batch_size * self.asked_accumulation_steps * self.world_size
        )

    def _use_newer_names(self) -> None:
        """transformers 5.23 warns where a flag has the one name that 5.17 knows; so fill in the new one."""
        for old, new in (
            ("gradient_checkpointing", "activation_checkpointing"),
            ("gradient_checkpointing_kwargs", "activation_checkpointing_kwargs"),
        ):
            if getattr(self, new, self) is None:  # None: known and not given
                setattr(self, new, getattr(self, old))
