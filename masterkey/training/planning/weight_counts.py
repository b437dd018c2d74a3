"""Numbers of weights of a model, counted on the model itself, which is built without its data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WeightCounts:
    """Numbers of weights of a model: all, trained, and by where they are."""

    total: int
    trained: int
    per_layer: int  # of one decoder layer, the largest
    largest: int  # of one tensor
    trained_embeddings: int  # input embeddings and LM head, tied ones once
    layer_matrices: int  # what 4-bit loading shrinks
    n_layers: int
    vocabulary: int
    width: int

    @property
    def outside_layers(self) -> int:
        return self.total - self.per_layer * self.n_layers


def count_weights(config, adapters: dict | None = None) -> WeightCounts:
    """Weights of the model that `config` describes, counted on the model itself without its data."""
    from masterkey.training.planning.activations import meta_model

    model = meta_model(config, "float32", adapters)
    n_layers = config.get_text_config().num_hidden_layers
    layers = _decoder_layers(model, n_layers)
    head = model.get_output_embeddings().weight
    ends = {model.get_input_embeddings().weight, head}
    matrices = [
        weight
        for layer in layers
        for weight in layer.parameters()
        if weight.dim() == 2 and not (adapters and weight.requires_grad)
    ]
    return WeightCounts(
        total=_size(model.parameters()),
        trained=_size(weight for weight in model.parameters() if weight.requires_grad),
        per_layer=max(_size(layer.parameters()) for layer in layers),
        largest=max(weight.numel() for weight in model.parameters()),
        trained_embeddings=_size(weight for weight in ends if weight.requires_grad),
        layer_matrices=_size(matrices),
        n_layers=n_layers,
        vocabulary=head.shape[0],
        width=head.shape[1],
    )


def _size(weights) -> int:
    return sum(weight.numel() for weight in weights)


def _decoder_layers(model, n_layers: int):
    from torch.nn import ModuleList

    lists = (module for module in model.modules() if isinstance(module, ModuleList))
    return max(
        (layers for layers in lists if len(layers) == n_layers),
        key=lambda layers: _size(layers.parameters()),
    )
