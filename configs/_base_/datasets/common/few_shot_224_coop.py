"""As ``few_shot_224.py``, with the training crop of CoOp's program: (0.08, 1.0) of the area.

CoOp, MaPLe, PromptSRC, MMA, 2SFS, SkipT and all that grew out of them keep it; MMRL and VaMP do not.
"""

_base_ = ['./few_shot_224.py']
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(
                type='mmpretrain.torchvision/RandomResizedCrop',
                size=224,
                scale=(0.08, 1.0),
                interpolation='bicubic',
            ),
            dict(type='mmpretrain.torchvision/RandomHorizontalFlip'),
            dict(type='mmpretrain.PackInputs'),
        ],
    ),
)
