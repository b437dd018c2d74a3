"""Whether a model's files hold the tensors that its configuration asks for, before anything is loaded.

transformers fills what a checkpoint lacks with random numbers, and what is too much it leaves out: a
model with half its layers answers, too. So transformers' own loader is given the files' names, dtypes
and shapes without their data (tensors on the "meta" device); what it then says is missing, of another
size or left over decides. It knows ties (an output embedding that is the input embedding is not
missing), buffers that are not saved, and names of older releases; a 7B model takes a tenth of a second.
"""

import re
from pathlib import Path

from masterkey.scripting.command_line import UserError, in_a_line
from masterkey.weights.loader_settings import quiet_transformers, whole_models
from masterkey.weights.model_files import CONFIG, read_config, vocabulary_size
from masterkey.weights.pairs import BUFFERS
from masterkey.weights.reading import TensorInfo, open_weights, torch_dtype
from masterkey.weights.wrong_contents import Comparison, block_of, refuse_misfits


def check_contents(path: str | Path) -> bool:
    """Raise `UserError` where the model folder `path` lacks tensors, or holds others than its own.

    False where that cannot be told beforehand: of a hub name, of a kind of model that transformers
    does not know, and of quantised weights, which are packed as only their own loader knows.
    """
    folder = Path(path)
    if not folder.is_dir() or read_config(folder).get("quantization_config"):
        return False
    return refuse_other_contents(folder, open_weights(folder).tensors, folder)


def refuse_other_contents(
    path: str | Path, tensors: dict[str, TensorInfo], config_folder: str | Path, fit: bool = False
) -> bool:
    """Raise `UserError` where `tensors`, those of `path`, are not the ones of its configuration.

    `fit`: the vocabulary may be larger than config.json says, since it will be written anew. False
    where transformers does not know the kind of model.
    """
    from huggingface_hub.errors import StrictDataclassError

    try:
        config = known_config(config_folder)
        if config is None or getattr(config, "quantization_config", None):
            return False
        if fit:
            _fit_vocabulary(config, tensors)
        comparison = compare(tensors, config)
    # Whatever a model's own code raises where its configuration holds what cannot be.
    except (StrictDataclassError, TypeError, ArithmeticError, LookupError, ValueError) as error:
        raise UserError(
            f"{Path(config_folder) / CONFIG}: no model can be built from it ({in_a_line(error)}); fetch the "
            "file again."
        ) from None
    refuse_misfits(path, comparison)
    return True


def refuse_unknown_kind(folder: str | Path) -> None:
    """Raise `UserError` where the config.json of a folder names no type of model that transformers knows."""
    config = read_config(folder)
    if not config:
        return
    import transformers

    kind = config.get("model_type")
    if isinstance(kind, str) and kind in transformers.CONFIG_MAPPING:
        return
    release = f"transformers {transformers.__version__}"
    named = f"the model_type {kind!r}, which {release} does not know"
    if kind is None:
        named = f"no model_type, without which {release} knows no model"
    raise UserError(
        f"{Path(folder) / CONFIG}: names {named}; correct it, or install a release that knows it."
    )


def known_config(folder: str | Path):
    """The configuration in a folder, None where transformers knows no such language model."""
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig

    if not (Path(folder) / CONFIG).exists():
        return None
    try:
        config = AutoConfig.from_pretrained(str(folder))
    except (OSError, ValueError, KeyError):
        return None
    return config if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING else None


def _fit_vocabulary(config, tensors: dict[str, TensorInfo]) -> None:
    size = vocabulary_size(tensors)
    if size is not None:
        config.get_text_config().vocab_size = size


def compare(tensors: dict[str, TensorInfo], config) -> Comparison:
    """What of `tensors` a model of this configuration would lack, leave out, or not fit into."""
    import torch

    kind = model_class(config)
    empty = {
        name: torch.empty(info.shape, dtype=torch_dtype(info.dtype), device="meta")
        for name, info in tensors.items()
    }
    with whole_models(), quiet_transformers():
        try:
            model, info = kind.from_pretrained(
                None,
                config=config,
                state_dict=empty,
                device_map="meta",
                output_loading_info=True,
                ignore_mismatched_sizes=True,
            )
        except RuntimeError:  # experts in several tensors that do not make one
            return _compare_unjoined(config, empty)
    return loaded_comparison(model, info)


def model_class(config):
    """transformers' class of causal language models for a configuration."""
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING

    found = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
    if not isinstance(found, list | tuple):
        return found
    named = {one.__name__: one for one in found}
    return next((named[n] for n in config.architectures or () if n in named), found[0])


def _compare_unjoined(config, empty: dict) -> Comparison:
    """The same by the names under which transformers would save the model."""
    import torch
    from transformers.core_model_loading import revert_weight_conversion

    with whole_models(), quiet_transformers(), torch.device("meta"):
        model = model_class(config)(config)
        expected = revert_weight_conversion(model, dict(model.state_dict()))
    tied = {"lm_head.weight"} if config.get_text_config().tie_word_embeddings else set()
    there = expected.keys() & empty.keys()
    misfits = [
        (name, empty[name].shape, expected[name].shape)
        for name in there
        if empty[name].shape != expected[name].shape
    ]
    info = {
        "missing_keys": expected.keys() - empty.keys() - tied,
        "unexpected_keys": empty.keys() - expected.keys(),
        "mismatched_keys": misfits,
    }
    return loaded_comparison(model, info)


def loaded_comparison(model, info: dict) -> Comparison:
    """The comparison from what `from_pretrained(..., output_loading_info=True)` returned."""
    modules = {name for name, _ in model.named_modules()}
    over = sorted(name for name in info["unexpected_keys"] if not BUFFERS.search(name))
    foreign = [name for name in over if _is_inside(name, modules)]
    text = model.config.get_text_config()
    return Comparison(
        missing=sorted(info["missing_keys"], key=_in_order),
        misfits=[(n, tuple(a), tuple(b)) for n, a, b in sorted(info["mismatched_keys"])],
        foreign=sorted(foreign, key=_in_order),
        unused=[name for name in over if name not in foreign],
        n_expected=len(model.state_dict()),
        model_type=model.config.model_type,
        blocks=getattr(text, "num_hidden_layers", None),
    )


def _is_inside(name: str, modules: set[str]) -> bool:
    """Whether a tensor that the model has not belongs to one of its modules, or would be one block more."""
    module = name.rpartition(".")[0]
    block = block_of(name)
    siblings = block.rpartition(".")[0] if block else None
    return module in modules or f"{siblings}.0" in modules


def _in_order(name: str) -> list:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
