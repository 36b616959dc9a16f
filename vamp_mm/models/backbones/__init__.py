"""The frozen dual encoder that executes prompt plans."""

from .prompted_clip import PromptedCLIPBackbone

__all__ = ['PromptedCLIPBackbone']
