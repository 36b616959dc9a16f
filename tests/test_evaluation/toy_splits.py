"""A toy model that answers about any of six classes, and a dataset of six-logit 'images', for the
test loop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmpretrain.structures import DataSample
from torch import Tensor, nn
from torch.utils.data import Dataset

from vamp_mm.structures import Vocabulary

NAMES = ('ant', 'bee', 'cat', 'dog', 'elk', 'fox')
HALVES = dict(all=range(6), base=range(3), novel=range(3, 6))


def logits_and_labels(which: str, count: int) -> tuple[Tensor, Tensor]:
    """``(N, 6)`` logits and ``(N,)`` labels among the classes of one half."""
    generator = torch.Generator().manual_seed(HALVES[which].start)
    labels = torch.randint(len(HALVES[which]), (count,), generator=generator)
    logits = torch.randn(count, 6, generator=generator)
    logits[torch.arange(count), labels + HALVES[which].start] += 1.0
    return logits, labels


class ToyData(Dataset):
    """Logits instead of images."""

    def __init__(self, class_split: str = 'all', count: int = 11, bare: bool = False) -> None:
        self.logits, self.labels = logits_and_labels(class_split, count)
        names = tuple(NAMES[i] for i in HALVES[class_split])
        self.metainfo: dict[str, Any] = dict(classes=names, class_split=class_split)
        if not bare:
            self.metainfo['templates'] = ('a {}.',)

    def __len__(self) -> int:
        return len(self.logits)

    def __getitem__(self, index: int) -> dict:
        data = DataSample(
            metainfo=dict(img_path=f'{self.metainfo["class_split"]}_{index}.png', sample_idx=index)
        )
        return dict(inputs=self.logits[index], data_samples=data.set_gt_label(self.labels[index]))


class ToyModel(BaseModel):
    """Its logits are those columns of the input that the vocabulary names."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.vocabulary: Vocabulary | None = None
        self.history: list[Vocabulary] = []

    def set_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Answer about these classes."""
        self.vocabulary = vocabulary
        self.history.append(vocabulary)

    def forward(
        self, inputs: Sequence[Tensor], data_samples: list[DataSample], mode: str = 'predict'
    ) -> Any:
        """Softmax over the named columns."""
        assert not self.training
        assert self.vocabulary is not None
        columns = [NAMES.index(name) for name in self.vocabulary.names]
        scores = (torch.stack(list(inputs))[:, columns] * self.scale).softmax(dim=-1)
        for data, score in zip(data_samples, scores, strict=True):
            data.set_pred_score(score).set_pred_label(score.argmax(keepdim=True))
            entropy = torch.special.entr(score).sum()
            for key, value in (
                ('predictive_entropy', entropy),
                ('expected_entropy', entropy),
                ('mutual_information', entropy * 0),
                ('pred_std', entropy * 0),
            ):
                data.set_field(value, key)
        return data_samples


BASE_NOVEL = dict(
    base=dict(seen=True, dataset=dict(class_split='base')),
    novel=dict(seen=False, dataset=dict(class_split='novel')),
)


def make_runner(work_dir: Path | str, model: nn.Module | None = None, **changes: Any) -> Runner:
    """A Runner that only tests; ``changes`` override its arguments."""
    settings: dict[str, Any] = dict(
        model=model or ToyModel(),
        work_dir=str(work_dir),
        test_dataloader=dict(
            batch_size=4,
            num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=False),
            dataset=dict(type=ToyData),
        ),
        test_evaluator=[
            dict(type='mmpretrain.Accuracy', topk=(1,)),
            dict(type='CalibrationMetric'),
            dict(type='UncertaintyMetric'),
            dict(type='PredictionDump'),
        ],
        test_cfg=dict(type='SplitTestLoop', splits=BASE_NOVEL),
        default_hooks=dict(logger=dict(type='LoggerHook', interval=1)),
        default_scope='vamp_mm',
        experiment_name=f'toy_{Path(work_dir).name}_{id(work_dir)}',
        log_level='INFO',
    )
    return Runner(**{**settings, **changes})
