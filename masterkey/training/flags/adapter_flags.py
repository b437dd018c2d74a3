"""The flags of LoRA and QLoRA, and what is wrong with them before anything is loaded."""

from dataclasses import dataclass, field

from masterkey.scripting.command_line import UserError
from masterkey.weights.lora import is_adapter


@dataclass
class AdapterArguments:
    """Flags of train.py."""

    lora_r: int = field(
        default=0, metadata={"help": "rank of LoRA adapters, such as 16; 0: train all weights"}
    )
    lora_alpha: int | None = field(
        default=None, metadata={"help": "LoRA: scale of the change times rank; by default 2 × rank"}
    )
    lora_dropout: float = field(
        default=0.0, metadata={"help": "LoRA: share of the adapters' inputs dropped in training"}
    )
    lora_target_modules: list[str] | None = field(
        default=None,
        metadata={
            "help": "LoRA: names of the layers to adapt, such as q_proj k_proj v_proj; by default "
            "all linear layers of the decoder's blocks"
        },
    )
    load_in_4bit: bool = field(
        default=False,
        metadata={"help": "QLoRA: hold the frozen base model in 4 bits (needs bitsandbytes)"},
    )


def check_adapter_arguments(
    arguments: AdapterArguments, model_name_or_path: str | None, sharded: bool = False
) -> None:
    """Raise `UserError` for flags that are out of range or do not go together.

    `model_name_or_path`: the base model, which may be no adapter itself. `sharded`: whether FSDP or
    ZeRO will cut the weights.
    """
    rank = arguments.lora_r
    if rank < 0:
        raise UserError(f"--lora_r {rank}: must be 0 (no adapter) or more.")
    if not rank:
        _refuse_flags_of_adapters(arguments)
    if arguments.lora_alpha is not None and arguments.lora_alpha < 1:
        raise UserError(f"--lora_alpha {arguments.lora_alpha}: must be 1 or more.")
    if not 0 <= arguments.lora_dropout < 1:
        raise UserError(f"--lora_dropout {arguments.lora_dropout}: must be 0 or more and below 1.")
    if arguments.load_in_4bit and sharded:
        raise UserError(
            "--load_in_4bit: its weights are not sharded here, so leave --fsdp and --deepspeed out "
            "(each GPU holds the 4-bit model), or leave --load_in_4bit out."
        )
    if rank and not model_name_or_path:
        raise UserError(
            f"--lora_r {rank}: adapts a trained model; name it with --model_name_or_path."
        )
    if model_name_or_path and is_adapter(model_name_or_path):
        raise UserError(
            f"--model_name_or_path {model_name_or_path}: is a LoRA adapter; merge it first "
            f"(python export.py --model {model_name_or_path} --output_dir MERGED) and name that "
            "folder."
        )


def _refuse_flags_of_adapters(arguments: AdapterArguments) -> None:
    given = {
        "--lora_alpha": arguments.lora_alpha is not None,
        "--lora_dropout": arguments.lora_dropout != 0,
        "--lora_target_modules": arguments.lora_target_modules is not None,
        "--load_in_4bit": arguments.load_in_4bit,
    }
    for flag, is_given in given.items():
        if is_given:
            raise UserError(f"{flag}: is for LoRA; add --lora_r, such as --lora_r 16.")
