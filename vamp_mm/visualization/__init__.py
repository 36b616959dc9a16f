"""Figures, fonts and sheets of images."""
