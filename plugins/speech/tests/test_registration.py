import subprocess
import sys


def test_registering_loads_neither_torch_nor_numpy():
    code = (
        "import sys, emobench_speech.registration; "
        "print([name for name in ('torch', 'numpy', 'pandas') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
