"""Every method answers from its checkpoint alone, and every config can be read back from one as data."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import helpers_models as helpers
import numpy as np
import open_clip
import pytest
import torch
from helpers_prediction import write_checkpoint
from methods import METHODS, ids
from mmengine.config import Config
from mmengine.config import config as config_module

from vamp_mm.apis import Predictor
from vamp_mm.datasets import DataError
from vamp_mm.engine import CheckpointError
from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.prediction.stored_config import plain_assignments, stored_config
from vamp_mm.structures import Vocabulary

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(path for path in (ROOT / 'configs').rglob('*.py') if '_base_' not in path.parts)
#: One class of the training, others not.
OTHERS = ('cat', 'teapot', 'a very tall tree')


@pytest.fixture(scope='module')
def clip(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Files of a small CLIP."""
    return helpers.write_clip(tmp_path_factory.mktemp('clip'))


@pytest.fixture(scope='module')
def backbone(clip: dict[str, str]) -> PromptedCLIPBackbone:
    """The same CLIP, for the models that write checkpoints; it is frozen."""
    return PromptedCLIPBackbone(**clip)


@pytest.fixture(autouse=True, scope='module')
def _quick() -> Iterator[None]:
    """Configs as they come and one table of tokens: yapf and reading that table take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config_module, 'FormatCode', lambda text, **_: (text, False))
        patch.setattr(open_clip, 'SimpleTokenizer', functools.cache(open_clip.SimpleTokenizer))
        yield


@pytest.fixture(scope='module')
def images() -> list[np.ndarray]:
    """Three images of the size that the model takes, and a larger one."""
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (size, size, 3), dtype=np.uint8) for size in (32, 32, 32, 50)]


@pytest.mark.parametrize('row', METHODS, ids=ids)
def test_a_method_answers_from_its_checkpoint_alone(row, backbone, clip, images, tmp_path):
    model = write_checkpoint(row, backbone, clip, tmp_path / 'weights.pth')
    predictor = Predictor(tmp_path / 'weights.pth', device='cpu')
    asked = [helpers.NAMES] if row.fixed_classes else [helpers.NAMES, OTHERS]
    for names in asked:
        answers = predictor(images[:3], classes=names, keep_samples=True, batch_size=2)
        model.set_vocabulary(Vocabulary(names=names, seen=names is helpers.NAMES))
        inputs = [torch.from_numpy(image).permute(2, 0, 1) for image in images[:3]]
        with torch.no_grad():
            expected = model(model.data_preprocessor({'inputs': inputs})['inputs'], mode='predict')
        for answer, sample in zip(answers, expected):
            # float32: batches of another size add up in another order
            np.testing.assert_allclose(answer.scores, sample.pred_score.numpy(), rtol=0, atol=5e-6)
            assert answer.name == names[int(sample.pred_label)]
            assert answer.predictive_entropy == pytest.approx(
                float(sample.predictive_entropy), abs=2e-5
            )
            assert (answer.mutual_information > 0) == (len(answer.samples) > 1)
        assert (len(answers[0].samples) > 1) == (
            row.samples and model.head.average == 'probabilities'
        )
    assert predictor(images[3])[0].name in helpers.NAMES  # of another size
    if row.fixed_classes:
        with pytest.raises(DataError, match='the model cannot answer about these classes: '):
            predictor(images, classes=OTHERS)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_a_config_is_read_back_as_it_was(path):
    cfg = Config.fromfile(path)
    read = stored_config({'cfg_text': cfg.pretty_text}, 'a checkpoint')
    assert read.model.to_dict() == cfg.model.to_dict()
    loader = cfg.test_dataloader
    assert read.test_dataloader.dataset.pipeline == loader.dataset.pipeline
    assert read.test_dataloader.batch_size == loader.batch_size


def test_literals():
    text = (
        "a = dict(b=-1.5, c=[None, True, (1, 'x')], d=dict({'e/f': {}}, g=1e-05))\n"
        "unread = open('x')\n"
        'h = 3\n'
    )
    assert plain_assignments(text, ('a', 'h')) == {
        'a': dict(b=-1.5, c=[None, True, (1, 'x')], d={'e/f': {}, 'g': 1e-5}),
        'h': 3,
    }


@pytest.mark.parametrize(
    'value',
    [
        "f('x')",
        'dict(**{})',
        "dict([('a', 1)])",
        'x',
        'x.y',
        '[i for i in y]',
        "f'{x}'",
        '1 + 1',
        "b'x'",
        '-True',
        '...',
        'lambda: 0',
        '{**x}',
        '{1, 2}',
        '(yield)',
        'x[0]',
        '-' * 5000 + '1',
        '[' * 3000 + ']' * 3000,
        "'\0'",
    ],
)
def test_all_else_is_refused(value):
    with pytest.raises(CheckpointError, match='plain data'):
        plain_assignments(f'a = {value}', ('a',))
