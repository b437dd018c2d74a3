"""torch.compile of a model's repeated layers, for `--torch_compile`.

Hugging Face compiles the whole model, for each new shape of a batch once more at first. Here the
layers are compiled, in their places and for shapes that change: all layers of a class share one
compilation, and weights keep their names. benchmarks/train_throughput.py measures what it gives.
"""

import os
import shutil

from masterkey.scripting.command_line import UserError

_COMPILERS = ("c++", "g++", "clang++", "cl")


def compile_layers(model, backend="inductor", mode: str | None = None) -> None:
    """Have the repeated layers of `model` compiled at their first call.

    Raises `UserError` where inductor would find no C++ compiler.
    """
    from masterkey.training.sharding import layer_class_names

    named = [os.environ["CXX"]] if os.environ.get("CXX") else _COMPILERS
    if backend == "inductor" and not any(map(shutil.which, named)):
        raise UserError(
            f"--torch_compile: needs a C++ compiler, and {' or '.join(named)} is not there; install "
            "one, or leave the flag out."
        )
    names = layer_class_names(model)
    for module in model.modules():
        if type(module).__name__ in names:
            module.compile(backend=backend, mode=mode, dynamic=True)


def without_compilation():
    """A context in which compiled layers run as written, such as for generation with a growing cache."""
    import torch

    return torch.compiler.set_stance("force_eager")
