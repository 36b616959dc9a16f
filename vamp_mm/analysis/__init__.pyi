from .latents import latent_map
from .posteriors import posterior_spread
from .projection import pca
from .uncertain import uncertain_images
from .words import nearest_words

__all__ = [
    'latent_map',
    'nearest_words',
    'pca',
    'posterior_spread',
    'uncertain_images',
]
