"""Looking inside."""
from .words import nearest_words
from .spread import posterior_spread
