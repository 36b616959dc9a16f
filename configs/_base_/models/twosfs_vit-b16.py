"""2SFS: the LayerNorms of all blocks of CLIP ViT-B/16 with OpenAI's weights (61,440 parameters), then a classifier.

One template for all datasets, as in the original. In several processes set prompter.num_classes.
"""

run = dict(method='twosfs')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='TwoStagePrompter',
        template='a photo of a {}.',
        adapter=dict(type='TunedWeights', vision=['*.ln_[12].*'], text=['*.ln_[12].*']),
    ),
    head=dict(type='PromptClsHead'),
)
