"""How many kernels a training step launches: for small batches a GPU waits for the host, whatever a kernel does.

The numbers are of the small CLIP (three image blocks, four text blocks) on a CPU, forward, losses and backward. They may
fall; one that rises is a step that became slower where launches decide.
"""

from __future__ import annotations

import helpers_models as helpers
import methods
import pytest
import torch

from vamp_mm.analysis.speed.launches import launches
from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.structures import PromptPlan, TokenEdit, TowerPlan

#: Title of a method -> kernels of a step.
MOST: dict[str, int] = {
    'coop': 186,
    'coop middle': 199,
    'coop front': 198,
    'coop csc': 190,
    'cocoop': 221,
    'kgcoop': 196,
    'prograd': 216,
    'tcp': 223,
    'bpl': 244,
    'bpl conditional': 303,
    'proda': 425,
    'mmrl shared': 328,
    'mmrl deterministic': 334,
    'mmrl standard prior': 392,
    'mmrl vamp': 431,
    'maple shared': 276,
    'maple deterministic': 333,
    'maple standard prior': 390,
    'maple vamp': 429,
    'maple': 276,
    'mmrl': 328,
    'mmrl++': 351,
    'vpt deep': 189,
    'vpt shallow': 175,
    'language prompting': 205,
    'ivlp': 268,
    'promptsrc': 340,
    'mma': 291,
    '2sfs stage 1': 263,
    '2sfs stage 2': 263,
    'skipt': 289,
}


@pytest.fixture(scope='module')
def single(small_files: dict[str, str]) -> PromptedCLIPBackbone:
    return PromptedCLIPBackbone(**small_files)


def _count(backbone: PromptedCLIPBackbone, row: methods.Method, images: int = 2) -> int:
    model = helpers.build_method(backbone, row.prompter, row.head, **row.arguments).train()
    inputs, samples = helpers.batch(images, torch.float32)

    def step() -> None:
        helpers.total_loss(model, inputs, samples).backward()

    step()
    return sum(launches(step).values())


@pytest.mark.parametrize('row', list(methods.TRAINED), ids=methods.ids)
def test_a_step_launches_no_more_kernels_than_before(single, row) -> None:
    # 5 %: other versions of torch take some operations apart
    assert _count(single, row) <= 1.05 * MOST[row.title]


def test_launches_do_not_grow_with_classes_of_other_lengths(single) -> None:
    """All lengths are in one matrix: fifteen lengths are no more work for the host than one."""
    counts = []
    tokens = torch.zeros(1, 2, 1, 2, 48, requires_grad=True)
    for names in (['cat'] * 15, [' '.join(['very'] * n) + ' long' for n in range(15)]):
        prompts = single.tokenize([f'a photo of a {name}.' for name in names])
        plan = PromptPlan(text_tower=TowerPlan((TokenEdit(1, 1, 'insert', tokens),)))

        def step(prompts=prompts, plan=plan) -> None:
            single.encode_text(prompts, plan).pooled.sum().backward()

        step()
        counts.append(sum(launches(step).values()))
    assert counts[0] == counts[1]


def test_what_computes_nothing_is_not_counted() -> None:
    x = torch.ones(4, 4, requires_grad=True)
    found = launches(lambda: (x.t().reshape(2, 8)[:, None].expand(2, 3, 8) * 2).sum())
    assert found == {'clone': 1, 'mul': 1, 'sum': 1}  # a transposed matrix has to be copied
