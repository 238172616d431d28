"""The `halves` sampler."""

from __future__ import annotations


class Halves:
    """Half of the items an epoch, without replacement."""

    def __init__(self, options, context):
        self.items, self.stream = len(context.labels), context.stream

    def indices(self, epoch):
        return self.stream.numpy(epoch).permutation(self.items)[: len(self)]

    def __len__(self):
        return self.items // 2
