"""What this package offers; imports nothing heavy."""

from __future__ import annotations

from emobench.api import Component, Components
from emobench_speech import augmentation_options, backbone_options, frontend_options, options

components = Components(
    api_version=2,
    frontends=[
        Component(
            name="logmel",
            target="emobench_speech.logmel:LogMel",
            options=frontend_options.LogMelOptions,
            summary="Log-mel spectrogram of a clip of fixed length.",
        ),
        Component(
            name="mfcc",
            target="emobench_speech.mfcc:Mfcc",
            options=frontend_options.MfccOptions,
            summary="Cepstral coefficients of a clip of fixed length, with slope and curvature.",
        ),
        Component(
            name="acoustic392",
            target="emobench_speech.acoustic:Acoustic392",
            options=frontend_options.Acoustic392Options,
            summary="One row of 392 statistics a clip: MFCC, mel, chroma, contrast, tonnetz, more.",
        ),
        Component(
            name="modulation",
            target="emobench_speech.modulation:Modulation",
            options=frontend_options.ModulationOptions,
            summary="One row a clip: levels of mel bands, and how fast bands and cepstra move.",
            source="doi:10.1016/j.specom.2010.08.013",
        ),
        Component(
            name="waveform",
            target="emobench_speech.waveform_frontend:Waveform",
            options=frontend_options.WaveformOptions,
            summary="The samples of a clip of fixed length.",
        ),
    ],
    backbones=[
        Component(
            name="cnn1d",
            target="emobench_speech.cnn1d:Cnn1d",
            options=options.Cnn1dOptions,
            summary="Convolutions over time with the bands as channels, pooled over the clip.",
        ),
        Component(
            name="multiscale",
            target="emobench_speech.multiscale:Multiscale",
            options=backbone_options.MultiscaleOptions,
            summary="Parallel convolutions, squeeze-excitation, LSTM layers in both directions.",
            source="arXiv:1709.01507",
        ),
        Component(
            name="lstm",
            target="emobench_speech.lstm:Lstm",
            options=backbone_options.LstmOptions,
            summary="LSTM layers over the frames; last state, mean or attention.",
        ),
        Component(
            name="cnn_lstm",
            target="emobench_speech.cnn_lstm:CnnLstm",
            options=backbone_options.CnnLstmOptions,
            summary="Convolutions that halve the frames, then LSTM layers over the rest.",
        ),
        Component(
            name="spectrogram_resnet",
            target="emobench_speech.spectrogram_resnet:SpectrogramResnet",
            options=backbone_options.SpectrogramResnetOptions,
            summary="Small residual network over a spectrogram taken as a picture.",
            source="arXiv:1512.03385",
        ),
        Component(
            name="conformer",
            target="emobench_speech.conformer:Conformer",
            options=backbone_options.ConformerOptions,
            summary="Attention and convolution over frames thinned out by convolutions.",
            source="arXiv:2005.08100",
        ),
        Component(
            name="pretrained_speech",
            target="emobench_speech.pretrained_speech:PretrainedSpeech",
            options=backbone_options.PretrainedSpeechOptions,
            summary="A wav2vec2, HuBERT or WavLM encoder, its layers mixed and pooled.",
            source="arXiv:2105.01051",
        ),
    ],
    augmentations=[
        Component(
            name="specaugment",
            target="emobench_speech.specaugment:SpecAugment",
            options=augmentation_options.SpecAugmentOptions,
            summary="Mask stretches of time and of frequency.",
            source="arXiv:1904.08779",
            off={"time_masks": 0, "frequency_masks": 0},
        ),
        Component(
            name="noise",
            target="emobench_speech.waveforms:Noise",
            options=augmentation_options.NoiseOptions,
            summary="Add white or pink noise.",
            off={"probability": 0.0},
        ),
        Component(
            name="gain",
            target="emobench_speech.waveforms:Gain",
            options=augmentation_options.GainOptions,
            summary="Make the clip louder or quieter.",
            off={"decibels": 0.0},
        ),
        Component(
            name="pitch_shift",
            target="emobench_speech.stretching:PitchShift",
            options=augmentation_options.PitchShiftOptions,
            summary="Make the voice higher or lower; the duration stays.",
            off={"probability": 0.0},
        ),
        Component(
            name="time_stretch",
            target="emobench_speech.stretching:TimeStretch",
            options=augmentation_options.TimeStretchOptions,
            summary="Make the clip slower or faster; the pitch stays.",
            source="doi:10.1109/ICASSP.1993.319366",
            off={"probability": 0.0},
        ),
        Component(
            name="shift",
            target="emobench_speech.waveforms:Shift",
            options=augmentation_options.ShiftOptions,
            summary="Move the clip earlier or later.",
            off={"probability": 0.0},
        ),
        Component(
            name="reverb",
            target="emobench_speech.reverb:Reverb",
            options=augmentation_options.ReverbOptions,
            summary="Put the clip into a made-up room.",
            off={"probability": 0.0},
        ),
    ],
)
