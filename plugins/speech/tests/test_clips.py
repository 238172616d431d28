import threading

import numpy as np
import pytest
import torch

from emobench_speech.clips import each_clip, fit_length


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_long_clips_keep_their_middle_and_short_ones_are_padded_behind():
    clip = np.arange(1, 11, dtype=np.float32)
    assert fit_length(clip, samples=4).tolist() == [4, 5, 6, 7]
    assert fit_length(clip, samples=3).tolist() == [4, 5, 6]
    assert fit_length(clip[:3], samples=5).tolist() == [1, 2, 3, 0, 0]


def test_rows_keep_the_order_of_their_clips_when_later_ones_are_done_first(two_threads):
    second_is_done = threading.Event()

    def work(clip):
        if clip[0] == 0:
            assert second_is_done.wait(10), "clips are not worked on at once"
        if clip[0] == 1:
            second_is_done.set()
        return torch.from_numpy(clip)

    clips = [np.full(2, place, dtype=np.float32) for place in range(4)]
    assert each_clip(clips, work)[:, 0].tolist() == [0, 1, 2, 3]


def test_a_clip_is_worked_on_by_one_thread_of_torch_and_the_number_is_restored(two_threads):
    seen = []

    def work(clip):
        seen.append(torch.get_num_threads())
        return torch.zeros(1)

    each_clip([np.zeros(1)] * 3, work)
    assert seen == [1, 1, 1]
    assert torch.get_num_threads() == 2


def test_the_number_of_threads_is_restored_when_a_clip_fails(two_threads):
    def work(clip):
        raise ValueError("broken clip")

    with pytest.raises(ValueError, match="broken clip"):
        each_clip([np.zeros(1)] * 2, work)
    assert torch.get_num_threads() == 2
