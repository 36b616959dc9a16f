"""StanfordCars, 196 car models."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(dataset=dict(data_root='data/stanford_cars', source='stanford_cars'))
test_dataloader = dict(dataset=dict(data_root='data/stanford_cars', source='stanford_cars'))
