#!/usr/bin/env bash
# Test with several processes on this machine: bash tools/dist_test.sh CONFIG CHECKPOINT GPUS [options of tools/test.py]
# Without a GPU, GPUS processes share the CPU and talk over gloo. Several machines: see dist_train.sh.
set -euo pipefail

if [ $# -lt 3 ]; then
    echo 'usage: bash tools/dist_test.sh CONFIG CHECKPOINT GPUS [--work-dir DIR] [--cfg-options KEY=VALUE ...]' >&2
    exit 2
fi
config=$1
checkpoint=$2
gpus=$3

# On one machine torchrun finds a free port by itself, so several runs can go side by side.
if [ -n "${NNODES:-}" ]; then
    meeting=(--nnodes "$NNODES" --node_rank "${NODE_RANK:-0}"
        --master_addr "${MASTER_ADDR:-127.0.0.1}" --master_port "${PORT:-29500}")
else
    meeting=(--standalone)
fi

exec "${PYTHON:-python}" -m vamp_mm.cli.processes "${meeting[@]}" --nproc_per_node "$gpus" \
    "$(dirname "$0")/test.py" "$config" "$checkpoint" --launcher pytorch "${@:4}"
