"""The example files for clusters are valid, agree with one another, and do what their page says."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml

from emobench.cli.sweep import search

FOLDER = Path(__file__).parents[2] / "docs" / "cluster"
PAGE = FOLDER.parent / "sweeps-on-a-cluster.md"


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")))


def cluster_specs() -> list[dict[str, Any]]:
    """The Ray clusters of both files for KubeRay."""
    _, job = documents("kuberay-job.yaml")
    (cluster,) = documents("kuberay-cluster.yaml")
    return [job["spec"]["rayClusterSpec"], cluster["spec"]]


def pods(spec: dict[str, Any]) -> list[dict[str, Any]]:
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    return [group["template"]["spec"] for group in groups]


def test_the_page_names_every_file() -> None:
    text = PAGE.read_text(encoding="utf-8")
    names = sorted(path.name for path in FOLDER.iterdir())
    assert len(names) == 4
    assert [name for name in names if f"(cluster/{name})" not in text] == []


def test_the_file_for_ray_up_keeps_to_rays_own_schema() -> None:
    ray = find_spec("ray")
    assert ray is not None
    assert ray.submodule_search_locations is not None
    schema = Path(ray.submodule_search_locations[0]) / "autoscaler" / "ray-schema.json"
    (config,) = documents("ray-cluster.yaml")
    jsonschema.Draft7Validator(json.loads(schema.read_text())).validate(config)


def test_a_job_brings_claim_and_cluster_and_is_tried_again() -> None:
    claim, job = documents("kuberay-job.yaml")
    assert (claim["apiVersion"], claim["kind"]) == ("v1", "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    assert job["spec"]["backoffLimit"] > 0
    assert "emobench sweep --name" in job["spec"]["entrypoint"]


def test_all_pods_see_runs_and_data_on_one_claim() -> None:
    claim, _ = documents("kuberay-job.yaml")
    for spec in cluster_specs():
        for pod in pods(spec):
            (container,) = pod["containers"]
            (shared,) = [one for one in pod["volumes"] if "persistentVolumeClaim" in one]
            assert shared["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
            assert {"name": shared["name"], "mountPath": "/shared"} in container["volumeMounts"]


def test_no_trial_runs_on_a_kubernetes_head() -> None:
    for spec in cluster_specs():
        assert spec["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


def test_each_kubernetes_worker_prepares_data_on_a_disk_of_its_own() -> None:
    for spec in cluster_specs():
        for group in spec["workerGroupSpecs"]:
            pod = group["template"]["spec"]
            (container,) = pod["containers"]
            (cache,) = container["env"]
            assert cache["name"] == "EMOBENCH_CACHE"
            (mount,) = [m for m in container["volumeMounts"] if m["mountPath"] == cache["value"]]
            assert {"name": mount["name"], "emptyDir": {}} in pod["volumes"]


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_commands_have_flags_that_exist(path: Path) -> None:
    text = re.sub(r"[\\#]", " ", path.read_text(encoding="utf-8"))
    commands = re.findall(r"emobench sweep ((?:--[\w-]+\s+[\w./$:\"-]+\s*)+)", text)
    assert commands
    for command in commands:
        words = command.replace('"', "").split()
        given, rest, _ = search.make_parser(click.Context(search)).parse_args(words)
        assert {"name", "address"} <= given.keys()
        assert rest == []


FAKES = {
    "scontrol": 'if [ "$1" = show ]; then echo one; echo two; else echo "scontrol $*" >> LOG; fi',
    "srun": """
while [[ $1 == -* ]]; do [[ $1 == -w ]] && shift; shift; done
if [[ $1 == hostname ]]; then echo 10.0.0.1 10.0.0.2; else "$@"; fi
""",
    "ray": 'echo "ray $*" >> LOG',
    "emobench": """
echo "emobench $*" >> LOG
trap 'echo interrupted >> LOG; sleep 0.5; echo "let go" >> LOG; exit 130' INT
touch BEGUN
for _ in {1..SLICES}; do sleep 0.1; done
echo "done" >> LOG
""",
}


class Slurm:
    """The script under made-up commands, which tell what they were called with."""

    def __init__(self, folder: Path, *, slices: int) -> None:
        self.log, self.begun = folder / "log.txt", folder / "begun"
        programs, home = folder / "bin", folder / "home"
        programs.mkdir()
        (home / ".venv" / "bin").mkdir(parents=True)
        (home / ".venv" / "bin" / "activate").write_text("")
        for name, text in FAKES.items():
            text = text.replace("LOG", str(self.log)).replace("BEGUN", str(self.begun))
            path = programs / name
            path.write_text("#!/bin/bash\n" + text.replace("SLICES", str(slices)))
            path.chmod(0o755)
        script = folder / "slurm.sh"
        text = (FOLDER / "slurm.sh").read_text(encoding="utf-8")
        script.write_text(text.replace("/shared/emobench", str(home)))
        given = {"SLURM_JOB_ID": "123456", "SLURM_JOB_NODELIST": "one,two", "USER": "me"}
        given |= {"SLURM_CPUS_PER_TASK": "16", "SLURM_GPUS_ON_NODE": "4"}
        environment = {**os.environ, **given, "PATH": f"{programs}:{os.environ['PATH']}"}
        self.process = subprocess.Popen(["bash", str(script)], env=environment)

    def wait_for_the_sweep(self) -> None:
        deadline = time.monotonic() + 60
        while not self.begun.exists():
            assert time.monotonic() < deadline, "the sweep was never begun"
            time.sleep(0.05)

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()


def test_under_slurm_a_head_and_the_other_nodes_make_the_cluster(tmp_path: Path) -> None:
    slurm = Slurm(tmp_path, slices=5)
    assert slurm.process.wait(60) == 0
    address = "10.0.0.1:23456"
    heads = [line for line in slurm.lines() if line.startswith("ray start --head")]
    assert heads == [
        "ray start --head --node-ip-address=10.0.0.1 --port=23456 --temp-dir=/tmp/ray-123456 "
        "--num-cpus=16 --num-gpus=4 --block"
    ]
    others = [line for line in slurm.lines() if line.startswith("ray start --address")]
    assert others == [f"ray start --address={address} --num-cpus=16 --num-gpus=4 --block"]
    (sweep,) = [line for line in slurm.lines() if line.startswith("emobench")]
    assert f"--address {address} " in sweep
    assert slurm.lines()[-1] == "done"


def test_a_slurm_job_whose_time_is_over_stops_the_sweep_and_comes_back(tmp_path: Path) -> None:
    slurm = Slurm(tmp_path, slices=600)
    slurm.wait_for_the_sweep()
    slurm.process.send_signal(signal.SIGUSR1)
    assert slurm.process.wait(60) != 0
    assert slurm.lines()[-3:] == ["interrupted", "let go", "scontrol requeue 123456"]
