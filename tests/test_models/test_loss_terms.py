"""Loss terms on numbers small enough to work out on paper, and what they are without arguments."""

from __future__ import annotations

import math

import pytest
import torch

from vamp_mm.models import (
    BranchCrossEntropy,
    ContextOrthogonality,
    DistributionBound,
    ImageConsistency,
    ImageL1,
    LogitKL,
    MixtureNLL,
    TeacherCrossEntropy,
    TextConsistency,
    TextL1,
    VariationalLoss,
)
from vamp_mm.structures import PromptOutput

LOG3, LOG7 = math.log(3), math.log(7)


def _f64(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


#: Two samples of two images and two classes. Probabilities: (3/4, 1/4), (1/2, 1/2); (1/2, 1/2), (1/8, 7/8).
LOGITS = _f64([[[LOG3, 0], [0, 0]], [[5, 5], [0, LOG7]]])
#: Teacher of the two images: (1/2, 1/2), (1/4, 3/4).
TEACHER = _f64([[1, 1], [0, LOG3]])
TARGET = torch.tensor([0, 1])


def _output(**change) -> PromptOutput:
    given = dict(
        logits={'class': LOGITS, 'rep': 2 * LOGITS},
        image=_f64([[[1, 0], [0, 1]]]),
        text=_f64([[[[0.6, 0.8], [1, 0]]]]),
        teacher_image=_f64([[0.6, 0.8], [0, 1]]),
        teacher_text=_f64([[0, 1], [1, 0]]),
        teacher_logits=TEACHER,
        target=TARGET,
    )
    return PromptOutput(**{**given, **change})


def _given(term, **change) -> float:
    return float(term(_output(**change)))


def _kl(teacher: float, student: float) -> float:
    """Of two classes, from the probability of the first one."""
    return teacher * math.log(teacher / student) + (1 - teacher) * math.log(
        (1 - teacher) / (1 - student)
    )


#: KL(teacher || student) of each sample and image.
DIVERGENCES = (_kl(0.5, 0.75), _kl(0.25, 0.5), _kl(0.5, 0.5), _kl(0.25, 0.125))


def test_divergence_from_the_teacher_per_image_and_per_element():
    per_image = sum(DIVERGENCES) / 4
    assert _given(LogitKL(reduction='image')) == pytest.approx(per_image, rel=1e-12)
    assert _given(LogitKL(reduction='element')) == pytest.approx(per_image / 2, rel=1e-12)
    assert _given(LogitKL()) == _given(LogitKL(reduction='element', branch='class'))


def test_divergence_reads_the_named_branch():
    # twice the logits: the square of the odds, (9/10, 1/10), (1/2, 1/2); (1/2, 1/2), (1/50, 49/50)
    expected = (_kl(0.5, 0.9) + _kl(0.25, 0.5) + _kl(0.5, 0.5) + _kl(0.25, 0.02)) / 4
    given = _given(LogitKL(reduction='image', branch='rep'))
    assert given == pytest.approx(expected, rel=1e-12)


def test_cross_entropy_with_the_teacher_is_divergence_plus_entropy():
    def entropy(p: float) -> float:
        return -p * math.log(p) - (1 - p) * math.log(1 - p)

    expected = sum(DIVERGENCES) / 4 + (entropy(0.5) + entropy(0.25)) / 2
    assert _given(TeacherCrossEntropy()) == pytest.approx(expected, rel=1e-12)


def test_temperature_divides_both_logits_and_its_square_is_a_factor():
    hot = TeacherCrossEntropy(temperature=2.0)
    halves = dict(logits={'class': LOGITS / 2}, teacher_logits=TEACHER / 2)
    assert _given(hot) == pytest.approx(4 * _given(TeacherCrossEntropy(), **halves), rel=1e-12)
    assert _given(hot) != pytest.approx(_given(TeacherCrossEntropy()), rel=1e-3)


def test_likelihood_of_the_mixture_averages_probabilities_before_the_logarithm():
    # image 0, class 0: (3/4 + 1/2) / 2; image 1, class 1: (1/2 + 7/8) / 2
    expected = -(math.log(5 / 8) + math.log(11 / 16)) / 2
    assert _given(MixtureNLL()) == pytest.approx(expected, rel=1e-12)
    # image 0: (9/10 + 1/2) / 2; image 1: (1/2 + 49/50) / 2
    expected = -(math.log(0.7) + math.log(0.74)) / 2
    assert _given(MixtureNLL(branch='rep')) == pytest.approx(expected, rel=1e-12)
    # Jensen: never above the mean cross-entropy of the samples
    assert _given(MixtureNLL()) < _given(BranchCrossEntropy())


def test_l1_is_a_mean_over_everything():
    # |1 - 0.6| + |0 - 0.8| + 0 + 0 over 2 images of 2 numbers
    assert _given(ImageL1()) == pytest.approx(1.2 / 4, rel=1e-12)
    # |0.6 - 0| + |0.8 - 1| + 0 + 0 over 2 classes of 2 numbers
    assert _given(TextL1()) == pytest.approx(0.8 / 4, rel=1e-12)


def test_consistency_is_one_minus_the_mean_cosine():
    assert _given(ImageConsistency()) == pytest.approx(1 - (0.6 + 1) / 2, rel=1e-12)
    assert _given(TextConsistency()) == pytest.approx(1 - (0.8 + 1) / 2, rel=1e-12)


@pytest.mark.parametrize(
    ('term', 'name', 'weight'),
    [
        (BranchCrossEntropy, 'ce_class', 1.0),
        (LogitKL, 'logit_kl', 1.0),
        (TeacherCrossEntropy, 'teacher_ce', 1.0),
        (MixtureNLL, 'nll', 1.0),
        (ImageL1, 'image_l1', 10.0),
        (TextL1, 'text_l1', 25.0),
        (ImageConsistency, 'image_consistency', 1.0),
        (TextConsistency, 'text_consistency', 1.0),
        (VariationalLoss, 'kl', 1.0),
        (DistributionBound, 'bound', 1.0),
        (ContextOrthogonality, 'orthogonality', 0.1),
    ],
)
def test_names_and_weights(term, name, weight):
    """Published factors without arguments (PromptSRC: 10 and 25; ProDA: 0.1), the given one otherwise."""
    assert (term().name, term().weight) == (name, weight)
    assert term(weight=0.25).weight == 0.25
    assert term(weight=0).weight == 0
    with pytest.raises(ValueError, match='weight=-1'):
        term(weight=-1)


def test_terms_of_half_precision_are_computed_in_single():
    half = dict(logits={'class': LOGITS.half()}, teacher_logits=TEACHER.half())
    for term in (LogitKL(), TeacherCrossEntropy(), MixtureNLL(), BranchCrossEntropy()):
        value = term(_output(**half))
        assert value.dtype == torch.float32
        # the inputs are rounded to 11 bits, the sums are not
        assert float(value) == pytest.approx(_given(term), rel=2e-3)


def test_single_precision_is_kept():
    single = dict(logits={'class': LOGITS.float()}, teacher_logits=TEACHER.float())
    for term in (LogitKL(), TeacherCrossEntropy(), MixtureNLL(), BranchCrossEntropy()):
        assert term(_output(**single)).dtype == torch.float32
