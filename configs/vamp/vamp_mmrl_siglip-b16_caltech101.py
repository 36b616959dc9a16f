"""VaMP (MMRL style) on SigLIP B/16, one of the paper's other towers; base-to-novel on Caltech101.

The paper does not name the weights; these are open_clip's. Its tokenizer needs two packages and a download: pip install
transformers sentencepiece. SigLIP pools by attention and was trained on images that are squashed to a square.

vamp_mm train configs/vamp/vamp_mmrl_siglip-b16_caltech101.py
"""

_base_ = ['./vamp_mmrl_vit-b16_caltech101.py']
model = dict(backbone=dict(arch='ViT-B-16-SigLIP', pretrained='webli'))
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(type='mmpretrain.torchvision/Resize', size=(224, 224), interpolation='bicubic'),
            dict(type='mmpretrain.torchvision/CenterCrop', size=224),
            dict(type='mmpretrain.PackInputs'),
        ]
    )
)
