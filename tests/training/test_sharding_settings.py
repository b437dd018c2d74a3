"""What sharding takes from a model, refuses, and tells the libraries, before any process starts."""

import os
from types import SimpleNamespace

import pytest
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    OPTConfig,
    OPTForCausalLM,
)

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.environment import set_environment
from masterkey.training.flags.given import read_flags
from masterkey.training.sharding import (
    check_layer_classes,
    describe_shards,
    layer_class_names,
    prepare_arguments,
    without_tied_copies,
)

SMALL = {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
OPT = {**SMALL, "ffn_dim": 24, "word_embed_proj_dim": 16, "dropout": 0.0}


def llama():
    return LlamaForCausalLM(LlamaConfig(**SMALL, intermediate_size=24))


def test_the_layer_class_is_found_by_itself():
    assert layer_class_names(llama()) == ["LlamaDecoderLayer"]
    assert check_layer_classes(llama(), {}) == ["LlamaDecoderLayer"]
    assert layer_class_names(OPTForCausalLM(OPTConfig(**OPT))) == ["OPTDecoderLayer"]


def test_the_layer_class_is_found_in_a_model_that_does_not_name_it():
    model = torch.nn.Sequential(torch.nn.ModuleList([torch.nn.Bilinear(2, 2, 2) for _ in range(3)]))
    assert layer_class_names(model) == ["Bilinear"]


def test_a_wrong_layer_class_is_answered_with_the_models_own():
    with pytest.raises(UserError) as error:
        check_layer_classes(llama(), {"transformer_layer_cls_to_wrap": ["LLaMADecoderLayer"]})
    assert "LLaMADecoderLayer: LlamaForCausalLM has no such layer class" in str(error.value)
    assert "it has LlamaDecoderLayer, " in str(error.value)
    with pytest.raises(UserError, match="it has LlamaDecoderLayer, LlamaMLP, "):
        check_layer_classes(llama(), {"transformer_layer_cls_to_wrap": "LamaMLP"})


def test_a_right_layer_class_is_taken():
    assert check_layer_classes(llama(), {"transformer_layer_cls_to_wrap": "LlamaMLP"}) == [
        "LlamaMLP"
    ]


def arguments_on_cpu(**changes):
    plugin = {
        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "fsdp_version": 2,
        "state_dict_type": "FULL_STATE_DICT",
        **changes,
    }
    return SimpleNamespace(
        **{"fsdp": True, "fsdp_config": {}, "fsdp_plugin_args": plugin, "deepspeed": None},
        **{"gradient_checkpointing": False, "ddp_find_unused_parameters": None},
        device=torch.device("cpu"),
    )


def test_without_fsdp_replicas_are_prepared_that_use_all_weights():
    training = arguments_on_cpu()
    training.fsdp = False
    assert prepare_arguments(training, llama()) == []
    assert training.ddp_find_unused_parameters is False


def test_adapters_are_refused_where_they_would_not_be_saved():
    model = llama()
    model.peft_config = {}
    with pytest.raises(UserError, match="--lora_r: adapters are not trained with FSDP1 here"):
        prepare_arguments(arguments_on_cpu(fsdp_version=1), model)
    training = arguments_on_cpu()
    training.fsdp, training.deepspeed = False, "zero3.json"
    with pytest.raises(UserError, match="not trained with --deepspeed here; take FSDP2"):
        prepare_arguments(training, model)


def test_recomputing_each_layer_twice_is_refused():
    training = arguments_on_cpu()
    training.gradient_checkpointing, training.fsdp_config = True, {"activation_checkpointing": True}
    with pytest.raises(UserError, match="each layer would be recomputed twice; keep the first"):
        prepare_arguments(training, llama())


@pytest.mark.skipif(
    torch.accelerator.is_available(), reason="not checked: CPU settings (a GPU is here)"
)
def test_what_has_no_meaning_on_a_cpu_is_said():
    training = arguments_on_cpu(cpu_offload=True)
    assert prepare_arguments(training, llama()) == [
        "cpu_offload: the weights are in the CPU's memory anyway; it changes nothing"
    ]
    assert training.fsdp_plugin_args["transformer_cls_names_to_wrap"] == "LlamaDecoderLayer"
    assert "cpu_offload" not in training.fsdp_plugin_args
    [line] = prepare_arguments(arguments_on_cpu(fsdp_version=1), llama())
    assert line.startswith("state_dict_type: FSDP1 on CPU processes")


def test_libraries_are_told_of_fsdp_and_of_the_cpu_before_processes_join(monkeypatch):
    monkeypatch.setattr(os, "environ", {})
    set_environment(read_flags(["--use_cpu", "False", "--bf16", "True"]))
    assert os.environ == {}
    set_environment(read_flags(["--use_cpu", "True", "--fsdp", "--fsdp_config", "{}"]))
    assert os.environ["ACCELERATE_USE_FSDP"] == "true"
    assert os.environ["DS_ACCELERATOR"] == "cpu"


def test_a_whole_model_is_described_as_such():
    model = llama()
    n_parameters = model.num_parameters()
    assert describe_shards(model, n_parameters, 2) == (
        f"parameters: {n_parameters / 1000:.3g} k, whole in each of 2 processes"
    )


def test_tied_weights_are_saved_once():
    model = OPTForCausalLM(OPTConfig(**OPT))
    copied = {name: weight.clone() for name, weight in model.state_dict().items()}
    assert copied.keys() - without_tied_copies(model, copied).keys() == {"lm_head.weight"}
    untied = llama().state_dict()
    assert without_tied_copies(llama(), untied).keys() == untied.keys()
