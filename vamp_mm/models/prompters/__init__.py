"""Prompters: from what they may look at to a plan for the towers; one idea per file."""

from .adapted import AdapterPrompter
from .base import BasePrompter
from .class_tokens import ClassAwareTokens
from .collection import PromptCollection
from .context import ContextPrompter
from .coupled import CoupledTokens
from .deep import DeepPrompter
from .gaussian import GaussianMLPs
from .gaussian_shift import GaussianShift
from .image_shift import ImageShift
from .shared import SharedPrompter
from .shared_residual import SharedResidualTokens
from .shared_space import RepresentationTokens
from .template import TemplatePrompter
from .two_stage import TwoStagePrompter
from .variational import VariationalPrompter

__all__ = [
    'AdapterPrompter',
    'BasePrompter',
    'ClassAwareTokens',
    'ContextPrompter',
    'CoupledTokens',
    'DeepPrompter',
    'GaussianMLPs',
    'GaussianShift',
    'ImageShift',
    'PromptCollection',
    'RepresentationTokens',
    'SharedPrompter',
    'SharedResidualTokens',
    'TemplatePrompter',
    'TwoStagePrompter',
    'VariationalPrompter',
]
