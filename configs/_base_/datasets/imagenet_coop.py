"""ImageNet, 1000 classes, with the batches of 4 images and the training crop of MaPLe's and PromptSRC's programs."""

_base_ = ['./common/few_shot_224_coop.py']
train_dataloader = dict(dataset=dict(data_root='data/imagenet', source='imagenet'))
test_dataloader = dict(dataset=dict(data_root='data/imagenet', source='imagenet'))
