"""The last layer of a model, at those places alone whose states are asked for.

What the other places get from the last layer is seen by nobody: no layer follows whose keys and values would
hold it. So there its queries, what its attention puts out, and its feed-forward part are left out, which is
most of its work: of a prompt, one place of hundreds is asked.
"""

import contextlib

# Modules that work on each place for itself, by the names that most architectures give them.
_PLACE_BY_PLACE = ("q_proj", "o_proj", "mlp")


@contextlib.contextmanager
def asked_places_alone(model):
    """While the block runs, the last layer's parts compute at the `asked` places of the `packed_rows` alone.

    Elsewhere they give zeros. `packed_rows` is what the model is called with.
    """
    layer, now = _last_layer(model), {}

    def begin(_, args, kwargs):
        now["rows"] = kwargs["packed_rows"]

    def before(_, args):
        [states] = args
        return (states[:, now["rows"].asked],)

    def after(_, args, found):
        whole = found.new_zeros(1, now["rows"].n_tokens, *found.shape[2:])
        whole[:, now["rows"].asked] = found
        return whole

    handles = [layer.register_forward_pre_hook(begin, with_kwargs=True)] if layer else []
    for name, module in layer.named_modules() if layer else ():
        if name.rpartition(".")[2] in _PLACE_BY_PLACE:
            handles += [module.register_forward_pre_hook(before)]
            handles += [module.register_forward_hook(after)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _last_layer(model):
    import torch

    n_layers = model.config.get_text_config().num_hidden_layers
    for module in model.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == n_layers:
            return module[-1]
    return None
