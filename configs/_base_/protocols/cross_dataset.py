"""Cross-dataset transfer: train on all classes of one dataset (ImageNet in the papers), test on others.

``source`` is the dataset that is trained on; the average leaves it out.
"""

train_dataloader = dict(dataset=dict(class_split='all'))
targets = [
    'source',
    'imagenet',
    'caltech101',
    'oxford_pets',
    'stanford_cars',
    'oxford_flowers',
    'food101',
    'fgvc_aircraft',
    'sun397',
    'dtd',
    'eurosat',
    'ucf101',
]
