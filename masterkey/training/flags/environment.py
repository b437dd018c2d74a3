"""What libraries print in training on several processes, and a user cannot act on.

Warnings about each other are named by their words or module: others come through. tests/training/test_sharding.py asserts that
nothing is left on the terminal.
"""

import json
import logging
import warnings

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


def quiet_libraries(argv: list[str]) -> None:
    """Leave out what libraries say of each other in a run with the flags `argv`."""
    for warning in _WARNINGS_OF_LIBRARIES:
        warnings.filterwarnings("ignore", **warning)
    if "--fsdp_config" in argv:
        config = json.loads(argv[argv.index("--fsdp_config") + 1])
        if str(config.get("version", 2)) == "2":
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
