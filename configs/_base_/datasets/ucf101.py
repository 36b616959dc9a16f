"""UCF101, 101 human actions, the middle frame of every video."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(dataset=dict(data_root='data/ucf101', source='ucf101'))
test_dataloader = dict(dataset=dict(data_root='data/ucf101', source='ucf101'))
