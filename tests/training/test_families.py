"""Families of models as bases: each trains, is planned, and predicts or is refused by name."""

import json
from pathlib import Path

import pytest
import torch
from model_families import FAMILIES, new_config, new_model, save_checkpoint

import train
from masterkey.predicting.decoding.feeding import cache_for
from masterkey.predicting.decoding.free import generate_answers
from masterkey.scripting.command_line import UserError
from masterkey.training.loss import refuse_unlike_loss, use_answer_loss
from masterkey.training.planning.flops import training_flops
from masterkey.training.planning.memory import MemoryPlanner, TrainingSetup
from masterkey.weights.context import context_length, refuse_short_context

# transformers has no scaled_dot_product_attention of these, or their experts lie in stacks.
ONCE_REFUSED = ["gemma2", "bloom", "mpt", "gptj", "gpt_oss", "mixtral"]
READS_FREELY = {"bloom"}  # its positions are no input, so blocks cannot be fed


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_a_step_lowers_the_loss_by_the_models_own_loss(family):
    refuse_unlike_loss(new_config(family))
    model = new_model(family).train()
    use_answer_loss(model, chunk_size=16)
    ids = torch.arange(3, 43).view(2, 20)
    labels = ids.masked_fill(torch.arange(20) < 8, -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-2)
    losses = []
    for _ in range(4):
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < 0.97 * losses[0]
    assert training_flops(model.config, [20], 12) > 6 * 20 * 32 * 32


@pytest.mark.parametrize("family", FAMILIES)
def test_skeleton_decoding_feeds_it_block_by_block_or_names_it(family):
    model = new_model(family)
    if family not in READS_FREELY:
        cache_for(model)
        return
    with pytest.raises(UserError, match="BloomForCausalLM"):
        cache_for(model)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_it_answers_freely_with_rows_of_unlike_lengths_as_alone(family, byte_tokenizer):
    model, prompts = new_model(family), [[0, *range(60, 90)], [0, 70, 71]]
    together = generate_answers(model, byte_tokenizer, prompts, 4, None, 0)
    alone = [generate_answers(model, byte_tokenizer, [p], 4, None, 0)[0] for p in prompts]
    assert together == alone


@pytest.mark.slow
@pytest.mark.parametrize("family", ONCE_REFUSED)
def test_its_memory_is_planned(family):
    planner = MemoryPlanner(new_config(family))
    setup = TrainingSetup(dtype="float32", bf16=False, rows=1, row_length=64)
    n_bytes = 4 * planner.counts(setup).total
    estimate = planner.estimate(setup)
    assert estimate.weights == n_bytes
    assert estimate.activations > 64 * 32 * 4
    if family != "gemma2":
        return
    # The plain attention keeps scores of all pairs: four times the tokens take more than four times that.
    longer = planner.estimate(TrainingSetup(dtype="float32", bf16=False, rows=1, row_length=256))
    assert longer.activations > 4 * estimate.activations


@pytest.mark.slow
@pytest.mark.parametrize("family", ["gemma2", "mpt", "gpt_oss"])
def test_train_runs_to_its_end_and_what_it_saved_is_whole(family, tmp_path, byte_tokenizer):
    base = save_checkpoint(family, tmp_path / "base", byte_tokenizer)
    rows = [{"instruction": "Say it.", "input": f"paper {i}", "output": f"{i}"} for i in range(4)]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    out: Path = tmp_path / "out"
    train.main(
        ["--model_name_or_path", str(base), "--data_path", str(tmp_path / "rows.json"),
         "--output_dir", str(out), "--model_max_length", "500", "--max_steps", "2",
         "--per_device_train_batch_size", "2", "--report_to", "none", "--save_strategy", "no",
         "--cache_dir", str(tmp_path / "cache")]
    )  # fmt: skip
    from masterkey.weights.checkpoints import check_weights

    assert check_weights(str(out))
    assert json.loads((out / "train_summary.json").read_text())["run"]["step"] == 2


@pytest.mark.slow
def test_mamba_is_planned_without_adapters_and_refuses_them(tmp_path, capsys):
    from transformers import AutoModelForCausalLM, MambaConfig

    from masterkey.training.adapters import add_adapter
    from masterkey.training.flags.adapter_flags import AdapterArguments

    config = MambaConfig(vocab_size=300, hidden_size=32, num_hidden_layers=2)
    config.save_pretrained(tmp_path)
    plan = ["--model_name_or_path", str(tmp_path), "--model_max_length", "64", "--plan"]
    train.main(plan)
    assert "LoRA" not in capsys.readouterr().out
    with pytest.raises(UserError, match="Mamba"):
        train.main([*plan, "--lora_r", "2"])
    with pytest.raises(UserError, match="mamba takes no LoRA"):
        add_adapter(AutoModelForCausalLM.from_config(config), AdapterArguments(lora_r=2))


@pytest.mark.parametrize("family", sorted(FAMILIES.keys() - {"bloom"}))
def test_the_most_tokens_it_takes_are_known(family, byte_tokenizer):
    assert context_length(new_model(family), byte_tokenizer) == 512
    with pytest.raises(UserError, match="takes at most 512 tokens"):
        refuse_short_context(new_config(family), 513)
