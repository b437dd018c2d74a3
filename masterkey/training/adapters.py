"""LoRA and QLoRA by PEFT: small trained matrices beside a frozen base model.

LoRA (arXiv 2106.09685) adds s·B·A to each chosen linear layer, s = alpha / r, and trains A and B
alone, in float32 whatever the base model's dtype is. QLoRA (arXiv 2305.14314) holds the frozen layers
in 4 bits: NF4, its constants quantised again, computing in bfloat16.

The folder that training saves holds the adapter, not the model. It names its base model, and the
test scripts and export.py merge the two (masterkey/weights/lora.py).
"""

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.adapter_flags import AdapterArguments
from masterkey.weights.reading import listed


def add_adapter(model, arguments: AdapterArguments):
    """`model` frozen, with new LoRA adapters, as a `PeftModel`; it still answers as before.

    Call it after `use_answer_loss`, and before sharding. Raises `UserError` for a target module that
    the model has not.
    """
    from peft import LoraConfig, TaskType, get_peft_model

    targets = arguments.lora_target_modules
    if targets is None:
        targets = linear_layers(model)
    else:
        _refuse_unknown_targets(model, targets)
    config = LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=arguments.lora_r,
        lora_alpha=2 * arguments.lora_r if arguments.lora_alpha is None else arguments.lora_alpha,
        lora_dropout=arguments.lora_dropout,
        target_modules=targets,
        fan_in_fan_out=_has_inputs_in_rows(model),
    )
    try:
        return get_peft_model(model, config, autocast_adapter_dtype=True)
    except ValueError as error:  # Mamba's layers
        raise UserError(f"--lora_r: {model.config.model_type} takes no LoRA ({error})") from None


def linear_layers(model) -> list[str]:
    """Names of the linear layers in the decoder's blocks, as --lora_target_modules takes them.

    Sorted: for LLaMA down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj and v_proj.
    """
    names = [name for name, module in model.named_modules() if isinstance(module, _linear_types())]
    # Blocks are numbered: model.layers.0.self_attn.q_proj; lm_head is in none.
    return sorted({name.rpartition(".")[2] for name in names if _is_in_a_block(name)})


def _is_in_a_block(name: str) -> bool:
    return any(part.isdigit() for part in name.split("."))


def _linear_types() -> tuple[type, ...]:
    import torch
    from transformers.pytorch_utils import Conv1D  # GPT-2's linear layer

    return torch.nn.Linear, Conv1D


def _has_inputs_in_rows(model) -> bool:
    """Whether the weights of the model's blocks are transposed, as GPT-2's are."""
    from transformers.pytorch_utils import Conv1D

    return any(isinstance(module, Conv1D) for module in model.modules())


def _refuse_unknown_targets(model, targets: list[str]) -> None:
    import torch

    kinds = (*_linear_types(), torch.nn.Embedding)
    names = [name for name, module in model.named_modules() if isinstance(module, kinds)]
    for target in targets:
        if not any(name == target or name.endswith(f".{target}") for name in names):
            raise UserError(
                f"--lora_target_modules {target}: {type(model).__name__} has no linear layer of this "
                f"name; its own are {listed(linear_layers(model), 12)}."
            )


def load_quantized_base(path: str, dtype: str = "bfloat16"):
    """The base model of a QLoRA run: the linear layers of its blocks in NF4, the rest in `dtype`.

    Raises `UserError` where bitsandbytes is missing, or the model cannot be loaded.
    """
    import importlib.util

    import torch

    from masterkey.weights.checkpoints import load_model

    if importlib.util.find_spec("bitsandbytes") is None:
        raise UserError("--load_in_4bit: needs bitsandbytes; pip install bitsandbytes==0.50.2")
    from transformers import BitsAndBytesConfig

    quantization = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    # Quantised as it is loaded, on its own GPU: the whole model is nowhere in 16 bits.
    device = torch.cuda.current_device() if torch.cuda.is_available() else "cpu"
    model = load_model(path, dtype, quantization_config=quantization, device_map={"": device})
    for module in model.modules():
        # On some CPUs an evaluation would repack the weights for a kernel of inference alone, and the
        # next training step would fail (bitsandbytes 0.50).
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    return model
