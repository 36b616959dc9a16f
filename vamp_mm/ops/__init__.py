"""Pure tensor functions: no parameters, no state, no registry."""

from .gaussian import gaussian_kl, reparameterise
from .sampling import counter_seed, draw_noise
from .similarity import cosine_logits, unit
from .uncertainty import log_mean_exp, mean_log_probs, sample_uncertainty

__all__ = [
    'cosine_logits', 'counter_seed', 'draw_noise', 'gaussian_kl', 'log_mean_exp', 'mean_log_probs', 'reparameterise',
    'sample_uncertainty', 'unit'
]
