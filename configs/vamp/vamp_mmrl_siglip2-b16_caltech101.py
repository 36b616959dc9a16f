"""VaMP (MMRL style) on SigLIP 2 B/16, one of the paper's other towers; base-to-novel on Caltech101.

As the config of SigLIP beside it: the tokenizer needs two packages and a download, images are squashed to a square.

vamp_mm train configs/vamp/vamp_mmrl_siglip2-b16_caltech101.py
"""

_base_ = ['./vamp_mmrl_siglip-b16_caltech101.py']
model = dict(backbone=dict(arch='ViT-B-16-SigLIP2'))
