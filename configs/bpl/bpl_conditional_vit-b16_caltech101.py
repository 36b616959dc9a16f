"""Bayesian Prompt Learning with a shift that is a function of the image, on Caltech101.

Settings: as bpl_vit-b16_caltech101.py. The original handles batches of one image only; here any batch does.

vamp_mm train configs/bpl/bpl_conditional_vit-b16_caltech101.py
"""

_base_ = './bpl_vit-b16_caltech101.py'
run = dict(method='bpl_conditional', settings='bpl')
model = dict(prompter=dict(shift=dict(conditional=True)))
