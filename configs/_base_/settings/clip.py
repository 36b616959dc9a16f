"""CLIP without training: nothing differs between datasets but the templates, which the datasets bring."""

title = 'CLIP'
clips = []
protocols = ['base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization']
rows = []
