"""Looking inside."""
from .words import nearest_words
