"""High-risk obstetrics: from raw births to a feature table, a model, its evidence and daily predictions."""
