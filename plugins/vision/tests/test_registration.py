import pkgutil

from emobench_vision.registration import components


def test_every_augmentation_says_which_modality_it_changes():
    targets = {each.name: pkgutil.resolve_name(each.target) for each in components.augmentations}
    assert {name: target.modality for name, target in targets.items()} == {"flip": "image"}
