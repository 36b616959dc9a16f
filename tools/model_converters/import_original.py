"""Turn a checkpoint of an original implementation into one of vamp_mm, and report what was used and what was left.

python tools/model_converters/import_original.py coop prompt_learner/model.pth.tar-50 --out coop.pth
python tools/test.py configs/coop/coop_vit-b16_caltech101.py coop.pth --cfg-options model.prompter.num_tokens=16
"""

import argparse

from vamp_mm.cli import ToolParser, command, loading

with loading():
    from vamp_mm.originals import METHODS
    from vamp_mm.originals.convert import import_original
    from vamp_mm.originals.convert_report import print_import


def parse_args() -> argparse.Namespace:
    parser = ToolParser(__doc__)
    parser.add_argument('method', choices=METHODS, help='the original')
    parser.add_argument('file', help="checkpoint in the original's layout, model.pth.tar-<epoch>")
    parser.add_argument('--out', required=True, help='where our checkpoint goes')
    return parser.parse_args()


@command
def main() -> None:
    args = parse_args()
    print_import(import_original(args.method, args.file, args.out), args.method, args.out)


if __name__ == '__main__':
    main()
