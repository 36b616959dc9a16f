"""OxfordPets, 37 breeds of cats and dogs."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(dataset=dict(data_root='data/oxford_pets', source='oxford_pets'))
test_dataloader = dict(dataset=dict(data_root='data/oxford_pets', source='oxford_pets'))
