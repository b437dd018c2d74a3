"""Memory per GPU of a training run, by part, before anything is loaded.

Weights are counted on the model itself, built without data (the "meta" device), and activations by
running two of its layers on tensors without data (plan_activations.py). Only what no run of the model
can tell is arithmetic: states of the optimizer, sharding, buffers of communication.
docs/training/memory.md holds predictions beside measured peaks.
"""

from dataclasses import dataclass, replace

from masterkey.training.logits import (
    WORDS_AT_ONCE,
    default_chunk_size,
    positions_at_once,
    scaling_of,
)
from masterkey.training.planning.weight_counts import WeightCounts, count_weights

GB = 1e9
ELEMENT = {"float32": 4, "bfloat16": 2, "float16": 2}

# Not allocated by PyTorch, so not in torch.cuda.max_memory_allocated: the CUDA context with its loaded
# kernels and cuBLAS's workspace; NCCL's channels, where there are several GPUs. Usual figures of
# current drivers; not measured here.
CUDA_CONTEXT = 0.8 * GB
NCCL = 1.0 * GB
# What PyTorch's allocator reserves beyond what tensors need, as a share of the latter; usual with
# PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True; not measured here.
FRAGMENTATION = 0.03
# Of a run on a CPU: Python with torch, transformers, datasets and peft in memory; measured
# (docs/training/memory.md).
LIBRARIES = 0.55 * GB
# Of what comes and goes, how much more the process holds: the C library (before glibc 2.38) cannot use a
# freed block for an aligned one of the same size. Measured on Gemma 3 270M. Lean layers use theirs again.
HOLES, LEAN_HOLES = 0.5, 0.05
# Bytes of a fast tokenizer for each of its words: 0.33 GB for Gemma's 262,144, measured.
TOKENIZER = 1250

# Bytes of states per trained weight, by the name in --optim: (states in the weight's dtype, other
# bytes). 8-bit states have one fp32 scale for each block of 256, 4-bit ones one for each 128.
_8_BIT, _4_BIT = 1 + 4 / 256, 0.5 + 4 / 128
OPTIMIZER_STATES = {
    "adamw_torch": (2, 0),
    "adamw_torch_fused": (2, 0),
    "adamw_torch_8bit": (0, 2 * _8_BIT),
    "adamw_torch_4bit": (0, 2 * _4_BIT),
    "adamw_8bit": (0, 2 * _8_BIT),
    "adamw_bnb_8bit": (0, 2 * _8_BIT),
    "ademamix_8bit": (0, 3 * _8_BIT),
    "lion_32bit": (1, 0),
    "lion_8bit": (0, _8_BIT),
    "adagrad": (1, 0),
    "rmsprop": (1, 0),
    "sgd": (0, 0),
    "adafactor": (0, 0),  # one sum per row and column: under 1 % of the weights
}
_UNKNOWN_OPTIMIZER = (2, 0)
# Bytes a weight: 4 bits, and one 8-bit constant per 64 weights with one fp32 scale per 256 of them
# (QLoRA, arXiv 2305.14314, section 3).
NF4 = 0.5 + 1 / 64 + 4 / 64 / 256
# bitsandbytes keeps the states of embeddings in 32 bits (transformers asks it to).
_BITSANDBYTES = ("adamw_8bit", "adamw_bnb_8bit", "ademamix_8bit", "lion_8bit")
# These make a tensor as large as all weights at each step (foreach); fused ones do not.
_FOREACH = ("adamw_torch", "adagrad", "rmsprop")


@dataclass(frozen=True)
class TrainingSetup:
    """What decides the memory of a run. Tokens and rows are those of one micro-batch, padding included."""

    n_gpus: int = 1
    on_cpu: bool = False
    dtype: str = "float32"  # of the trained weights
    bf16: bool = True  # matmuls in bf16: autocast, or the dtype of gathered weights under sharding
    optimizer: str = "adamw_torch_fused"
    # none, ddp, full_shard, shard_grad_op (layers stay whole till their backward pass), zero2, zero3
    sharding: str = "none"
    offload_weights: bool = False
    offload_optimizer: bool = False
    lora_r: int = 0
    lora_target_modules: tuple[str, ...] = ()  # empty: all linear layers
    load_in_4bit: bool = False
    checkpoint_every: int = 0  # 1: all layers' activations are recomputed; 0: none
    rows: int = 1
    row_length: int = 2048
    loss_chunk: int | None = (
        None  # answer positions whose logits exist at once; None: by vocabulary
    )
    accumulates: bool = True  # several micro-batches a step: gradients outlive a backward pass
    # Of a step on all GPUs, where --global_batch_size fixes them, and how many a GPU takes at least.
    global_rows: int | None = None
    device_rows: int = 1

    def on_gpus(self, n: int) -> "TrainingSetup":
        """The same on `n` GPUs, where a given global batch takes more passes or fewer."""
        waits = self.accumulates
        if self.global_rows is not None:
            waits = self.global_rows > n * self.rows
        return replace(self, n_gpus=n, accumulates=waits)

    def divides_over(self, n: int) -> bool:
        """Whether `n` GPUs can share a step's rows evenly."""
        return self.global_rows is None or self.global_rows % (n * self.device_rows) == 0

    @property
    def gathers(self) -> bool:
        """Whether layers' whole weights are gathered from all GPUs when they are used."""
        return self.sharding in ("full_shard", "shard_grad_op", "zero3")

    @property
    def n_shards(self) -> int:
        return self.n_gpus if self.gathers else 1

    @property
    def compute_dtype(self) -> str:
        return "bfloat16" if self.bf16 else self.dtype

    @property
    def adapters(self) -> dict | None:
        """Keyword arguments of peft's LoraConfig."""
        if not self.lora_r:
            return None
        targets = list(self.lora_target_modules) or "all-linear"
        return {"r": self.lora_r, "target_modules": targets}


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes on one GPU by part, and on the host for all processes of one machine."""

    weights: float
    gradients: float
    optimizer: float
    activations: float
    lm_head: float
    gathering: float  # buffers of weights and gradients that GPUs exchange
    peak: float  # most of the parts above at one time: what torch.cuda.max_memory_allocated tells
    reserve: float
    host: float

    @property
    def total(self) -> float:
        """What the GPU must have."""
        return self.peak + self.reserve

    def parts(self) -> dict[str, float]:
        return {
            "weights": self.weights,
            "gradients": self.gradients,
            "optimizer": self.optimizer,
            "activations": self.activations,
            "LM head": self.lm_head,
            "gathering": self.gathering,
        }


class MemoryPlanner:
    """Estimates for one model; weights are counted and activations run once for each kind of set-up."""

    def __init__(self, config):
        self.config = config
        self._counts: dict = {}
        self._activations: dict = {}

    def counts(self, setup: TrainingSetup) -> WeightCounts:
        key = repr(setup.adapters)
        if key not in self._counts:
            self._counts[key] = count_weights(self.config, setup.adapters)
        return self._counts[key]

    def activations(self, setup: TrainingSetup):
        from masterkey.training.planning.activations import trace_activations

        # Sharded weights are gathered in bf16 already; others are cast, and the casts are kept.
        dtype = setup.dtype
        if setup.gathers or setup.load_in_4bit:
            dtype = setup.compute_dtype
        autocast = setup.bf16 and (dtype == "float32" or setup.adapters is not None)
        key = (setup.rows, setup.row_length, dtype, autocast, repr(setup.adapters), setup.on_cpu)
        if key not in self._activations:
            self._activations[key] = trace_activations(
                self.config,
                setup.rows,
                setup.row_length,
                dtype,
                autocast,
                setup.adapters,
                on_cpu=setup.on_cpu,
            )
        return self._activations[key]

    def estimate(self, setup: TrainingSetup) -> MemoryEstimate:
        """Bytes of one GPU from the second step on, when the optimizer's states exist."""
        counts = self.counts(setup)
        traced = self.activations(setup)
        if traced.is_lean:
            setup = replace(setup, checkpoint_every=0)
        weights, gradients, states = _state_bytes(setup, counts)
        at_the_step = _step_buffers(setup, counts)
        gathering = _gathering(setup, counts)
        kept = traced.kept(counts.n_layers, setup.checkpoint_every)
        activations = traced.in_backward(counts.n_layers, setup.checkpoint_every)
        later = activations - traced.of_a_layer(setup.checkpoint_every)
        lm_head = _lm_head(setup, counts, scaling_of(self.config) is not None)
        host = 0.0
        if setup.offload_weights or setup.offload_optimizer:
            host += setup.n_gpus * (gradients + states + at_the_step)
            gradients = states = at_the_step = 0.0
        if setup.offload_weights:
            host += setup.n_gpus * weights
            weights = 0.0
        # In the backward pass activations go while gradients come: all of both are there at once
        # only where gradients of an earlier pass wait. The chunk of logits is gone before the layers'
        # backward pass begins.
        waiting = gradients if setup.accumulates else 0.0
        head_waits = max(waiting, _head_gradient(setup, counts))
        fetched = gathering.weights
        first = traced.in_backward(1, min(setup.checkpoint_every, 1))
        last_share = 0 if setup.lora_r else counts.per_layer / counts.total
        moments = {
            "end of forward": fetched + kept + lm_head + _cast_weights(setup, counts) + waiting,
            "backward, last layer": fetched + activations + head_waits,
            "backward, next layer": fetched + later + gathering.layer_gradients + head_waits,
            "backward, first layer": gathering.last_weights + first + (1 - last_share) * gradients,
            "end of backward": gathering.last_weights + gathering.outer_gradients + gradients,
            "optimizer": at_the_step + gradients,
        }
        peak = weights + states + max(moments.values())
        return MemoryEstimate(
            weights=weights,
            gradients=gradients,
            optimizer=states + at_the_step,
            activations=activations,
            lm_head=lm_head,
            gathering=gathering.weights + gathering.layer_gradients,
            peak=peak,
            reserve=_reserve(setup, peak, weights, traced.is_lean, counts.vocabulary),
            host=host,
        )


def _reserve(
    setup: TrainingSetup, peak: float, weights: float, is_lean: bool, vocabulary: int
) -> float:
    """What the device must have beyond the tensors."""
    if setup.on_cpu:
        holes = LEAN_HOLES if is_lean else HOLES
        return LIBRARIES + TOKENIZER * vocabulary + holes * (peak - weights)
    return CUDA_CONTEXT + (NCCL if setup.n_gpus > 1 else 0.0) + FRAGMENTATION * peak


def _state_bytes(setup: TrainingSetup, counts: WeightCounts) -> tuple[float, float, float]:
    """(weights, gradients, optimizer states) of one GPU, wherever they are held."""
    n = setup.n_gpus
    sharded = setup.sharding in ("full_shard", "shard_grad_op", "zero3")
    if setup.sharding in ("zero2", "zero3"):
        # DeepSpeed: bf16 weights and gradients, and fp32 weights that the optimizer works on.
        element = ELEMENT[setup.compute_dtype]
        master = 4 if element < 4 else 0
        weights = element * counts.total / (n if sharded else 1)
        return weights, element * counts.trained / n, (8 + master) * counts.trained / n
    frozen = counts.total - counts.trained
    # Adapters are float32 whatever the base model is.
    element = 4 if setup.lora_r else ELEMENT[setup.dtype]
    weights = element * counts.trained + ELEMENT[setup.dtype] * frozen
    if setup.load_in_4bit:
        small = counts.layer_matrices
        weights = element * counts.trained + NF4 * small + 2 * (frozen - small)
    in_dtype, other = OPTIMIZER_STATES.get(setup.optimizer, _UNKNOWN_OPTIMIZER)
    states = (in_dtype * element + other) * counts.trained
    if setup.optimizer in _BITSANDBYTES:
        states += (8 - other) * counts.trained_embeddings
    gradients = element * counts.trained
    shards = n if sharded else 1
    return weights / shards, gradients / shards, states / shards


def _step_buffers(setup: TrainingSetup, counts: WeightCounts) -> float:
    """Tensors that exist during the optimizer's step only."""
    # bf16 weights are stepped one at a time by torchao, which rounds them stochastically.
    one_by_one = setup.dtype == "bfloat16" and not setup.lora_r
    if setup.optimizer not in _FOREACH or one_by_one or setup.sharding in ("zero2", "zero3"):
        return 0.0
    element = 4 if setup.lora_r else ELEMENT[setup.dtype]
    return element * counts.trained / (setup.n_gpus if setup.gathers else 1)


@dataclass(frozen=True)
class Gathering:
    """Bytes of what GPUs exchange, on one GPU."""

    weights: float = 0.0  # gathered: whole layers, and all that is outside the layers
    last_weights: float = 0.0  # of them, what is left when only the first layer is to come
    layer_gradients: float = 0.0  # whole ones of a layer, and those of the one before being summed
    outer_gradients: float = (
        0.0  # the same of embeddings and LM head, at the end of the backward pass
    )


def _gathering(setup: TrainingSetup, counts: WeightCounts) -> Gathering:
    """FSDP holds a layer and the one fetched ahead whole, and all that is outside the layers.

    Gradients are summed over the GPUs in fp32, from a copy.
    """
    if setup.sharding == "ddp":
        element = 4 if setup.lora_r else ELEMENT[setup.dtype]
        buckets = element * counts.trained  # gradient_as_bucket_view is off
        return Gathering(weights=buckets, last_weights=buckets)
    if not setup.gathers or (setup.n_gpus == 1 and not setup.offload_weights):
        return Gathering()
    element = ELEMENT[setup.compute_dtype]
    layers = counts.n_layers if setup.sharding == "shard_grad_op" else 2
    trained = counts.trained / counts.total
    return Gathering(
        weights=element * (layers * counts.per_layer + counts.outside_layers),
        last_weights=element * (counts.per_layer + counts.outside_layers),
        layer_gradients=trained * (element + 4) * counts.per_layer,
        outer_gradients=trained * (element + 4) * counts.outside_layers,
    )


def _cast_weights(setup: TrainingSetup, counts: WeightCounts) -> float:
    """bf16 copies of fp32 weights that autocast keeps to the end of the forward pass.

    Without checkpointing they are among the saved activations.
    """
    cast = setup.bf16 and setup.dtype == "float32" and not (setup.gathers or setup.lora_r)
    return 2.0 * counts.layer_matrices if cast and setup.checkpoint_every else 0.0


def _head_gradient(setup: TrainingSetup, counts: WeightCounts) -> float:
    if setup.lora_r or setup.offload_weights:
        return 0.0
    return ELEMENT[setup.dtype] * counts.vocabulary * counts.width / setup.n_shards


def _lm_head(setup: TrainingSetup, counts: WeightCounts, scaled: bool) -> float:
    """One chunk of logits in the backward pass, and the LM head's own gradient while it grows.

    fp32 log-probabilities, their gradient and the logits' gradient: 12 bytes a position and word.
    A frozen head whose logits are not `scaled` behind it makes one tensor of them, and in bf16 a copy
    before and after, or on a CPU some words of it at a time (`masterkey.training.frozen_head`).
    """
    element = ELEMENT[setup.compute_dtype]
    tokens = setup.rows * setup.row_length
    positions = min(setup.loss_chunk or default_chunk_size(counts.vocabulary), tokens)
    hidden = 3 * element * tokens * counts.width
    head = element * counts.vocabulary * counts.width
    if setup.lora_r and not scaled:
        n_bytes, copied = (4, 0) if element == 4 else (6, setup.dtype == "float32")
        logits = positions * counts.vocabulary
        if setup.on_cpu:
            logits = min(logits, _logits_on_cpu(tokens, positions, counts.vocabulary))
        return n_bytes * logits + copied * head + hidden
    return 12 * positions * counts.vocabulary + hidden + (0 if setup.lora_r else 2) * head


def _logits_on_cpu(tokens: int, positions: int, vocabulary: int) -> int:
    """Logits that are there at a time behind a frozen head, on all threads."""
    from masterkey.training.threads import number_of_shares

    words = min(number_of_shares(vocabulary) * WORDS_AT_ONCE, vocabulary)
    return min(positions_at_once(positions, vocabulary), tokens) * words
