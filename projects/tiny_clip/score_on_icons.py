"""Zero-shot and linear-probe accuracy of a CLIP on the icon benchmark.

``python projects/tiny_clip/score_on_icons.py --benchmark data/icons``
"""

from __future__ import annotations

import argparse
import json

from vamp_mm.cli import ToolParser, command, loading, whole

with loading():
    from scores import score_on_icons


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    parser.add_argument('--benchmark', default='data/icons', help='made by build_icons.py')
    parser.add_argument('--arch', default='ViT-Ti-16-64-icons')
    parser.add_argument('--weights', default='embedded', help="weights file, or 'embedded'")
    parser.add_argument('--template', default='a drawing of a {}.')
    parser.add_argument('--shots', type=whole(1), default=16, help='of the linear probe')
    return parser.parse_args()


@command
def main() -> None:
    print(json.dumps(score_on_icons(**vars(parse_args())), indent=2))


if __name__ == '__main__':
    main()
