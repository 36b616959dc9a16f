"""Deep language prompting for other datasets than the one that is trained on: all of ImageNet, 5 epochs, batches of 4.

Settings: the same YAML of MaPLe as for base-to-novel. Its script trains 5 epochs and tests the second, which is not written;
here the last one is tested.

vamp_mm train configs/ivlp/language_prompting_vit-b16_cross_dataset.py
"""

_base_ = './language_prompting_vit-b16_imagenet.py'
protocol = 'cross-dataset'
