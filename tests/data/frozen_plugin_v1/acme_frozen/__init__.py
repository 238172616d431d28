"""A plugin as it was written for version 1 of the plugin API. Never edit it: it must keep working.

Its text is what a stranger published then: registration by functions, no API version, no `off`,
no `expected` and `exact` of the sampler, no `objective` of the post-processor and the combiner.
"""
