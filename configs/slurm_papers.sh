#!/bin/bash
# A corpus of papers on several machines, under Slurm:
#
#   sbatch --array=1-16 configs/slurm_papers.sh papers/ runs/papers --model runs/fields.npz
#
# The first word is the folder of papers, the second what the outputs are called: runs/papers.1.jsonl …
# runs/papers.16.jsonl, whose lines concatenate (`cat runs/papers.*.jsonl > runs/papers.jsonl`); all others
# are flags of infer.py. Each task of the array reads every 16th paper with as many processes as it has
# cores. All machines must see the folder, the model and runs/. Give a saved --model (sii_baseline.py
# --method fields --save_model), else every task learns for itself.
#
# A task that is stopped goes on where it was: give the same command again, or let Slurm queue it again.
# A checkpoint instead of a saved method: add --gres=gpu:1. Not tried on a cluster: a test starts the
# shards side by side as processes of one machine.

#SBATCH --job-name=papers
#SBATCH --array=1-4
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --time=04:00:00
#SBATCH --output=%x-%A-%a.log
#SBATCH --open-mode=append
#SBATCH --requeue

set -euo pipefail

papers=$1
output=$2
shift 2

# Exit code 1 says that some papers could not be read; the log names them, and the others are written.
python infer.py "$papers" \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    --num_workers "$SLURM_CPUS_PER_TASK" \
    --output_path "$output.$SLURM_ARRAY_TASK_ID.jsonl" \
    "$@"
