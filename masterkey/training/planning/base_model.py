"""Whether the model that is to be fine-tuned can be, said before rows are tokenised or a plan is made."""

from pathlib import Path

from masterkey.training.flags.arguments import ModelArguments


def check_base_model(own: ModelArguments) -> None:
    """Raise `UserError` for a model to fine-tune whose files lack tensors; nothing is loaded.

    Where no weights lie (a hub name, a config.json that is planned for) there is nothing to check.
    """
    from masterkey.weights.checkpoints import check_weights, weight_files

    name = own.model_name_or_path
    if name and weight_files(Path(name)):
        check_weights(name)
