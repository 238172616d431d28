import pkgutil

from emobench_speech.registration import components


def test_every_augmentation_says_which_modality_it_changes():
    targets = {each.name: pkgutil.resolve_name(each.target) for each in components.augmentations}
    assert {name: target.modality for name, target in targets.items()} == {
        "specaugment": "audio",
        "noise": "audio",
        "gain": "audio",
        "pitch_shift": "audio",
        "time_stretch": "audio",
        "shift": "audio",
        "reverb": "audio",
    }
