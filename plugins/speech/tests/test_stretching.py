import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emobench.api import DatasetContext, UsageError
from emobench.registry import load_registry
from emobench_speech.augmentation_options import PitchShiftOptions, TimeStretchOptions
from emobench_speech.stretching import STEP, PitchShift, TimeStretch, join, shift_pitch, stretch

RATE = 16_000
SEMITONES = (-4.0, -1.5, 0.5, 3.0)
FACTORS = (0.75, 0.9, 1.1, 1.35)


def tone(pitch: float | np.ndarray, *, seconds: float = 1.5, rate: int = RATE) -> np.ndarray:
    """Six harmonics over a steady or a changing fundamental."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(pitch, round(seconds * rate))) / rate
    return (0.1 * sum(np.sin(order * phase) / order for order in range(1, 7))).astype(np.float32)


def glide(start: float, end: float, *, seconds: float = 1.5) -> np.ndarray:
    return tone(start * (end / start) ** np.linspace(0, 1, round(seconds * RATE)))


def steady_pitch(clip: np.ndarray, *, near: float, rate: int = RATE) -> float:
    """The fundamental by the peak of one long spectrum, fitted by a parabola in decibels."""
    inner = clip[rate // 10 : -rate // 10].astype(np.float64)
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(inner * np.hanning(len(inner)), 2**18)) + 1e-12)
    width = rate / 2**18
    low, high = round(near / 1.3 / width), round(near * 1.3 / width)
    peak = low + int(spectrum[low:high].argmax())
    left, top, right = spectrum[peak - 1 : peak + 2]
    return float(width * (peak + 0.5 * (left - right) / (left - 2 * top + right)))


def track(clip: np.ndarray) -> np.ndarray:
    """The fundamental of every frame by librosa's YIN, without the clip's ends."""
    return np.asarray(
        librosa.yin(clip, fmin=60, fmax=600, sr=RATE, frame_length=1024, hop_length=256)[8:-8]
    )


def cents(found: float | np.ndarray, wanted: float | np.ndarray) -> np.ndarray:
    return np.asarray(1200 * np.log2(np.asarray(found) / wanted))


def level(clip: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(clip, dtype=np.float64))))


@pytest.mark.parametrize("pitch", [80.0, 143.0, 231.0, 400.0])
@pytest.mark.parametrize("semitones", SEMITONES)
def test_a_steady_voice_moves_by_the_semitones_asked_and_keeps_length_and_level(pitch, semitones):
    clip = tone(pitch)
    shifted = shift_pitch(clip, semitones=semitones, rate=RATE)
    wanted = pitch * 2 ** (semitones / 12)
    assert abs(cents(steady_pitch(shifted, near=wanted), wanted)) < 3
    assert len(shifted) == len(clip)
    assert level(shifted) == pytest.approx(level(clip), abs=0.3)


@pytest.mark.parametrize("pitch", [80.0, 143.0, 231.0, 400.0])
@pytest.mark.parametrize("factor", FACTORS)
def test_a_stretched_voice_keeps_pitch_and_level_over_the_samples_asked(pitch, factor):
    clip = tone(pitch)
    samples = round(len(clip) * factor)
    stretched = stretch(clip, samples=samples, rate=RATE)
    assert abs(cents(steady_pitch(stretched, near=pitch), pitch)) < 3
    assert len(stretched) == samples
    assert level(stretched) == pytest.approx(level(clip), abs=0.3)


@pytest.mark.parametrize("semitones", SEMITONES)
def test_a_gliding_voice_moves_everywhere_by_what_was_asked(semitones):
    clip = glide(110.0, 220.0)
    moved = cents(track(shift_pitch(clip, semitones=semitones, rate=RATE)), track(clip))
    assert np.abs(moved - 100 * semitones).max() < 15


@pytest.mark.parametrize("factor", FACTORS)
def test_a_stretched_glide_passes_the_same_pitches_in_another_time(factor):
    clip = glide(110.0, 220.0)
    found = track(stretch(clip, samples=round(len(clip) * factor), rate=RATE))
    # Frame i of the track is centred on sample 256 * (i + 8) of the stretched clip.
    moments = 256 * (np.arange(len(found)) + 8) / (factor * len(clip))
    assert np.abs(cents(found, 110 * 2**moments)).max() < 25


@pytest.mark.parametrize("rate", [8000, 22_050, 48_000])
def test_pitch_is_right_at_any_rate(rate):
    shifted = shift_pitch(tone(150.0, rate=rate), semitones=2.0, rate=rate)
    wanted = 150 * 2 ** (2 / 12)
    assert abs(cents(steady_pitch(shifted, near=wanted, rate=rate), wanted)) < 3


def loudest_click(clip: np.ndarray) -> float:
    """Decibels of the loudest frame above 4 kHz, where these tones have nothing, below the clip."""
    power = np.abs(librosa.stft(clip, n_fft=512, hop_length=128)) ** 2
    frames = power[:, 8:-8]
    return float(10 * np.log10(frames[128:].sum(axis=0).max() / frames.sum(axis=0).mean()))


@pytest.mark.parametrize("pitch", [90.0, 230.0])
def test_no_join_clicks(pitch):
    clip = tone(pitch * (1 + 0.1 * np.sin(12 * np.arange(24_000) / RATE)))
    changed = [stretch(clip, samples=round(len(clip) * factor), rate=RATE) for factor in FACTORS]
    changed += [shift_pitch(clip, semitones=semitones, rate=RATE) for semitones in SEMITONES]
    assert max(map(loudest_click, changed)) < -90


def test_a_click_would_be_noticed():
    clip = tone(150.0)
    clip[12_040:] *= -1
    assert loudest_click(clip) > -45


@pytest.mark.parametrize("factor", FACTORS)
def test_noise_is_as_loud_within_fades_as_between_them(factor):
    noise = np.random.default_rng(0).standard_normal(20 * RATE).astype(np.float32)
    step = round(STEP * RATE)
    samples = round(len(noise) * factor) // step * step
    moments = stretch(noise, samples=samples, rate=RATE).reshape(-1, step).var(axis=0)
    parts = 10 * np.log10(moments.reshape(5, -1).mean(axis=1))
    assert parts == pytest.approx([0.0] * 5, abs=0.3)


@pytest.mark.parametrize("alike", [True, False])
def test_windows_are_joined_without_a_dip_whether_alike_or_not(alike):
    ends, begins = np.random.default_rng(0).standard_normal((2, 40_000)).astype(np.float32)
    windows = np.stack([np.append(ends, ends), np.append(ends if alike else begins, begins)])
    middle = join(windows)[15_000:25_000]
    assert level(middle) == pytest.approx(0, abs=0.15)


@pytest.fixture(scope="module")
def synthetic_clips() -> list[np.ndarray]:
    entry = load_registry().get("dataset", "synthetic-speech")
    dataset = entry.build(entry.component.options(), DatasetContext())
    return [dataset.load(index)["audio"] for index in range(4)]


def moved(changed: np.ndarray, clip: np.ndarray) -> np.ndarray:
    """Cents between the two wherever the clip's pitch holds still, so that it has one."""
    after, before = track(changed), track(clip)
    moments = (np.arange(len(after)) + 8) * len(clip) / len(changed) - 8
    aligned = np.interp(moments, np.arange(len(before)), before)
    return cents(after, aligned)[np.abs(np.gradient(cents(aligned, 100.0))) < 30]


@pytest.mark.parametrize("semitones", [-2.0, 2.0])
def test_synthetic_speech_moves_by_the_semitones_asked(synthetic_clips, semitones):
    off = np.concatenate(
        [
            moved(shift_pitch(clip, semitones=semitones, rate=RATE), clip) - 100 * semitones
            for clip in synthetic_clips
        ]
    )
    assert np.median(off) == pytest.approx(0, abs=10)
    assert np.mean(np.abs(off) < 50) > 0.8


@pytest.mark.parametrize("factor", [0.85, 1.2])
def test_stretched_synthetic_speech_keeps_its_pitch_at_every_moment(synthetic_clips, factor):
    off = np.concatenate(
        [
            moved(stretch(clip, samples=round(len(clip) * factor), rate=RATE), clip)
            for clip in synthetic_clips
        ]
    )
    assert np.median(off) == pytest.approx(0, abs=10)
    assert np.mean(np.abs(off) < 50) > 0.8


@pytest.mark.parametrize("samples", [0, 1, 2, 100, 799])
def test_clips_too_short_to_hold_periods_come_back_as_copies(samples):
    clip = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    for changed in (
        shift_pitch(clip, semitones=3.0, rate=RATE),
        stretch(clip, samples=2 * samples, rate=RATE),
    ):
        assert np.array_equal(changed, clip)
        assert not np.shares_memory(changed, clip)


@given(
    samples=st.integers(1, 6000),
    rate=st.sampled_from([100, 4000, 8000, 16_000, 44_100]),
    semitones=st.floats(-12, 12),
)
@settings(max_examples=60, deadline=None)
def test_any_length_at_any_rate_stays_finite_and_keeps_its_samples(samples, rate, semitones):
    clip = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    shifted = shift_pitch(clip, semitones=semitones, rate=rate)
    assert shifted.shape == clip.shape
    assert shifted.dtype == np.float32
    assert np.isfinite(shifted).all()


@given(samples=st.integers(800, 6000), factor=st.floats(0.5, 2.0))
@settings(max_examples=60, deadline=None)
def test_a_stretch_has_exactly_the_samples_asked(samples, factor):
    clip = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    stretched = stretch(clip, samples=round(factor * samples), rate=RATE)
    assert len(stretched) == round(factor * samples)
    assert np.isfinite(stretched).all()


def test_silence_stays_silent():
    clip = np.zeros(RATE, np.float32)
    assert not shift_pitch(clip, semitones=2.0, rate=RATE).any()
    assert not stretch(clip, samples=RATE + 1000, rate=RATE).any()


def apply_often(augmentation, clip: np.ndarray, *, times: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [augmentation.apply(clip, random=random, progress=0.0) for _ in range(times)]


def test_drawn_pitches_fill_the_range_that_the_options_name(make_context):
    options = PitchShiftOptions(semitones_low=-1.0, semitones_high=3.0, probability=1.0)
    clip = tone(200.0, seconds=0.6)
    found = [
        float(cents(steady_pitch(each, near=215.0), 200.0)) / 100
        for each in apply_often(PitchShift(options, make_context()), clip, times=80)
    ]
    assert (min(found), max(found)) == pytest.approx((-1.0, 3.0), abs=0.2)
    assert np.mean(found) == pytest.approx(1.0, abs=0.3)


def test_drawn_speeds_fill_the_range_evenly_in_their_logarithm(make_context):
    options = TimeStretchOptions(speed_low=0.5, speed_high=2.0, probability=1.0)
    clip = tone(200.0, seconds=0.2)
    changed = apply_often(TimeStretch(options, make_context()), clip, times=300)
    speeds = np.log2([len(clip) / len(each) for each in changed])
    assert (speeds.min(), speeds.max()) == pytest.approx((-1.0, 1.0), abs=0.05)
    assert np.percentile(speeds, [25, 50, 75]) == pytest.approx([-0.5, 0.0, 0.5], abs=0.15)


@pytest.mark.parametrize(
    ("kind", "options"), [(PitchShift, PitchShiftOptions), (TimeStretch, TimeStretchOptions)]
)
def test_probability_is_the_share_of_changed_clips(make_context, kind, options):
    clip = tone(200.0, seconds=0.06)
    augmentation = kind(options(probability=0.3), make_context())
    changed = [
        not np.array_equal(each, clip) for each in apply_often(augmentation, clip, times=500)
    ]
    assert np.mean(changed) == pytest.approx(0.3, abs=0.06)


def test_ranges_upside_down_are_refused():
    with pytest.raises(
        UsageError, match=r"semitones_low \(3\) must not exceed semitones_high \(2\)"
    ):
        PitchShiftOptions(semitones_low=3.0)
    with pytest.raises(UsageError, match=r"speed_low \(1.5\) must not exceed speed_high \(1.15\)"):
        TimeStretchOptions(speed_low=1.5)
