"""Every command of the tutorials is run, and prints what the page prints."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Follow = Callable[[str], list[tuple[str, str]]]
_NUMBER = re.compile(r'\d+\.\d+')


def _same(pairs: list[tuple[str, str]]) -> None:
    """Words and whole numbers are equal; accuracies depend on the machine's arithmetic."""
    assert pairs
    for printed, said in pairs:
        assert _NUMBER.sub('#', said) == _NUMBER.sub('#', printed)


@pytest.mark.parametrize(
    'page', ['image_folder.md', 'table.md', 'split_file.md', 'any_dataset.md', 'open_clip.md']
)
def test_a_page_does_what_it_says(follow_page: Follow, page: str) -> None:
    _same(follow_page(page))


def test_the_test_command_repeats_the_number_of_training(checkout: Path) -> None:
    if not (checkout / 'work_dirs' / 'folder_again').is_dir():
        pytest.skip('needs the run of image_folder.md')
    trained = json.loads((checkout / 'work_dirs' / 'folder' / 'result.json').read_text())['metrics']
    (again,) = (checkout / 'work_dirs' / 'folder_again').glob('*/result.json')
    assert json.loads(again.read_text())['metrics'] == trained


def test_domain_generalisation(follow_page: Follow, checkout: Path) -> None:
    rng = np.random.default_rng(0)
    for shift, domain in enumerate(('photo', 'art_painting', 'cartoon', 'sketch')):
        for name, colour in (('dog', 40), ('horse', 120), ('house', 200)):
            folder = checkout / 'data' / 'pacs' / domain / name
            folder.mkdir(parents=True)
            for index in range(8 if domain == 'photo' else 3):
                pixels = np.clip(rng.normal(colour + 10 * shift, 20, (64, 64, 3)), 0, 255).astype(
                    np.uint8
                )
                Image.fromarray(pixels).save(folder / f'{index}.jpg')
    _same(follow_page('domain_generalization.md'))
    result = json.loads((checkout / 'work_dirs' / 'pacs' / 'result.json').read_text())['metrics']
    targets = [result[f'{domain}/all/accuracy'] for domain in ('art_painting', 'cartoon', 'sketch')]
    assert result['average/all/accuracy'] == pytest.approx(sum(targets) / 3)
    (again,) = (checkout / 'work_dirs' / 'pacs_test').glob('*/result.json')
    # the config says what the options say
    assert json.loads(again.read_text())['metrics'] == result


def test_every_page_is_listed() -> None:
    folder = Path(__file__).parents[2] / 'docs' / 'tutorials'
    index = (folder / 'README.md').read_text(encoding='utf-8')
    assert {page.name for page in folder.glob('*.md')} - {'README.md'} == set(
        re.findall(r'\]\((\w+\.md)\)', index)
    )
