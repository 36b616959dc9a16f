"""CoOp on all classes of a dataset, 8 or 16 shots: 16 random words, 200 epochs, batches of 32.

With --shots 2 and 4 the epochs become 100, with 1 shot 50, on ImageNet 50. COOP.md of CoOp spells this out for ResNet-50
(coop_rn50_caltech101.py); for ViT-B/16 there are the YAMLs vit_b16{,_ep100,_ep50}.yaml.

vamp_mm train configs/coop/coop_vit-b16_few_shot.py
"""

_base_ = './coop_vit-b16_caltech101.py'
protocol = 'few-shot'
model = dict(prompter=dict(num_tokens=16, context=None))
