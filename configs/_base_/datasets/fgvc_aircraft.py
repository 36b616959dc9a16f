"""FGVCAircraft, 100 aircraft variants."""

_base_ = ['./common/few_shot_224.py']
train_dataloader = dict(dataset=dict(data_root='data/fgvc_aircraft', source='fgvc_aircraft'))
test_dataloader = dict(dataset=dict(data_root='data/fgvc_aircraft', source='fgvc_aircraft'))
