"""Old command lines: the seeds' three word for word, each flag by itself, and what contradicts."""

import dataclasses
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seed_commands import DEEPSPEED, LLAMA, OFFLOAD, OPT

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.checks import refuse_unknown_flags
from masterkey.training.flags.given import read_flags, words_of
from masterkey.training.flags.old_flags import OLD_FLAGS, current_name, translate_old_flags

RENAMED = """
    evaluation_strategy warmup_ratio per_gpu_train_batch_size per_gpu_eval_batch_size no_cuda adafactor
    torch_dtype torchdynamo xpu_backend tpu_metrics_debug include_inputs_for_metrics push_to_hub_token
    push_to_hub_model_id fsdp_transformer_layer_cls_to_wrap fsdp_min_num_params
""".split()
# What 5.17 dropped without a successor of the same meaning.
DROPPED = """
    overwrite_output_dir logging_dir save_safetensors use_mps_device jit_mode_eval use_ipex
    fp16_opt_level half_precision_backend tpu_num_cores past_index sharded_ddp group_by_length
    use_legacy_prediction_loop fp16_backend push_to_hub_organization mp_parameters ray_scope
    dispatch_batches split_batches include_tokens_per_second evaluate_during_training
""".split()


def translate(line: str, has_accelerator: bool = True, n_processes: int = 4):
    """(Words of the command in today's flags, lines for the user)."""
    flags, lines = translate_old_flags(
        read_flags(shlex.split(line)), has_accelerator=has_accelerator, n_processes=n_processes
    )
    return words_of(flags), lines


def parsed(line: str, **machine):
    """The command line as train.py's parser takes it, on a machine without a GPU."""
    from transformers import HfArgumentParser, TrainingArguments

    from masterkey.training.flags.arguments import OwnArguments

    argv, _ = translate(line, has_accelerator=False, **machine)
    parser = HfArgumentParser((OwnArguments, TrainingArguments), allow_abbrev=False)
    refuse_unknown_flags(read_flags(argv), {name[2:] for name in parser._option_string_actions})
    return parser.parse_args_into_dataclasses(
        ["--use_cpu", "True", *argv], look_for_args_file=False
    )


@pytest.mark.parametrize(
    ("line", "layer", "offload"),
    [
        (LLAMA, "LlamaDecoderLayer", False),
        (OPT, "OPTDecoderLayer", False),
        (OFFLOAD, "LlamaDecoderLayer", True),
    ],
)
def test_the_seeds_fsdp_commands_become_fsdp2(line, layer, offload):
    own, training = parsed(line)
    assert own.data_path == ["./alpaca_data.json"]
    assert own.model_name_or_path in ("models/llama-7b", "facebook/opt-6.7b")
    assert training.eval_strategy == "no"
    assert (training.save_strategy, training.save_steps, training.save_total_limit) == (
        "steps", 2000, 1,
    )  # fmt: skip
    assert training.warmup_steps == 0.03
    assert training.get_warmup_steps(1000) == 30
    assert (training.learning_rate, training.weight_decay) == (2e-5, 0.0)
    assert training.lr_scheduler_type == "cosine"
    assert (training.per_device_train_batch_size, training.gradient_accumulation_steps) == (4, 8)
    assert training.num_train_epochs == 3
    assert training.bf16
    assert training.tf32 is None
    assert training.fsdp is True
    plugin = training.fsdp_plugin_args
    assert plugin["fsdp_version"] == 2
    assert plugin["reshard_after_forward"] is True
    assert plugin["auto_wrap_policy"] == "TRANSFORMER_BASED_WRAP"
    assert plugin["transformer_cls_names_to_wrap"] == layer
    assert plugin.get("cpu_offload", False) is offload


def test_the_seeds_deepspeed_command_keeps_its_file():
    argv, lines = translate(DEEPSPEED)
    flags = {flag.name: flag.value for flag in read_flags(argv)}
    assert flags["deepspeed"] == "./configs/default_offload_opt_param.json"
    assert flags["warmup_steps"] == "0.03"
    assert flags["eval_strategy"] == "no"
    assert flags["tf32"] == "True"
    assert [line.split()[0] for line in lines] == ["--evaluation_strategy", "--warmup_ratio"]
    without = DEEPSPEED.replace('--deepspeed "./configs/default_offload_opt_param.json"', "")
    _, training = parsed(without)
    assert training.lr_scheduler_type == "linear"  # that command names none


def test_each_old_flag_of_the_seeds_has_one_line():
    _, lines = translate(LLAMA, has_accelerator=False)
    assert [line.split()[0] for line in lines] == [
        "--evaluation_strategy",
        "--warmup_ratio",
        "--tf32",
        "--fsdp",
        "--fsdp_transformer_layer_cls_to_wrap",
    ]


def test_the_seeds_command_on_one_process_shards_nothing():
    _, training = parsed(LLAMA, n_processes=1)
    assert not training.fsdp
    argv, lines = translate(OFFLOAD, n_processes=1)
    assert not any("fsdp" in word for word in argv)
    (line,) = [line for line in lines if line.startswith("--fsdp '")]
    assert "one process has nothing to shard" in line
    assert "llama_7b_single_80gb.yaml" in line
    assert "adamw_torch_8bit" in line


def test_what_transformers_renamed_is_translated_and_goes_to_a_flag_of_today():
    from transformers import TrainingArguments

    today = {field.name for field in dataclasses.fields(TrainingArguments)}
    assert set(RENAMED) <= OLD_FLAGS
    assert not today & {*RENAMED, *DROPPED}
    targets = {current_name(name) for name in OLD_FLAGS} - OLD_FLAGS
    assert targets - today == {"dtype"}  # train.py's own


@pytest.mark.parametrize("name", DROPPED)
def test_what_transformers_dropped_is_refused(name):
    with pytest.raises(UserError, match=f"--{name}: no such flag"):
        parsed(f"--seed 1 --{name} True")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("--evaluation_strategy epoch", "--eval_strategy epoch"),
        ("--evaluation-strategy=epoch", "--eval_strategy epoch"),
        ("--warmup_ratio=0.1", "--warmup_steps 0.1"),
        ("--no_cuda T", "--use_cpu True"),
        ("--no_cuda f", ""),
        ("--per_gpu_train_batch_size 4", "--per_device_train_batch_size 4"),
        ("--per_gpu_eval_batch_size 4", "--per_device_eval_batch_size 4"),
        ("--torch_dtype bfloat16", "--dtype bfloat16"),
        ("--adafactor", "--optim adafactor"),
        ("--torchdynamo inductor", "--torch_compile_backend inductor"),
        ("--xpu_backend ccl", "--ddp_backend ccl"),
        ("--tpu_metrics_debug True", "--debug tpu_metrics_debug"),
        ("--include_inputs_for_metrics True", "--include_for_metrics inputs"),
        ("--push_to_hub_model_id m", "--hub_model_id m"),
        ("--activation_checkpointing", "--gradient_checkpointing True"),
        ("--fsdp no_shard", ""),
        ("--fsdp ''", ""),
        ("--fsdp False --fsdp_min_num_params 100", ""),
    ],
)
def test_an_old_flag_becomes(old, new):
    argv, lines = translate(f"--seed 1 {old} --bf16 True")
    assert sorted(argv) == sorted(shlex.split(f"--seed 1 {new} --bf16 True"))
    assert len(lines) == 1 or old in ("--fsdp ''",)


def test_a_token_is_never_shown():
    argv, lines = translate("--push_to_hub_token hf_secret")
    assert argv == ["--hub_token", "hf_secret"]
    assert "hf_secret" not in lines[0]
    with pytest.raises(UserError) as error:
        translate("--push_to_hub_token hf_secret --hub_token hf_other")
    assert "hf_" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--fsdp shard_grad_op", {"version": 2, "reshard_after_forward": False}),
        ("--fsdp 'auto_wrap full_shard'", {"version": 2, "reshard_after_forward": True}),
        (
            "--fsdp 'offload shard_grad_op auto_wrap'",
            {"version": 2, "reshard_after_forward": False, "cpu_offload": True},
        ),
        ("--fsdp full_shard auto_wrap", {"version": 2, "reshard_after_forward": True}),
        ("--fsdp True", {"version": 2}),
        ("--fsdp", {"version": 2}),
        (
            "--fsdp 'full_shard auto_wrap' --fsdp_config '{\"version\": 1}'",
            {"version": 1, "reshard_after_forward": "full_shard"},
        ),
        ("--fsdp hybrid_shard", {"version": 1, "reshard_after_forward": "hybrid_shard"}),
        (
            "--fsdp full_shard --fsdp_min_num_params 100000",
            {
                "version": 2,
                "reshard_after_forward": True,
                "auto_wrap_policy": "SIZE_BASED_WRAP",
                "min_num_params": 100000,
            },
        ),
        (
            "--fsdp full_shard --fsdp_transformer_layer_cls_to_wrap A,B "
            '--fsdp_config \'{"fsdp_transformer_layer_cls_to_wrap": ["A", "B"]}\'',
            {
                "version": 2,
                "reshard_after_forward": True,
                "transformer_layer_cls_to_wrap": ["A", "B"],
            },
        ),
    ],
)
def test_fsdp_words_become_a_config_that_transformers_takes(line, expected):
    argv, _ = translate(line)
    assert argv[:2] == ["--fsdp", "--fsdp_config"]
    _, training = parsed(line)
    assert training.fsdp is True
    assert {key: training.fsdp_config.get(key) for key in expected} == expected
    assert training.fsdp_plugin_args["fsdp_version"] == expected["version"]


def test_an_fsdp_config_file_is_merged_with(tmp_path):
    path = tmp_path / "fsdp.json"
    path.write_text('{"fsdp_state_dict_type": "SHARDED_STATE_DICT"}')
    _, training = parsed(f"--fsdp full_shard --fsdp_config {path}")
    assert training.fsdp_plugin_args["state_dict_type"] == "SHARDED_STATE_DICT"
    with pytest.raises(UserError, match="no such file"):
        translate(f"--fsdp full_shard --fsdp_config {tmp_path}/none.json")


def test_fsdps_own_checkpointing_survives_on_one_process():
    line = "--fsdp full_shard --fsdp_config '{\"activation_checkpointing\": true}'"
    assert translate(line, n_processes=1)[0] == ["--gradient_checkpointing", "True"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("--evaluation_strategy", "a value"),
        ("--no_cuda maybe", "True or False"),
        ("--warmup_ratio 3", "0 or more, below 1"),
        ("--warmup_ratio nan", "0 or more, below 1"),
        ("--warmup_ratio 0.1 0.2", "one value, found 2"),
        ("--fsdp 'full_shard warp'", "'warp' is none of"),
        ("--fsdp offload", "needs one of"),
        ("--fsdp 'full_shard shard_grad_op'", "found full_shard and shard_grad_op"),
        ("--fsdp 'no_shard offload'", "only what is sharded"),
        ("--fsdp full_shard --fsdp_config '{version: 1}'", "not valid JSON"),
        ("--fsdp full_shard --fsdp_config '{\"version\": 3}'", "versions 1 and 2"),
        ("--fsdp hybrid_shard --fsdp_config '{\"version\": 2}'", "FSDP1 only"),
        ("--fsdp full_shard --fsdp_min_num_params many", "whole number of parameters"),
    ],
)
def test_a_value_that_was_never_valid_is_one_sentence(line, found):
    with pytest.raises(UserError, match=found) as error:
        translate(line)
    assert "\n" not in str(error.value)
    assert shlex.split(line)[0].split("=")[0] in str(error.value)


@pytest.mark.parametrize(
    "line",
    [
        "--evaluation_strategy no --eval_strategy=steps",
        "--warmup_steps 100 --warmup_ratio 0.03",
        "--no_cuda True --use_cpu False",
        "--adafactor True --optim adamw_torch",
        "--fsdp full_shard --fsdp_config '{\"reshard_after_forward\": false}'",
        "--fsdp 'full_shard offload' --fsdp_config '{\"cpu_offload\": false}'",
        "--fsdp full_shard --fsdp_transformer_layer_cls_to_wrap A "
        '--fsdp_config \'{"transformer_layer_cls_to_wrap": "B"}\'',
    ],
)
def test_contradictions_name_both(line):
    with pytest.raises(UserError, match="contradict each other") as error:
        translate(line)
    for word in shlex.split(line):
        if word.startswith("--"):
            assert word.split("=")[0] in str(error.value) or word == "--fsdp"


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("--evaluation_strategy no --eval_strategy no", "eval_strategy", "no"),
        ("--warmup_ratio 0.03 --warmup_steps 3e-2", "warmup_steps", 0.03),
        ("--no_cuda yes --use_cpu True", "use_cpu", True),
        # Of one flag given twice, the last counts, as argparse has it:
        ("--warmup_ratio 0.5 --warmup_ratio 0.03", "warmup_steps", 0.03),
        ("--warmup_ratio 0.03 --warmup_steps 0.5 --warmup_steps 3e-2", "warmup_steps", 0.03),
    ],
)
def test_old_and_new_may_say_the_same(line, name, value):
    _, training = parsed(line)
    assert getattr(training, name) == value


def test_fsdp_and_deepspeed_exclude_each_other():
    with pytest.raises(UserError, match="both shard the model"):
        translate("--fsdp full_shard --deepspeed configs/x.json")
    with pytest.raises(UserError, match="exclude each other"):
        translate(
            "--fsdp full_shard --fsdp_min_num_params 5 --fsdp_transformer_layer_cls_to_wrap A"
        )


def test_tf32_goes_only_where_there_is_no_accelerator():
    assert translate("--tf32 True", has_accelerator=True) == (["--tf32", "True"], [])
    assert translate("--tf32 True", has_accelerator=False)[0] == []
    assert translate("--tf32 False", has_accelerator=False)[0] == ["--tf32", "False"]


def test_a_misspelt_old_flag_gets_its_old_name():
    with pytest.raises(UserError, match="did you mean --evaluation_strategy"):
        refuse_unknown_flags(
            read_flags(["--evaluation_stategy", "no"]), {"eval_strategy", "learning_rate"}
        )


flag_names = st.sampled_from(["learning_rate", "data_path", "local_rank", "bf16", "save_steps"])
flag_values = st.lists(st.text(min_size=1, max_size=8).filter(lambda s: s[:2] != "--"), max_size=3)


@pytest.mark.slow
@given(st.lists(st.tuples(flag_names, flag_values)))
def test_flags_of_today_pass_through_word_for_word(flags):
    argv = [word for name, values in flags for word in (f"--{name}", *values)]
    today, lines = translate_old_flags(read_flags(argv), has_accelerator=False, n_processes=1)
    assert (words_of(today), lines) == (argv, [])


fsdp_words = st.permutations(["full_shard", "auto_wrap", "offload"])


@given(fsdp_words)
def test_the_order_of_fsdp_words_does_not_matter(words):
    argv, _ = translate(f"--fsdp '{' '.join(words)}'")
    assert argv == translate("--fsdp 'full_shard auto_wrap offload'")[0]
