"""Build the documentation: the pages of the repository, and those that are made from the code.

python docs/site/build.py work_dirs/site
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

from figures import draw_plans
from pages import API, api_pages, datasets_page, methods_page, protocols_page

ROOT = Path(__file__).resolve().parents[2]
#: Pages of the repository, which keep their places, so that links between them hold.
PAGES = (
    'CHANGELOG.md', 'CONTRIBUTING.md', 'UPGRADING.md', 'README.md', '.github/[CS]*.md', 'data/README.md', 'docs/*.md',
    'docs/tutorials/*.md',
    'configs/*/README.md')  # fmt: skip
_LINK = re.compile(r'(?<!!)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)')


def assemble(folder: Path) -> None:
    """Put all sources of the site into a folder.

    Args:
        folder: The folder, which is made anew.
    """
    shutil.rmtree(folder, ignore_errors=True)
    pages = [path for pattern in PAGES for path in sorted(ROOT.glob(pattern))]
    for path in pages:
        place = folder / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_without_links_to_code(path), encoding='utf-8')
    shutil.copytree(ROOT / 'docs' / 'images', folder / 'docs' / 'images')
    shutil.copy(ROOT / 'docs' / 'site' / 'conf.py', folder)
    shutil.copy(ROOT / 'docs' / 'site' / 'index.md', folder)
    made = folder / 'made'
    made.mkdir()
    (made / 'methods.md').write_text(methods_page(), encoding='utf-8')
    (made / 'datasets.md').write_text(datasets_page(), encoding='utf-8')
    (made / 'protocols.md').write_text(protocols_page(), encoding='utf-8')
    for name, text in api_pages(API).items():
        (made / f'{name}.md').write_text(text, encoding='utf-8')
    draw_plans(folder / 'docs' / 'images' / 'plans.svg')


def _without_links_to_code(page: Path) -> str:
    """A page whose links to files that are no pages are their words alone: the site holds no code."""

    def kept(match: re.Match[str]) -> str:
        words, target = match[1], match[2]
        if '://' in target or target.endswith(('.md', '.png', '.svg')):
            return match[0]
        return words

    return _LINK.sub(kept, page.read_text(encoding='utf-8'))


def main() -> None:
    """Build the site; warnings are errors."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0] if __doc__ else None)
    parser.add_argument('out', type=Path, help='folder of the site')
    out = parser.parse_args().out.resolve()
    try:
        from sphinx.cmd.build import build_main
    except ModuleNotFoundError:
        sys.exit('error: Sphinx is not installed: pip install -r requirements/docs.txt')
    assemble(out / 'source')
    sys.exit(
        build_main(
            ['-W', '--keep-going', '-q', '-b', 'html', str(out / 'source'), str(out / 'html')]
        )
    )


if __name__ == '__main__':
    main()
