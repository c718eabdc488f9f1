"""From pictures on disk to arms of a training set: manifests, splits, arms, the tensor store. No torch."""
