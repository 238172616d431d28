"""What this package offers; imports nothing heavy."""

from __future__ import annotations

from emobench.api import Caution, Component, Components
from emobench_essentials import options

components = Components(
    api_version=2,
    heads=[
        Component(
            name="linear",
            target="emobench_essentials.heads:LinearHead",
            summary="One linear layer from the embedding to the logits.",
        ),
        Component(
            name="mlp",
            target="emobench_essentials.heads:MlpHead",
            options=options.MlpOptions,
            summary="Hidden layers with batch norm and dropout before the logits.",
        ),
    ],
    backbones=[
        Component(
            name="dense",
            target="emobench_essentials.backbones:Dense",
            options=options.DenseOptions,
            summary="Fully connected layers over all inputs, flattened; made for tables.",
        ),
    ],
    frontends=[
        Component(
            name="values",
            target="emobench_essentials.frontends:Values",
            summary="A table's row as it is.",
        ),
    ],
    losses=[
        Component(
            name="cross_entropy",
            target="emobench_essentials.losses:CrossEntropy",
            options=options.CrossEntropyOptions,
            summary="Cross entropy with label smoothing and class weights.",
            source="arXiv:1512.00567",
        ),
        Component(
            name="focal",
            target="emobench_essentials.losses:Focal",
            options=options.FocalOptions,
            summary="Cross entropy that plays down items which are already right.",
            source="arXiv:1708.02002",
        ),
        Component(
            name="binary_cross_entropy",
            target="emobench_essentials.losses:BinaryCrossEntropy",
            options=options.BinaryCrossEntropyOptions,
            summary="One yes-or-no cross entropy a label, for several labels at once.",
        ),
        Component(
            name="mean_squared_error",
            target="emobench_essentials.losses:MeanSquaredError",
            summary="Squared distance, for targets that are numbers.",
        ),
    ],
    samplers=[
        Component(
            name="weighted",
            target="emobench_essentials.samplers:Weighted",
            options=options.WeightedSamplerOptions,
            summary="Draws with replacement, rare classes more often.",
        ),
        Component(
            name="repeated",
            target="emobench_essentials.samplers:Repeated",
            options=options.RepeatedSamplerOptions,
            summary="Draws every item several times an epoch, each time augmented anew.",
            off={"times": 1},
        ),
    ],
    optimizers=[
        Component(
            name="adamw",
            target="emobench_essentials.optimizers:AdamW",
            options=options.AdamWOptions,
            summary="Adam with decoupled weight decay.",
            source="arXiv:1711.05101",
        ),
        Component(
            name="adam",
            target="emobench_essentials.optimizers:Adam",
            options=options.AdamOptions,
            summary="Adam.",
            source="arXiv:1412.6980",
        ),
        Component(
            name="sgd",
            target="emobench_essentials.optimizers:Sgd",
            options=options.SgdOptions,
            summary="Stochastic gradient descent with momentum.",
        ),
    ],
    schedulers=[
        Component(
            name="onecycle",
            target="emobench_essentials.schedulers:OneCycle",
            options=options.OneCycleOptions,
            summary="The rate rises to a peak, then falls to near nothing.",
            source="arXiv:1708.07120",
        ),
        Component(
            name="cosine",
            target="emobench_essentials.schedulers:Cosine",
            options=options.CosineOptions,
            summary="A short warm-up, then half a cosine down to the floor.",
            source="arXiv:1608.03983",
        ),
        Component(
            name="cyclic_cosine",
            target="emobench_essentials.schedulers:CyclicCosine",
            options=options.CyclicCosineOptions,
            summary="Half a cosine down, again and again: cosine annealing with warm restarts.",
            source="arXiv:1608.03983",
        ),
        Component(
            name="plateau",
            target="emobench_essentials.schedulers:Plateau",
            options=options.PlateauOptions,
            summary="The rate falls whenever a metric stops improving.",
        ),
    ],
    techniques=[
        Component(
            name="mixup",
            target="emobench_essentials.mixup:MixUp",
            options=options.MixUpOptions,
            summary="Blend pairs of examples and their labels.",
            source="arXiv:1710.09412",
            off={"alpha": 0.0},
        ),
        Component(
            name="early_stopping",
            target="emobench_essentials.early_stopping:EarlyStopping",
            options=options.EarlyStoppingOptions,
            summary="End training when a metric has stopped improving.",
        ),
        Component(
            name="gradient_clipping",
            target="emobench_essentials.gradients:GradientClipping",
            options=options.GradientClippingOptions,
            summary="Shorten gradients that are too long, and log how long they were.",
            source="arXiv:1211.5063",
        ),
        Component(
            name="accumulation",
            target="emobench_essentials.gradients:Accumulation",
            options=options.AccumulationOptions,
            summary="One update from several micro-batches.",
            off={"steps": 1},
            splits_updates="steps",
        ),
        Component(
            name="amp",
            target="emobench_essentials.precision:Amp",
            options=options.AmpOptions,
            summary="Mixed precision: forward in 16 bits, losses scaled where float16 needs it.",
            source="arXiv:1710.03740",
        ),
        Component(
            name="snapshot",
            target="emobench_essentials.snapshots:Snapshot",
            options=options.SnapshotOptions,
            summary="Weights kept at the end of each cycle of one training; their mean probability "
            "predicts.",
            source="arXiv:1704.00109",
        ),
        Component(
            name="weight_penalty",
            target="emobench_essentials.penalties:WeightPenalty",
            options=options.WeightPenaltyOptions,
            summary="L2 and L1 penalty on the kernels, as a term of the loss: Keras' "
            "`kernel_regularizer`.",
            off={"l1": 0.0, "l2": 0.0},
        ),
    ],
    postprocessors=[
        Component(
            name="temperature",
            target="emobench_essentials.calibration:Temperature",
            summary="One temperature for all logits, fitted on validation.",
            source="arXiv:1706.04599",
        ),
    ],
    combiners=[
        Component(
            name="soft_vote",
            target="emobench_essentials.combiners:SoftVote",
            options=options.SoftVoteOptions,
            summary="The mean of the members' probabilities.",
            averages=True,
        ),
        Component(
            name="weighted_vote",
            target="emobench_essentials.weighted_vote:WeightedVote",
            summary="The members' weighted mean, its weights fitted on validation by log loss.",
        ),
        Component(
            name="hard_vote",
            target="emobench_essentials.combiners:HardVote",
            summary="One member, one vote; ties go by mean probability.",
        ),
        Component(
            name="stacking",
            target="emobench_essentials.stacking:Stacking",
            options=options.StackingOptions,
            summary="Logistic regression on the members' log-probabilities.",
        ),
        Component(
            name="greedy_selection",
            target="emobench_essentials.greedy_selection:GreedySelection",
            options=options.GreedySelectionOptions,
            summary="Members picked one by one, again and again, while validation gains.",
        ),
    ],
    cautions=[
        Caution(
            name="double_balancing",
            target="emobench_essentials.cautions:double_balancing",
            summary="Rare classes are balanced by the sampler and by the loss.",
        ),
        Caution(
            name="scaled_loss",
            target="emobench_essentials.cautions:scaled_loss",
            summary="A number as focal alpha shrinks the loss beside penalty, decay or rate.",
        ),
        Caution(
            name="penalty_in_loss",
            target="emobench_essentials.cautions:penalty_in_loss",
            summary="Heavy L2 in the loss of a network without batch norm.",
        ),
        Caution(
            name="rate_ends_early",
            target="emobench_essentials.cautions:rate_ends_early",
            summary="A cosine that is over long before the last epoch.",
        ),
        Caution(
            name="warm_up_outlasts_patience",
            target="emobench_essentials.cautions:warm_up_outlasts_patience",
            summary="Early stopping while the rate still rises.",
        ),
        Caution(
            name="never_acts",
            target="emobench_essentials.cautions:never_acts",
            summary="Patience as long as the training.",
        ),
        Caution(
            name="slow_norm",
            target="emobench_essentials.cautions:slow_norm",
            summary="Batch norm whose running figures lag behind the weights.",
        ),
        Caution(
            name="much_dropout",
            target="emobench_essentials.cautions:much_dropout",
            summary="Dropout in so many layers that little of a signal is left.",
        ),
        Caution(
            name="softened_twice",
            target="emobench_essentials.cautions:softened_twice",
            summary="Label smoothing beside mixing.",
        ),
        Caution(
            name="cycles_differ",
            target="emobench_essentials.cautions:cycles_differ",
            summary="Snapshots taken elsewhere than at the ends of the rate's cycles.",
        ),
    ],
)
