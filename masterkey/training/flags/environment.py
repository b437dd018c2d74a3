"""What a run tells the libraries before they start, and what they print that a user cannot act on.

The one place where train.py sets environment variables. Warnings of libraries about each other are
named by their words or module: others come through. tests/training/test_sharding.py asserts that
nothing is left on the terminal.
"""

import json
import logging
import os
import warnings

from masterkey.training.flags.given import FALSE, GivenFlag, last_given

# On how accelerate, peft and DeepSpeed call torch and transformers; DeepSpeed's come at every step.
_WARNINGS_OF_LIBRARIES = (
    {"category": FutureWarning, "module": r"torch\.distributed\."},
    {"category": FutureWarning, "message": "`is_gradient_checkpointing` is deprecated"},
    {"category": UserWarning, "message": "`_get_pg_default_device` will be deprecated"},
    {"category": UserWarning, "message": "Multiple backends are registered with this ProcessGroup"},
    # No operation changes OPT's in place: a sharded run has the losses of one process (tested).
    {
        "category": UserWarning,
        "message": r"FSDP2-wrapped module \(FSDPOPTDecoderLayer\) returned a view",
    },
)


def set_environment(flags: list[GivenFlag]) -> None:
    """Tell the libraries early what `flags` shard by, and on which device. Before TrainingArguments are made.

    They join the processes, and accelerate then sets up gloo for tensors in CPU memory beside NCCL only
    where these variables say so; with `cpu_offload`, gradient norms are summed there. The first of them
    also makes `cpu_ram_efficient_loading` work: only one process of a machine reads the checkpoint.
    """
    if last_given(flags, "fsdp"):
        os.environ["ACCELERATE_USE_FSDP"] = "true"
        os.environ.setdefault("FSDP_STATE_DICT_TYPE", "FULL_STATE_DICT")
    use_cpu = last_given(flags, "use_cpu")
    if use_cpu and use_cpu.value.lower() not in FALSE:
        # accelerate imports DeepSpeed wherever it is installed; it guesses, and prints what it guessed.
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
    _quiet_libraries(last_given(flags, "fsdp_config"))


def _quiet_libraries(fsdp_config: GivenFlag | None) -> None:
    """Leave out what libraries say of each other."""
    for warning in _WARNINGS_OF_LIBRARIES:
        warnings.filterwarnings("ignore", **warning)
    if fsdp_config and str(json.loads(fsdp_config.value).get("version", 2)) == "2":
        logging.getLogger("transformers.training_args").addFilter(_says_something_true_of_fsdp2)


def _says_something_true_of_fsdp2(record: logging.LogRecord) -> bool:
    # It warns of gathering twice under --gradient_checkpointing. FSDP2 gathers once: counted, with and
    # without it (docs/training/sharding.md).
    return not record.getMessage().startswith("When using FSDP, prefer")


def quiet_other_processes(training) -> None:
    """Leave transformers' notices and progress bars to the first process: the others repeat them."""
    if training.process_index:
        from transformers.utils import logging as transformers_logging

        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
