"""Training with the weights, gradients and optimizer states shared out among processes (FSDP).

accelerate does this on GPUs. On CPU processes it takes `--fsdp` without a word and trains with DDP,
a whole copy in each process; here the same sharding runs there too (gloo), so that what happens on
eight GPUs can be tested on two CPU cores. docs/training/sharding.md says what happens with which flags.
"""

import difflib

from masterkey.scripting.command_line import UserError

_POLICY_BY_LAYER = "TRANSFORMER_BASED_WRAP"
_SHARDED = "SHARDED_STATE_DICT"


def layer_class_names(model) -> list[str]:
    """Class names of the model's repeated layers, such as ["LlamaDecoderLayer"]: the units of sharding."""
    present = {type(module).__name__ for module in model.modules()}
    named = sorted(present.intersection(getattr(model, "_no_split_modules", None) or ()))
    return named or _classes_in_lists(model)


def _classes_in_lists(model) -> list[str]:
    """The class that fills the longest ModuleList, for models that do not name their layers."""
    from torch.nn import ModuleList

    lists = [module for module in model.modules() if isinstance(module, ModuleList) and len(module)]
    if not lists:
        return []
    return sorted({type(layer).__name__ for layer in max(lists, key=len)})


def check_layer_classes(model, fsdp_config: dict) -> list[str]:
    """The layer classes to shard by: those of `transformer_layer_cls_to_wrap`, else the model's own.

    Raises `UserError` where a name is no class of the model; the message lists the model's classes,
    the nearest name first.
    """
    chosen = fsdp_config.get("transformer_layer_cls_to_wrap") or []
    chosen = chosen.split(",") if isinstance(chosen, str) else list(chosen)
    present = {type(module).__name__ for module in model.modules() if list(module.parameters())}
    own = layer_class_names(model)
    for name in chosen:
        if name not in present:
            raise UserError(
                f"--fsdp_transformer_layer_cls_to_wrap {name}: {type(model).__name__} has no such "
                f"layer class; it has {', '.join(_nearest_first(name, own, present))}. Leave the "
                f"flag out and {' and '.join(own) or 'the whole model'} will be taken."
            )
    return chosen or own


def _nearest_first(name: str, own: list[str], present: set[str]) -> list[str]:
    def distance(candidate: str) -> float:
        return -difflib.SequenceMatcher(None, name.lower(), candidate.lower()).ratio()

    return sorted(own, key=distance) + sorted(present - set(own), key=distance)


def join_deepspeed(training) -> None:
    """Tell DeepSpeed of the CPU processes' group, which on GPUs accelerate does. Before the model is made."""
    if not training.deepspeed or training.device.type != "cpu" or training.world_size == 1:
        return
    import deepspeed

    # Its own sums over shared memory: half a minute of compiling, where gloo is there.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    deepspeed.comm.init_distributed(dist_backend="gloo", auto_mpi_discovery=False)


def prepare_arguments(training, model) -> list[str]:
    """Make the FSDP settings of `training` (TrainingArguments) fit the model and the device.

    To be called before the Trainer is built. Returns the sentences to print. Raises `UserError` on a
    wrong layer class, and on settings that do not work together.
    """
    if training.ddp_find_unused_parameters is None:
        # Every pass uses every weight, a wholly masked one too; looking for others costs time.
        training.ddp_find_unused_parameters = False
    _refuse_adapters(training, model)
    if not training.fsdp:
        return []
    _refuse_recomputing_twice(training)
    arguments, messages = training.fsdp_plugin_args, []
    if arguments["auto_wrap_policy"].upper() == _POLICY_BY_LAYER:
        names = check_layer_classes(model, training.fsdp_config)
        arguments["transformer_cls_names_to_wrap"] = ",".join(names)
    if training.device.type == "cpu":
        messages += _arguments_for_cpu(arguments)
    return messages


def _refuse_adapters(training, model) -> None:
    """FSDP2 shards adapters; FSDP1 would save none of them, and DeepSpeed was not seen to work."""
    if not hasattr(model, "peft_config"):
        return
    fsdp1 = training.fsdp and training.fsdp_plugin_args["fsdp_version"] == 1
    if fsdp1 or training.deepspeed:
        raise UserError(
            f"--lora_r: adapters are not trained with {'FSDP1' if fsdp1 else '--deepspeed'} here; take "
            'FSDP2 (--fsdp "full_shard auto_wrap"), or no sharding: each GPU then holds the frozen model.'
        )


def _refuse_recomputing_twice(training) -> None:
    if training.gradient_checkpointing and training.fsdp_config.get("activation_checkpointing"):
        raise UserError(
            "--gradient_checkpointing and activation_checkpointing in --fsdp_config: each layer would "
            "be recomputed twice; keep the first, to which --activation_checkpointing_every applies."
        )


def _arguments_for_cpu(arguments: dict) -> list[str]:
    import torch

    if torch.accelerator.is_available():
        raise UserError(
            "--use_cpu with --fsdp: this machine has a GPU, and torch would shard onto it; hide it "
            "(CUDA_VISIBLE_DEVICES=) or leave --use_cpu out."
        )
    # accelerate can broadcast weights at the start only between GPUs; each process has read them all.
    if arguments.get("sync_module_states"):
        arguments["sync_module_states"] = False
    messages = []
    if arguments.pop("cpu_offload", False):
        messages.append(
            "cpu_offload: the weights are in the CPU's memory anyway; it changes nothing"
        )
    if arguments["fsdp_version"] == 1:
        arguments["cpu_ram_efficient_loading"] = False
        if arguments["state_dict_type"] != _SHARDED:
            arguments["state_dict_type"] = _SHARDED
            messages.append(
                "state_dict_type: FSDP1 on CPU processes writes its checkpoints as shards; the output "
                "folder gets whole weights"
            )
    return messages


def finish_accelerator(trainer) -> None:
    """To be called at the end of `Trainer.create_accelerator_and_postprocess`.

    On CPU processes FSDP is switched on, which accelerate leaves out there. Everywhere, gradients are
    summed over the processes in float32 under `--bf16` and the loss stays float32; accelerate would
    take bfloat16 for both, and for the rotary embeddings' frequencies under FSDP1.
    """
    if not trainer.args.fsdp:
        return
    state = trainer.accelerator.state
    if getattr(state, "fsdp_plugin", None) is None:
        _switch_on_fsdp(trainer)
    if state.mixed_precision == "bf16":
        state.fsdp_plugin.mixed_precision_policy = _bfloat16_policy(state.fsdp_plugin.fsdp_version)


def _switch_on_fsdp(trainer) -> None:
    import torch
    from accelerate.state import PartialState
    from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin

    state = trainer.accelerator.state
    state.fsdp_plugin = FullyShardedDataParallelPlugin(**trainer.args.fsdp_plugin_args)
    for shared in (state, PartialState()):
        shared.distributed_type = DistributedType.FSDP
        # accelerate writes cpu:0, cpu:1, …; FSDP1 knows but one CPU and takes them for other devices.
        shared.device = torch.device("cpu")
    trainer.is_fsdp_enabled = True
    if state.fsdp_plugin.fsdp_version == 1:
        # torch's offloading frees the memory it copies from, where that is the CPU's: it crashes.
        state.fsdp_plugin.state_dict_config.offload_to_cpu = False
        state.fsdp_plugin.optim_state_dict_config.offload_to_cpu = False


def _bfloat16_policy(fsdp_version: int):
    import torch
    from torch.distributed.fsdp import MixedPrecision, MixedPrecisionPolicy

    if fsdp_version == 2:
        return MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
    return MixedPrecision(
        param_dtype=torch.bfloat16, reduce_dtype=torch.float32, buffer_dtype=torch.float32
    )


def prepare_optimizer_for_loading(trainer) -> None:
    """To be called before a checkpoint's optimizer states are loaded.

    accelerate loads the shards of FSDP1 into the states that the optimizer has, and a new one has
    none: the run would go on with empty moments. A step of size 0 makes them.
    """
    if not trainer.is_fsdp_enabled or trainer.accelerator.is_fsdp2 or trainer.optimizer.state:
        return
    optimizer = trainer.optimizer
    rates = [group["lr"] for group in optimizer.param_groups]
    for group in optimizer.param_groups:
        group["lr"] = 0.0
        for parameter in group["params"]:
            parameter.grad = parameter.new_zeros(parameter.shape)
    optimizer.step()
    optimizer.zero_grad()
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate


def count_parameters(model, only_trainable: bool = False) -> int:
    """Number of the model's parameters before FSDP wraps it; under ZeRO-3 it is sharded from the start."""
    parameters = [p for p in model.parameters() if p.requires_grad or not only_trainable]
    if any(hasattr(parameter, "ds_numel") for parameter in parameters):
        return sum(parameter.ds_numel for parameter in parameters)
    return model.num_parameters(only_trainable=only_trainable)


def held_parameters(model) -> int:
    """Number of parameters that this process holds: all without sharding, a part under FSDP or ZeRO-3."""
    from torch.distributed.tensor import DTensor

    def held(parameter):
        if isinstance(parameter, DTensor):
            return parameter.to_local()
        return getattr(parameter, "ds_tensor", parameter)  # ZeRO-3

    return sum(held(parameter).numel() for parameter in model.parameters())


def describe_shards(model, n_parameters: int, n_processes: int) -> str:
    """Such as "parameters: 2 shards of 3.4 M each" for the line that a run prints at its start."""
    held = held_parameters(model)
    if held == n_parameters:
        return f"parameters: {_short(n_parameters)}, whole in each of {n_processes} processes"
    return f"parameters: {n_processes} shards of {_short(held)} each"


def _short(number: int) -> str:
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return str(number)


def writes_no_weights(trainer) -> bool:
    """Whether `Trainer.save_model` would leave the output folder without weights (SHARDED_STATE_DICT)."""
    if not trainer.is_fsdp_enabled:
        return False
    return _SHARDED in str(trainer.accelerator.state.fsdp_plugin.state_dict_type)


def save_whole_model(trainer, output_dir: str) -> None:
    """Write the sharded model as one folder for `from_pretrained`. All processes must call it.

    The weights are gathered one tensor (FSDP1: one layer) after another into the CPU memory of process
    0, which writes them; the other processes never hold more than that one.
    """
    weights = _whole_state_dict(trainer)
    if trainer.args.should_save:
        trainer.write_model(output_dir, weights)


def without_tied_copies(model, weights: dict) -> dict:
    """`weights` (name → tensor) without the second name of tied ones, which gathering has copied."""
    tied = getattr(model, "all_tied_weights_keys", None) or {}
    return {name: weight for name, weight in weights.items() if tied.get(name) not in weights}


def _whole_state_dict(trainer) -> dict:
    """All weights on process 0, nothing on the others."""
    plugin = trainer.accelerator.state.fsdp_plugin
    if plugin.fsdp_version == 2 or trainer.args.device.type != "cpu":
        return trainer.accelerator.get_state_dict(trainer.model)

    from torch.distributed.fsdp import FullStateDictConfig, FullyShardedDataParallel, StateDictType

    whole = FullStateDictConfig(offload_to_cpu=False, rank0_only=True)
    with FullyShardedDataParallel.state_dict_type(
        trainer.model, StateDictType.FULL_STATE_DICT, whole
    ):
        return trainer.model.state_dict()
