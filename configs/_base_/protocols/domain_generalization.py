"""Domain generalisation: train on all classes of one dataset (ImageNet in the papers), test on other
pictures of these classes.

``source`` is the dataset that is trained on; the average leaves it out.
"""

train_dataloader = dict(dataset=dict(class_split='all'))
targets = ['source', 'imagenetv2', 'imagenet_sketch', 'imagenet_a', 'imagenet_r']
