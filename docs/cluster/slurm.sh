#!/bin/bash
# A sweep over four nodes, for as many jobs as it takes: five minutes before its time is over the job stops the
# sweep so that it can go on, and puts itself back in the queue.
#   sbatch docs/cluster/slurm.sh
#SBATCH --job-name=emobench-sweep
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --gpus-per-node=4
#SBATCH --time=12:00:00
#SBATCH --signal=B:USR1@300
#SBATCH --requeue
#SBATCH --open-mode=append
set -m # jobs of this shell hear interrupts
cd /shared/emobench && source .venv/bin/activate || exit 1
# Each node prepares the data once, on its own disk.
export EMOBENCH_CACHE=/tmp/emobench-$USER

nodes=($(scontrol show hostnames "$SLURM_JOB_NODELIST"))
head_ip=$(srun --nodes=1 --ntasks=1 -w "${nodes[0]}" hostname --ip-address | cut -d' ' -f1)
address=$head_ip:$((20000 + SLURM_JOB_ID % 10000))
common=(--num-cpus="$SLURM_CPUS_PER_TASK" --num-gpus="${SLURM_GPUS_ON_NODE:-0}" --block)

srun --overlap --nodes=1 --ntasks=1 -w "${nodes[0]}" \
  ray start --head --node-ip-address="$head_ip" --port="${address#*:}" \
  --temp-dir="/tmp/ray-$SLURM_JOB_ID" "${common[@]}" &
for _ in {1..60}; do
  ray status --address "$address" >/dev/null 2>&1 && break
  sleep 2
done
for node in "${nodes[@]:1}"; do
  srun --overlap --nodes=1 --ntasks=1 -w "$node" ray start --address="$address" "${common[@]}" &
done

# The same call begins the sweep and goes on with it; nodes that come later get trials too.
emobench sweep --name first --trials 500 --task ravdess/actors \
  --runs /shared/runs --data-root /shared/data \
  --address "$address" --device cuda --gpus-per-trial 0.5 --cpus-per-trial 2 &
sweep=$!

again=no
trap 'again=yes; kill -INT "$sweep"' USR1
wait "$sweep"
code=$?
if [[ $again == yes ]]; then
  wait "$sweep"
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
