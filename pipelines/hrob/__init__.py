"""High-risk obstetrics: from raw births to a feature table, a model, its evidence and daily predictions.

A folder is a stage. It imports only stages before it and the modules beside the folders, which all stages share. A stage that is a
step of the pipelines is run by its name: `python -m hrob.train` is train/__main__.py.

    intake → expectations → features → publish → model → train → validate → smoke → infer → deliver → monitor
"""
