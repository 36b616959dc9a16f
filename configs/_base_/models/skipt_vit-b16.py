"""SkipT: blocks 6..11, last LayerNorms and projections of CLIP ViT-B/16 with OpenAI's weights, 62,099,456 parameters.

The template is per dataset; configs/skipt/README.md has the table.
"""

run = dict(method='skipt')
model = dict(
    type='PromptedClassifier',
    backbone=dict(type='PromptedCLIPBackbone', arch='ViT-B-16', pretrained='openai'),
    prompter=dict(
        type='AdapterPrompter', adapter=dict(type='TunedWeights', vision_start=6, text_start=6)
    ),
    head=dict(type='PromptClsHead'),
    class_skipping=dict(type='ClassSkipping', share=0.5, max_top=50, decay=0.3),
)
