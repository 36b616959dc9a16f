"""Pure tensor functions: no parameters, no registry; the host's copy of a counter is the one state."""

from .gaussian import gaussian_kl, reparameterise
from .host_value import HostInt
from .sampling import counter_seed, draw_noise
from .similarity import cosine_logits, unit
from .uncertainty import log_mean_exp, mean_log_probs, sample_uncertainty

__all__ = [
    'HostInt', 'cosine_logits', 'counter_seed', 'draw_noise', 'gaussian_kl', 'log_mean_exp', 'mean_log_probs',
    'reparameterise', 'sample_uncertainty', 'unit',
]  # fmt: skip
