"""The training commands of the two seeds' READMEs, with the placeholders filled."""

COMMON = """
    --data_path ./alpaca_data.json \
    --bf16 True \
    --output_dir runs/out \
    --num_train_epochs 3 \
    --per_device_train_batch_size 4 \
    --per_device_eval_batch_size 4 \
    --gradient_accumulation_steps 8 \
    --evaluation_strategy "no" \
    --save_strategy "steps" \
    --save_steps 2000 \
    --save_total_limit 1 \
    --learning_rate 2e-5 \
    --weight_decay 0. \
    --warmup_ratio 0.03 \
"""
LLAMA = f"""--model_name_or_path models/llama-7b {COMMON} \
    --lr_scheduler_type "cosine" \
    --logging_steps 1 \
    --fsdp "full_shard auto_wrap" \
    --fsdp_transformer_layer_cls_to_wrap 'LlamaDecoderLayer' \
    --tf32 True"""
OPT = f"""--model_name_or_path "facebook/opt-6.7b" {COMMON} \
    --lr_scheduler_type "cosine" \
    --logging_steps 1 \
    --fsdp "full_shard auto_wrap" \
    --fsdp_transformer_layer_cls_to_wrap 'OPTDecoderLayer' \
    --tf32 True"""
DEEPSPEED = f"""--model_name_or_path models/llama-7b {COMMON} \
    --deepspeed "./configs/default_offload_opt_param.json" \
    --tf32 True"""
OFFLOAD = LLAMA.replace("full_shard auto_wrap", "full_shard auto_wrap offload")
