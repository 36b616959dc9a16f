"""VaMP (MMRL style) on EVA-02-CLIP B/16, one of the paper's other towers; base-to-novel on Caltech101.

The paper does not name the weights; these are open_clip's. The tower has twelve blocks, as the published layers expect.

vamp_mm train configs/vamp/vamp_mmrl_eva02-b16_caltech101.py
"""

_base_ = ['./vamp_mmrl_vit-b16_caltech101.py']
model = dict(backbone=dict(arch='EVA02-B-16', pretrained='merged2b_s8b_b131k'))
