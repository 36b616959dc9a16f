"""Pre-train the small CLIP that ships with the project.

The defaults repeat the shipped training: ``python projects/tiny_clip/pretrain_tiny_clip.py --out my.safetensors``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from vamp_mm.cli import ToolParser, command, loading, whole

with loading():
    from pretrain import PretrainSpec, pretrain_tiny_clip


def parse_args() -> argparse.Namespace:
    spec = PretrainSpec()
    parser = ToolParser(__doc__)
    parser.add_argument('--out', required=True, help='weights file to write (.safetensors)')
    parser.add_argument('--image-steps', type=whole(0), default=spec.image_steps, help='phase 1')
    parser.add_argument('--text-steps', type=whole(0), default=spec.text_steps, help='phase 2')
    parser.add_argument('--joint-steps', type=whole(0), default=spec.joint_steps, help='phase 3')
    parser.add_argument('--threads', type=whole(1), default=spec.threads)
    parser.add_argument('--seed', type=whole(0), default=spec.seed)
    parser.add_argument('--log', help='JSON file for seconds and loss curves')
    return parser.parse_args()


@command
def main() -> None:
    args = vars(parse_args())
    out, log = args.pop('out'), args.pop('log')
    result = pretrain_tiny_clip(out, PretrainSpec(**args))
    if log:
        Path(log).write_text(json.dumps(result), encoding='utf-8')


if __name__ == '__main__':
    main()
