"""The memory plan beside what PyTorch's allocator really handed out, on small models and a CPU."""

import warnings
from argparse import Namespace
from dataclasses import replace

import pytest
import torch
from torch.profiler import ProfilerActivity, profile
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, OPTConfig

from masterkey.scripting.command_line import UserError
from masterkey.training.lean_layers.installing import use_lean_layers
from masterkey.training.loss import use_answer_loss
from masterkey.training.planning.activations import fake_model
from masterkey.training.planning.memory import MemoryPlanner, TrainingSetup
from masterkey.training.planning.plan import assumed_mfu, memory_table, print_plan
from masterkey.training.planning.setup import setup_of
from masterkey.training.recomputing import keep_products, recompute_every

# Predicted to measured peaks of the set-ups below; docs/training/memory.md lists them.
LOWEST, HIGHEST = 0.92, 1.12

LLAMA = LlamaConfig(
    vocab_size=4096,
    hidden_size=192,
    intermediate_size=512,
    num_hidden_layers=6,
    num_attention_heads=4,
    num_key_value_heads=4,
)
PLANNER = MemoryPlanner(LLAMA)
SMALL = TrainingSetup(rows=2, row_length=256, loss_chunk=128, bf16=False)


def assert_close(predicted: float, measured: int) -> None:
    ratio = predicted / measured
    print(f"predicted {predicted / 1e6:.1f} MB, measured {measured / 1e6:.1f} MB: {ratio:.2f}")
    assert LOWEST < ratio < HIGHEST


def measured_peak(config, setup: TrainingSetup, n_answers: int = 150) -> int:
    """Most bytes that a real step holds: weights, states, and what the CPU allocator adds to them."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(
        config, dtype=getattr(torch, setup.dtype), attn_implementation="sdpa"
    ).train()
    use_answer_loss(model, setup.loss_chunk)
    if setup.checkpoint_every:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        recompute_every(model, setup.checkpoint_every)
        if setup.on_cpu:
            keep_products(model)
    if setup.lora_r:
        from peft import LoraConfig, get_peft_model

        model.enable_input_require_grads()
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **setup.adapters))
    buffers = use_lean_layers(model) if setup.on_cpu and setup.lora_r else None
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    fused = setup.optimizer == "adamw_torch_fused"
    optimizer = torch.optim.AdamW(trained, fused=fused, foreach=not fused)
    input_ids = torch.randint(3, 100, (setup.rows, setup.row_length))
    labels = input_ids.clone()
    labels[:, :-n_answers] = -100

    def step():
        for _ in range(2 if setup.accumulates else 1):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=setup.bf16):
                loss = model(input_ids=input_ids, labels=labels, num_items_in_batch=300).loss
            loss.backward()
            del loss
        optimizer.step()
        optimizer.zero_grad()

    step()  # makes the optimizer's states
    states = [value for state in optimizer.state.values() for value in state.values()]
    held = sum(tensor.untyped_storage().nbytes() for tensor in {*model.parameters(), *states})
    held += buffers.n_bytes() if buffers else 0  # made in the first step, used again
    return held + allocated_peak(step)


def allocated_peak(function) -> int:
    """Most bytes that the CPU allocator had handed out at a time, beyond those of before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        function()
    events = profiler.profiler.kineto_results.events()
    live = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        if event.name() == "[memory]":
            live += event.nbytes()
            peak = max(peak, live)
    assert live == 0, "a step leaves nothing behind"
    return peak


QUICK = [
    {"accumulates": False},
]
SLOW = [
    {"lora_r": 8, "checkpoint_every": 1, "on_cpu": True},
    {},
    {"bf16": True, "checkpoint_every": 1, "accumulates": False},
    {"dtype": "bfloat16", "checkpoint_every": 1},
    {"lora_r": 8, "dtype": "bfloat16", "bf16": True, "checkpoint_every": 1},
    {"checkpoint_every": 1},
    {"checkpoint_every": 1, "accumulates": False},
    {"checkpoint_every": 2},
    {"bf16": True},
    {"dtype": "bfloat16"},
    {"optimizer": "adamw_torch", "checkpoint_every": 1},
    {"lora_r": 8},
    {"lora_r": 8, "dtype": "bfloat16", "bf16": True},
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes", [*QUICK, *(pytest.param(one, marks=pytest.mark.slow) for one in SLOW)], ids=str
)
def test_the_peak_is_what_the_allocator_hands_out(changes):
    setup = replace(SMALL, **changes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # transformers' new name of checkpointing
        measured = measured_peak(LLAMA, setup)
    assert_close(PLANNER.estimate(setup).peak, measured)


@pytest.fixture
def four_processes():
    """A process group of four, of which three do not exist: their messages are made up."""
    from torch.testing._internal.distributed.fake_pg import FakeStore

    torch.distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=4)
    yield torch.distributed.device_mesh.init_device_mesh("cpu", (4,))
    torch.distributed.destroy_process_group()


def tracked_sharded_peak(config, mesh, setup: TrainingSetup) -> int:
    """Most bytes of a sharded forward and backward pass, as PyTorch's own tracker counts them."""
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.distributed._tools.fsdp2_mem_tracker import FSDPMemTracker
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
    with FakeTensorMode(allow_non_fake_inputs=True):
        model = fake_model(config, "float32")
        if setup.checkpoint_every:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        for module in (*model.model.layers, model):
            fully_shard(
                module,
                mesh=mesh,
                mp_policy=policy,
                reshard_after_forward=setup.sharding == "full_shard",
            )
        input_ids = torch.zeros(setup.rows, setup.row_length, dtype=torch.long)
        tracker = FSDPMemTracker(model)
        tracker.track_inputs((input_ids,))
        with tracker:
            logits = model(input_ids, use_cache=False, logits_to_keep=setup.loss_chunk).logits
            targets = torch.zeros(logits.shape[:2], dtype=torch.long)
            loss = torch.nn.functional.cross_entropy(
                logits.float().flatten(0, 1), targets.flatten()
            )
            del logits
            loss.backward()
    (peak,) = tracker.get_tracker_snapshot("peak").values()
    return peak["Total"]


@pytest.mark.slow
@pytest.mark.parametrize("sharding", ["full_shard", "shard_grad_op"])
@pytest.mark.parametrize("checkpoint_every", [0, 1])
def test_sharding_gathers_what_pytorchs_tracker_counts(four_processes, sharding, checkpoint_every):
    config = LlamaConfig(
        hidden_size=1024,
        intermediate_size=2752,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=8,
        vocab_size=8192,
    )
    setup = TrainingSetup(
        n_gpus=4,
        sharding=sharding,
        checkpoint_every=checkpoint_every,
        row_length=512,
        loss_chunk=128,
        accumulates=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        tracked = tracked_sharded_peak(config, four_processes, setup)
    estimate = MemoryPlanner(config).estimate(setup)
    predicted = estimate.peak - estimate.optimizer  # the tracked pass has no optimizer
    assert_close(predicted, tracked)


@pytest.mark.slow
@pytest.mark.parametrize(
    "config",
    [
        OPTConfig(
            vocab_size=4096,
            hidden_size=192,
            ffn_dim=768,
            num_hidden_layers=6,
            num_attention_heads=4,
            word_embed_proj_dim=192,
            dropout=0.0,
        ),
        GPT2Config(
            vocab_size=4096,
            n_embd=192,
            n_layer=6,
            n_head=4,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
        ),
    ],
    ids=["opt", "gpt2"],
)
def test_other_architectures_need_no_formula_of_their_own(config):
    assert_close(MemoryPlanner(config).estimate(SMALL).peak, measured_peak(config, SMALL))


def test_weights_gradients_and_adam_take_16_bytes_a_weight():
    estimate = PLANNER.estimate(SMALL)
    n = sum(p.numel() for p in AutoModelForCausalLM.from_config(LLAMA).parameters())
    assert estimate.weights + estimate.gradients + estimate.optimizer == 16 * n


@pytest.mark.parametrize(
    ("optimizer", "bytes_a_weight"),
    [("adamw_torch", 8), ("adamw_torch_8bit", 6), ("adamw_torch_4bit", 5)],
)
def test_bfloat16_weights_take_the_documented_bytes(optimizer, bytes_a_weight):
    # docs/training/optimizers.md
    estimate = PLANNER.estimate(replace(SMALL, dtype="bfloat16", optimizer=optimizer))
    n = PLANNER.counts(SMALL).total
    states = estimate.weights + estimate.gradients + estimate.optimizer
    assert states / n == pytest.approx(bytes_a_weight, rel=0.02)


def test_sharding_divides_states_and_offload_moves_them_to_the_host():
    one, four = (PLANNER.estimate(replace(SMALL, n_gpus=n, sharding="full_shard")) for n in (1, 4))
    assert four.weights == one.weights / 4
    assert four.optimizer == one.optimizer / 4
    offloaded = PLANNER.estimate(
        replace(SMALL, n_gpus=4, sharding="full_shard", offload_weights=True)
    )
    assert offloaded.weights == offloaded.gradients == offloaded.optimizer == 0
    assert offloaded.host == 4 * (four.weights + four.gradients + four.optimizer)


@pytest.mark.slow
def test_4_bit_weights_are_an_eighth_of_the_layers_matrices():
    lora = replace(SMALL, lora_r=8, dtype="bfloat16", bf16=True)
    quantized = replace(lora, load_in_4bit=True)
    matrices = PLANNER.counts(lora).layer_matrices
    saved = PLANNER.estimate(lora).weights - PLANNER.estimate(quantized).weights
    assert saved == pytest.approx((2 - 0.516) * matrices, rel=0.01)


@pytest.mark.slow
def test_llama_7b_fits_one_80_gb_gpu_in_bf16_and_not_in_fp32():
    planner = MemoryPlanner(LlamaConfig())
    full = TrainingSetup(checkpoint_every=1)
    assert planner.counts(full).total == 6_738_415_616
    assert planner.estimate(full).total > 108e9
    single = replace(full, dtype="bfloat16", optimizer="adamw_torch_8bit")
    assert 40e9 < planner.estimate(single).total < 75e9


def flags(**changes):
    own = Namespace(
        model_name_or_path=None,
        config_name=None,
        tokenizer_name=None,
        data_path=None,
        prompt_style="alpaca",
        keep_markers=False,
        model_max_length=256,
        tokens_per_batch=512,
        global_batch_size=None,
        dtype="float32",
        loss_chunk_size=128,
        activation_checkpointing_every=1,
        lora_r=0,
        lora_target_modules=None,
        load_in_4bit=False,
    )
    training = Namespace(
        per_device_train_batch_size=2,
        gradient_accumulation_steps=1,
        asked_accumulation_steps=4,
        num_train_epochs=3,
        max_steps=-1,
        process_index=0,
        optim="adamw_torch_fused",
        bf16=True,
        fp16=False,
        fsdp=False,
        fsdp_config={},
        deepspeed=None,
        gradient_checkpointing=True,
    )
    for name, value in changes.items():
        setattr(own if hasattr(own, name) else training, name, value)
    return own, training


@pytest.mark.parametrize(
    ("changes", "sharding", "offload"),
    [
        ({}, "ddp", (False, False)),
        ({"fsdp": True}, "full_shard", (False, False)),
        ({"fsdp": True, "fsdp_config": {"cpu_offload": True}}, "full_shard", (True, True)),
        (
            {"fsdp": True, "fsdp_config": {"reshard_after_forward": False}},
            "shard_grad_op",
            (False, False),
        ),
        (
            {
                "deepspeed": {
                    "zero_optimization": {
                        "stage": 3,
                        "offload_param": {"device": "cpu"},
                        "offload_optimizer": {"device": "cpu"},
                    }
                }
            },
            "zero3",
            (True, True),
        ),
        ({"deepspeed": {"zero_optimization": {"stage": 2}}}, "zero2", (False, False)),
    ],
)
def test_flags_say_how_the_model_is_sharded(changes, sharding, offload):
    setup = setup_of(*flags(**changes), n_processes=4)
    assert setup.sharding == sharding
    assert (setup.offload_weights, setup.offload_optimizer) == offload
    assert (setup.rows, setup.row_length, setup.checkpoint_every) == (2, 256, 1)
    assert setup.accumulates


@pytest.mark.slow
def test_a_plan_is_printed_without_weights(tmp_path, capsys):
    LLAMA.save_pretrained(tmp_path)
    rows = '{"instruction": "Say it.", "input": "%s", "output": "yes"}\n'
    (tmp_path / "rows.jsonl").write_text("".join(rows % ("x" * n) for n in range(100, 180)))
    own, training = flags(
        model_name_or_path=str(tmp_path), data_path=[str(tmp_path / "rows.jsonl")], fsdp=True
    )
    print_plan(own, training, n_gpus=2)
    text = capsys.readouterr().out
    assert "2 GPUs, FSDP full_shard, float32 weights" in text
    assert "16 rows (2 x 2 x 4: GPUs, rows each, accumulation)" in text
    assert "steps     15: 3 epochs of 5" in text
    assert "a model this small reaches less" in text
    assert "estimated, not measured" in text
    assert max(map(len, text.splitlines())) <= 100
    table = [line.split() for line in text.splitlines()]
    for name in ("this", "1", "4", "FSDP", "bf16", "LoRA", "QLoRA"):
        assert name in [line[0] for line in table if line]
    assert 'FSDP offload        --fsdp "full_shard offload"' in text


def test_of_torchruns_processes_one_prints(tmp_path, capsys):
    LLAMA.save_pretrained(tmp_path)
    own, training = flags(model_name_or_path=str(tmp_path), process_index=1)
    print_plan(own, training, n_gpus=2)
    assert capsys.readouterr().out == ""


def test_a_model_without_a_configuration_is_an_error():
    own, training = flags(model_name_or_path="no/such folder")
    with pytest.raises(UserError, match="no/such folder: no such folder; check the path"):
        print_plan(own, training, n_gpus=1)


def test_the_table_has_a_line_for_each_set_up():
    lines = memory_table(PLANNER, {"one": SMALL, "other": replace(SMALL, n_gpus=2)}).splitlines()
    assert [line.split()[0] for line in lines] == ["GB", "one", "other"]
    assert len({len(line) for line in lines}) == 1


def test_checkpointing_costs_a_third_of_the_time_and_offload_more():
    plain = TrainingSetup()
    assert assumed_mfu(plain) / assumed_mfu(replace(plain, checkpoint_every=1)) == pytest.approx(
        4 / 3
    )
    assert assumed_mfu(replace(plain, offload_optimizer=True)) < assumed_mfu(plain) / 2
