#!/usr/bin/env bash
# Train on a SLURM cluster: bash tools/slurm_train.sh PARTITION JOB_NAME CONFIG [options of tools/train.py]
# GPUS, GPUS_PER_NODE and CPUS_PER_TASK set how much to request; SRUN_ARGS goes to srun as it is.
set -euo pipefail

if [ $# -lt 3 ]; then
    echo 'usage: [GPUS=8] bash tools/slurm_train.sh PARTITION JOB_NAME CONFIG [options of tools/train.py]' >&2
    exit 2
fi
partition=$1
job_name=$2
config=$3
gpus=${GPUS:-8}
gpus_per_node=${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}

# SRUN_ARGS holds several words on purpose.
# shellcheck disable=SC2086
exec srun --partition "$partition" --job-name "$job_name" \
    --gres "gpu:$gpus_per_node" --ntasks "$gpus" --ntasks-per-node "$gpus_per_node" \
    --cpus-per-task "${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
    "${PYTHON:-python}" -u "$(dirname "$0")/train.py" "$config" --launcher slurm "${@:4}"
