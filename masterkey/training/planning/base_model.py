"""The model that is to be fine-tuned: whether it can be, and its configuration, before anything is loaded."""

from pathlib import Path

from masterkey.scripting.command_line import UserError, in_a_line
from masterkey.training.flags.arguments import ModelArguments


def check_base_model(own: ModelArguments) -> None:
    """Raise `UserError` for a model that is nowhere, and for one whose files lack tensors; nothing is loaded.

    Where no weights lie (a hub name, a config.json that is planned for) there is nothing more to check.
    """
    from masterkey.weights.checkpoints import check_weights, weight_files
    from masterkey.weights.hub import unavailable

    for flag in ("model_name_or_path", "config_name"):
        name = getattr(own, flag)
        if name and (reason := unavailable(name)):
            raise UserError(f"--{flag} {name}: {reason}.")
    name = own.model_name_or_path
    if name and weight_files(Path(name)):
        check_weights(name)


def load_config(name: str):
    """A model's configuration: of a folder, a JSON file or a hub name."""
    from transformers import AutoConfig

    from masterkey.weights.gguf_file import source_of
    from masterkey.weights.hub import unavailable
    from masterkey.weights.loader_settings import quiet_hub

    source, file = source_of(name)
    reason = unavailable(source)
    try:
        with quiet_hub():
            if reason is None:
                return AutoConfig.from_pretrained(source, **file)
    except (OSError, ValueError, KeyError) as error:
        reason = in_a_line(str(error).strip().split("\n")[0])
        if not Path(name).exists():
            reason = f"it is no folder or file here; of the hub: {reason}"
    raise UserError(
        f"{name}: no model configuration could be read ({reason}); --plan needs the model's "
        "config.json (its folder, the file, or a hub name)."
    )
