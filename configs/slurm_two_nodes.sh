#!/bin/bash
# A recipe on two nodes of four GPUs each, under Slurm:
#
#   sbatch configs/slurm_two_nodes.sh configs/llama_7b_full.yaml \
#       --model_name_or_path PATH_TO_LLAMA_7B --data_path alpaca_data.json --output_dir runs/alpaca_7b
#
# Submit it from the repository's root, with the environment active. The global batch stays that of
# the recipe (128): 8 GPUs x 4 rows x 4 accumulation. --output_dir must be on a file system that both
# nodes see. Without Slurm, run the torchrun line on each node, with one node's name as $head_node.
#
# Before the time limit train.py saves, and the job is queued again: the same command goes on from the
# last checkpoint (docs/training/resuming.md). Not tried on a cluster: tests run it with a stand-in for srun.

#SBATCH --job-name=train
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1      # one torchrun per node; it starts one process per GPU
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=32
#SBATCH --time=24:00:00
#SBATCH --output=%x-%j.log
#SBATCH --open-mode=append       # one log for all starts
#SBATCH --signal=B:USR1@600      # 10 minutes before the limit, to this script: a step and a checkpoint
#SBATCH --requeue                # after a failed node Slurm queues the job again by itself

set -euo pipefail

gpus_per_node=4
# The rendezvous: all nodes meet at the first one, at a port of this job's own.
head_node=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
port=$((20000 + SLURM_JOB_ID % 20000))

# Several processes share a node's cores.
export OMP_NUM_THREADS=$((SLURM_CPUS_PER_TASK / gpus_per_node))
# Fewer failures by fragmentation near the memory's end.
export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True
# A node that fails ends the run instead of leaving the others waiting.
export TORCH_NCCL_ASYNC_ERROR_HANDLING=1
# Where NCCL finds no connection: name the network interface (`ip -br addr`), and let it tell.
# export NCCL_SOCKET_IFNAME=ib0
# export NCCL_DEBUG=INFO
# Without InfiniBand:
# export NCCL_IB_DISABLE=1

save_and_requeue() {
    # To the workers, which torchrun starts with `python -u`: torchrun itself would kill them 30
    # seconds after a signal, however long a checkpoint takes.
    srun --overlap --nodes="$SLURM_NNODES" --ntasks-per-node=1 \
        pkill -USR1 -u "$(id -u)" -f -- "-u [^ ]*train[.]py" || true
    wait "$run" || true
    scontrol requeue "$SLURM_JOB_ID"
    exit 0
}
trap save_and_requeue USR1

# No --kill-on-bad-exit: where one node has saved and ended, another may still be writing.
srun torchrun \
    --nnodes="$SLURM_NNODES" --nproc_per_node="$gpus_per_node" \
    --rdzv_backend=c10d --rdzv_id="$SLURM_JOB_ID" --rdzv_endpoint="$head_node:$port" \
    train.py "$@" &
run=$!
wait "$run"
