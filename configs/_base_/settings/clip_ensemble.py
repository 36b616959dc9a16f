"""CLIP with an ensemble of templates: OpenAI's seven for ImageNet, and the dataset's own on all other sets."""

title = 'CLIP ensemble'
clips = []
protocols = ['base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization']
rows = [
    dict(source='CoOp, trainers/zsclip.py:81-85', values={'model.prompter.own': '(default)'}),
    dict(
        source="CoOp, trainers/zsclip.py:81-85: on ImageNet not the dataset's own template",
        protocol=['base-to-novel', 'few-shot'],
        dataset=['imagenet'],
        values={'model.prompter.own': False},
    ),
    dict(
        source='CoOp, trainers/zsclip.py:81-85',
        protocol=['cross-dataset', 'domain-generalization'],
        note='one setting for all targets: ImageNet too is asked with its own template, which the original leaves out',
    ),
]
