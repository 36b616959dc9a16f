"""Looking inside what was trained: posteriors, latents, contexts, uncertain images, ablations."""

from vamp_mm.report.ablation import ablation_table, make_ablation

from .latents import latent_map
from .posterior_spread import posterior_spread
from .projection import pca
from .uncertain import uncertain_images
from .words import nearest_words

__all__ = [
    'ablation_table',
    'latent_map',
    'make_ablation',
    'nearest_words',
    'pca',
    'posterior_spread',
    'uncertain_images',
]
