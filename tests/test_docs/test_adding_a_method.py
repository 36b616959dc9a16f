"""The worked example of ``docs/adding_a_method.md``: its files are written, its commands run, as they stand on the page."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vamp_mm.registry import MODELS

ROOT = Path(__file__).parents[2]
_NUMBER = re.compile(r'\d+\.\d+')


@pytest.fixture
def project(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder from which Python imports; what the page registers is forgotten afterwards."""
    (checkout / 'tests').symlink_to(ROOT / 'tests', target_is_directory=True)
    monkeypatch.syspath_prepend(str(checkout))
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(checkout), str(ROOT)]))
    yield checkout
    for name in ('ClassShiftPrompter', 'TextHinge'):
        MODELS.module_dict.pop(name, None)
    for name in ('class_shift', 'text_hinge'):
        sys.modules.pop(name, None)


def test_the_page_does_what_it_says(
    follow_page: Callable[[str], list[tuple[str, str]]], project: Path
) -> None:
    pairs = follow_page('../adding_a_method.md')
    assert len(pairs) == 2
    for printed, said in pairs:
        assert _NUMBER.sub('#', said) == _NUMBER.sub('#', printed)
        # another processor or version rounds otherwise, and may turn one of twelve images
        numbers = [[float(number) for number in _NUMBER.findall(text)] for text in (said, printed)]
        assert numbers[0] == pytest.approx(numbers[1], rel=0.1, abs=0.05)
    result = json.loads((project / 'work_dirs' / 'class_shift' / 'result.json').read_text())
    assert {'base/accuracy', 'novel/accuracy', 'H'} <= set(result['metrics'])
    assert result['epochs'] == 2
