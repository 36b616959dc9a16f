#!/usr/bin/env bash
# Train with several processes on this machine: bash tools/dist_train.sh CONFIG GPUS [options of tools/train.py]
# Without a GPU, GPUS processes share the CPU and talk over gloo.
# NNODES, NODE_RANK, MASTER_ADDR and PORT describe a run over several machines.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo 'usage: bash tools/dist_train.sh CONFIG GPUS [--work-dir DIR] [--cfg-options KEY=VALUE ...]' >&2
    exit 2
fi
config=$1
gpus=$2

# On one machine torchrun finds a free port by itself, so several runs can go side by side.
if [ -n "${NNODES:-}" ]; then
    meeting=(--nnodes "$NNODES" --node_rank "${NODE_RANK:-0}"
        --master_addr "${MASTER_ADDR:-127.0.0.1}" --master_port "${PORT:-29500}")
else
    meeting=(--standalone)
fi

exec "${PYTHON:-python}" -m vamp_mm.cli.processes "${meeting[@]}" --nproc_per_node "$gpus" \
    "$(dirname "$0")/train.py" "$config" --launcher pytorch "${@:3}"
