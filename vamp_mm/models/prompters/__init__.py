"""Prompters: from what they may look at to a plan for the towers; one idea per file."""

from .adapted import AdapterPrompter
from .base import BasePrompter
from .bpl import GaussianShift
from .cocoop import ImageShift
from .context import ContextPrompter
from .deep import DeepPrompter
from .gaussian import GaussianMLPs
from .maple import CoupledTokens
from .mmrl import RepresentationTokens
from .mmrlpp import SharedResidualTokens
from .proda import PromptCollection
from .shared import SharedPrompter
from .tcp import ClassAwareTokens
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
