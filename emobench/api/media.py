"""Decodes audio and image files for any dataset; numpy and decoders load with the first file.

Every fault is a DataError that names the file and the reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from emobench.api.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au"}
)
IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".pgm", ".ppm"}
)

MAX_PIXELS = 64_000_000
"""Beyond any photograph of a face; a small file may declare far more to exhaust memory."""

MAX_SECONDS = 3600
"""Likewise for a clip of speech."""

MAX_VALUES = 2**28
"""Samples of all channels together: a gibibyte once decoded."""

MP3_PADDING = 2304
"""Samples by which an MP3 may differ from its header: encoders pad by up to two frames."""


def read_audio(path: Path, *, rate: int) -> np.ndarray:
    """The file as one channel of float32 at `rate`; several channels are averaged."""
    import numpy as np
    import soundfile
    import soxr

    _check_size(path)
    try:
        with soundfile.SoundFile(path) as file:
            declared, own_rate = file.frames, file.samplerate
            slack = MP3_PADDING if file.format == "MP3" else 0
            _refuse_too_long(path, frames=declared, rate=own_rate, channels=file.channels)
            samples: np.ndarray = file.read(dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise DataError(f"{path}: cannot be decoded as audio: {_reason(error)}") from error
    if not len(samples):
        raise DataError(f"{path}: holds no samples: it is empty, or cut off after its header")
    if len(samples) < declared - slack or _is_cut_riff(path):
        raise DataError(
            f"{path}: is truncated: {len(samples)} samples can be read, its header promises more"
        )
    mono = samples.mean(axis=1, dtype=np.float32)
    if own_rate != rate:
        mono = soxr.resample(mono, own_rate, rate)
    if not len(mono):
        raise DataError(
            f"{path}: is too short: its {len(samples)} samples at {own_rate} Hz are none at "
            f"{rate} Hz"
        )
    return np.ascontiguousarray(mono, dtype=np.float32)


def read_image(path: Path, *, mode: Literal["grey", "rgb"]) -> np.ndarray:
    """The file as uint8 `(height, width, channels)`, upright, one channel for grey."""
    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    _check_size(path)
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise DataError(_too_large(path, f"{width} x {height}"))
            picture.load()
            pixels = np.asarray(_eight_bits(ImageOps.exif_transpose(picture)).convert(_MODES[mode]))
    except UnidentifiedImageError as error:
        raise DataError(f"{path}: is not an image that can be read") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(_too_large(path, "far more")) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path}: cannot be decoded as an image: {_reason(error)}") from error
    return np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[:, :, None])


def _refuse_too_long(path: Path, *, frames: int, rate: int, channels: int) -> None:
    """Judge by the header, before memory is taken for what it declares."""
    if frames > MAX_SECONDS * rate:
        raise DataError(
            f"{path}: lasts {frames / rate:.0f} s, more than the {MAX_SECONDS} s "
            "that one clip may last; cut it into clips"
        )
    if frames * channels > MAX_VALUES:
        raise DataError(
            f"{path}: declares {frames:,} x {channels} samples; at most {MAX_VALUES:,} in all are "
            "decoded; cut it into clips"
        )


_MODES = {"grey": "L", "rgb": "RGB"}


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Pillow clips 16-bit greys to 255 on conversion; scale them instead."""
    if not picture.mode.startswith("I"):
        return picture
    import numpy as np
    from PIL import Image

    wide = np.clip(np.asarray(picture).astype(np.int64), 0, 65535)
    return Image.fromarray((wide // 257).astype(np.uint8))


def _too_large(path: Path, size: str) -> str:
    return f"{path}: declares {size} pixels; at most {MAX_PIXELS:,} in all are decoded"


def _check_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if size == 0:
        raise DataError(f"{path}: the file is empty (0 bytes)")


def _is_cut_riff(path: Path) -> bool:
    """Whether a WAV file is shorter than it says; the decoder passes over that in silence."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return False
    declared = int.from_bytes(head[4:8], "little")
    # Streams whose length was not known when they began say 0 or all ones.
    return declared not in (0, 0xFFFFFFFF) and declared + 8 > path.stat().st_size + 1


def _reason(error: Exception) -> str:
    text = str(error)
    _, _, after = text.rpartition("': ")
    return (after or text or type(error).__name__).strip().rstrip(".")
