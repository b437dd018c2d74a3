"""TrainingArguments for a trainer whose data loader yields whole optimizer steps."""

from dataclasses import dataclass, field

from transformers import TrainingArguments


@dataclass
class StepTrainingArguments(TrainingArguments):
    """Hugging Face's arguments; accumulation happens inside a step.

    `rows_per_step` = per_device_train_batch_size x gradient_accumulation_steps x processes. To
    Trainer and DeepSpeed the accumulation is 1: `masterkey.trainer` splits a step itself.
    """

    rows_per_step: int = field(init=False, default=0)
    asked_accumulation_steps: int = field(init=False, default=1)

    def __post_init__(self):
        self.asked_accumulation_steps = self.gradient_accumulation_steps
        self.gradient_accumulation_steps = 1
        super().__post_init__()
        self.rows_per_step = (
            self.per_device_train_batch_size * self.asked_accumulation_steps * self.world_size
        )
