import numpy as np
import pytest
import torch

from emobench.api import DataError, UsageError
from emobench_speech.backbone_options import PretrainedSpeechOptions
from emobench_speech.pretrained_speech import (
    LayerMix,
    PretrainedSpeech,
    chosen_layers,
    load_encoder,
    pool_states,
)

transformers = pytest.importorskip(
    "transformers", reason="transformers is not installed: emobench-speech[pretrained]"
)
from transformers.utils import logging  # noqa: E402

KINDS = ("Wav2Vec2", "Hubert", "WavLM")
SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "conv_dim": (8, 8),
    "conv_kernel": (10, 8),
    "conv_stride": (10, 8),
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 2,
}
SAMPLES = 2000


@pytest.fixture(scope="module")
def save_encoder(tmp_path_factory):
    """A folder with a tiny encoder of a kind, its weights drawn."""
    saved = {}

    def save(kind="Wav2Vec2", *, stable=False):
        if (kind, stable) not in saved:
            config = getattr(transformers, f"{kind}Config")(
                **SIZES,
                do_stable_layer_norm=stable,
                feat_extract_norm="layer" if stable else "group",
            )
            folder = tmp_path_factory.mktemp(f"{kind}-{stable}".lower())
            logging.disable_progress_bar()
            getattr(transformers, f"{kind}Model")(config).save_pretrained(folder)
            logging.enable_progress_bar()
            saved[kind, stable] = str(folder)
        return saved[kind, stable]

    return save


@pytest.fixture
def build(make_context, save_encoder):
    def build(**options):
        options.setdefault("model", save_encoder())
        return PretrainedSpeech(
            PretrainedSpeechOptions(**options), make_context(inputs={"audio": (SAMPLES,)})
        )

    return build


def clips(count=2):
    return torch.randn(count, SAMPLES, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stable", [False, True])
def test_a_layer_is_what_transformers_gives_for_it(build, save_encoder, kind, stable):
    folder = save_encoder(kind, stable=stable)
    peer = getattr(transformers, f"{kind}Model").from_pretrained(folder).eval()
    with torch.no_grad():
        expected = peer(clips(), output_hidden_states=True).hidden_states
    for layer in (0, 2, 3):
        network = build(model=folder, layers=[layer]).eval()
        maps = network({"audio": clips()}).maps
        torch.testing.assert_close(maps, expected[layer].transpose(1, 2), rtol=1e-4, atol=1e-5)


def test_layers_are_mixed_equally_at_first_and_pooled(build, save_encoder):
    peer = transformers.Wav2Vec2Model.from_pretrained(save_encoder()).eval()
    with torch.no_grad():
        layers = peer(clips(), output_hidden_states=True).hidden_states
    expected = torch.stack(layers).mean(dim=0).mean(dim=1)
    embedding = build().eval()({"audio": clips()}).embedding
    torch.testing.assert_close(embedding, expected, rtol=1e-4, atol=1e-5)


def test_the_mix_follows_its_weights():
    mix = LayerMix(3)
    with torch.no_grad():
        mix.weights.copy_(torch.tensor([0.5, -1.0, 2.0]))
    layers = [torch.randn(2, 4, 3) for _ in range(3)]
    powers = np.exp([0.5, -1.0, 2.0])
    expected = sum(
        share * layer.numpy() for share, layer in zip(powers / powers.sum(), layers, strict=True)
    )
    np.testing.assert_allclose(mix(layers).detach(), expected, rtol=1e-4, atol=1e-6)


def test_deviation_stands_beside_the_mean():
    states = torch.randn(3, 7, 4)
    expected = np.concatenate([states.numpy().mean(1), states.numpy().std(1)], axis=1)
    np.testing.assert_allclose(pool_states(states, pooling="meanstd"), expected, rtol=1e-4)


def test_the_deviation_of_a_single_frame_has_a_finite_slope():
    states = torch.randn(2, 1, 4, requires_grad=True)
    pool_states(states, pooling="meanstd").sum().backward()
    assert torch.isfinite(states.grad).all()


def gradients(network):
    network.train()({"audio": clips()}).embedding.square().sum().backward()
    return {name for name, each in network.named_parameters() if each.grad is not None}


def test_a_frozen_encoder_learns_nothing_but_the_mix(build):
    assert gradients(build(freeze="all")) == {"mix.weights"}


def test_a_frozen_encoder_never_drops_anything(build):
    network = build(freeze="all")
    network.train()
    heard = network({"audio": clips()}).embedding
    assert torch.equal(heard, network.eval()({"audio": clips()}).embedding)


def test_frozen_convolutions_let_the_rest_learn(build):
    learning = gradients(build(freeze="convolutions"))
    assert not any(name.startswith("encoder.feature_extractor") for name in learning)
    assert "encoder.encoder.layers.0.attention.q_proj.weight" in learning


def test_with_nothing_frozen_the_convolutions_learn_too(build):
    learning = gradients(build(freeze="none"))
    assert "encoder.feature_extractor.conv_layers.0.conv.weight" in learning


def test_training_draws_no_masks_from_numpy(build):
    """transformers masks frames by numpy's global generator, which no run could resume."""
    network = build(freeze="none").train()
    before = np.random.get_state(legacy=False)["state"]["pos"]
    network({"audio": clips()})
    assert np.random.get_state(legacy=False)["state"]["pos"] == before


def test_layers_that_nobody_reads_are_left_out(build):
    assert len(build(layers=[1]).encoder.encoder.layers) == 1


@pytest.mark.parametrize(
    ("given", "meant"), [((), (0, 1, 2, 3)), ((-1,), (3,)), ((3, -1, 0), (0, 3))]
)
def test_layers_count_from_either_end(given, meant):
    assert chosen_layers(given, depth=3) == meant


def test_a_layer_that_does_not_exist_is_refused():
    with pytest.raises(UsageError) as caught:
        chosen_layers((1, 4), depth=3)
    assert str(caught.value) == (
        "layers of backbone 'pretrained_speech': the encoder has layers 0 to 3 (or -1 for the "
        "last), so there is no 4"
    )


def test_audio_of_another_rate_is_refused(make_context, save_encoder):
    context = make_context(rate=22_050, inputs={"audio": (SAMPLES,)})
    options = PretrainedSpeechOptions(model=save_encoder())
    with pytest.raises(UsageError) as caught:
        PretrainedSpeech(options, context)
    assert str(caught.value) == (
        f"backbone 'pretrained_speech': '{options.model}' was trained on audio of 16000 Hz, task "
        "'toy/speakers' gives 22050 Hz; read the dataset at 16000 Hz"
    )


def test_clips_too_short_for_a_frame_are_refused(make_context, save_encoder):
    options = PretrainedSpeechOptions(model=save_encoder())
    with pytest.raises(UsageError) as caught:
        PretrainedSpeech(options, make_context(inputs={"audio": (79,)}))
    assert str(caught.value) == (
        f"backbone 'pretrained_speech': 79 samples are too short for a single frame of "
        f"'{options.model}'; raise `seconds` of the frontend"
    )
    PretrainedSpeech(options, make_context(inputs={"audio": (80,)}))


def test_a_spectrogram_is_refused_before_any_file_is_read(make_context):
    options = PretrainedSpeechOptions(model="nobody/nothing")
    with pytest.raises(UsageError) as caught:
        PretrainedSpeech(options, make_context(inputs={"audio": (64, 94)}))
    assert str(caught.value) == (
        "backbone 'pretrained_speech' needs the samples of audio, but the frontend gives audio "
        "(64, 94); use the frontend 'waveform'"
    )


def test_a_model_of_text_is_refused(tmp_path):
    transformers.BertConfig(hidden_size=8).save_pretrained(tmp_path)
    with pytest.raises(UsageError) as caught:
        load_encoder(str(tmp_path), name="some/bert")
    assert str(caught.value) == (
        "backbone 'pretrained_speech': 'some/bert' is a bert model, which does not read raw "
        "samples; use a wav2vec2, HuBERT, WavLM or data2vec-audio model"
    )


def test_a_folder_without_weights_is_unreadable(tmp_path):
    transformers.Wav2Vec2Config(**SIZES).save_pretrained(tmp_path)
    with pytest.raises(DataError, match=f"model 'a/b' cannot be read from {tmp_path}: "):
        load_encoder(str(tmp_path), name="a/b")


def test_weights_that_are_missing_are_not_made_up(tmp_path):
    config = transformers.Wav2Vec2Config(**{**SIZES, "num_hidden_layers": 2})
    logging.disable_progress_bar()
    transformers.Wav2Vec2Model(config).save_pretrained(tmp_path)
    logging.enable_progress_bar()
    transformers.Wav2Vec2Config(**SIZES).save_pretrained(tmp_path)
    with pytest.raises(DataError) as caught:
        load_encoder(str(tmp_path), name="a/b")
    assert str(caught.value) == (
        f"model 'a/b' in {tmp_path} lacks 16 weights of its encoder, the first "
        "encoder.layers.2.attention.k_proj.bias: the files are incomplete or of another model"
    )
