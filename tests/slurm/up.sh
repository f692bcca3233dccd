#!/usr/bin/env bash
# Start munged, slurmctld and NODES slurmd on this host and wait until every node is idle.
#
#   up.sh DIR [NODES] [CPUS] [ADDRESS]      then `. DIR/env`; down.sh DIR ends it
#
# with-slurm.sh calls this inside namespaces of its own, where the ports below are free and
# nothing survives; called by itself it is a Slurm to play with.
#
# What is special about several nodes on one host:
# - every slurmd has its own host name (a UTS namespace): Open MPI names its shared memory
#   after the host, and tells hosts apart by their names;
# - every node has its own TmpFS: the pmix plugin makes a folder there named after the step;
# - nodes may be given more CPUs than there are: config_overrides makes Slurm believe it.
set -eu
dir=$1
nodes=${2:-3}
cpus=${3:-2}
address=${4:-127.0.0.1} # of this host, for all daemons
head=$(hostname)

mkdir -p "$dir"/{munge,state,log,run,spool,tmp}
chmod 755 "$dir"
chmod 711 "$dir/munge"
(umask 077 && head -c 256 /dev/urandom >"$dir/munge/key")
munged --force --socket="$dir/munge/socket" --key-file="$dir/munge/key" \
    --pid-file="$dir/munge/pid" --seed-file="$dir/munge/seed" \
    --log-file="$dir/log/munged.log" --num-threads=1

{
    cat <<CONF
ClusterName=virtual
SlurmctldHost=$head($address)
SlurmctldPort=26817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
TmpFS=$dir/tmp/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=pmix
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
ReturnToService=2
SlurmdTimeout=30
KillWait=5
MinJobAge=3600
CONF
    for ((i = 1; i <= nodes; i++)); do
        echo "NodeName=n$i NodeHostname=n$i NodeAddr=$address Port=$((27000 + i)) CPUs=$cpus RealMemory=1000 State=UNKNOWN"
    done
    echo "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
} >"$dir/slurm.conf"

cat >"$dir/env" <<ENV
export SLURM_CONF=$dir/slurm.conf TMPDIR=$dir/tmp
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_oob_tcp_if_include=lo OMPI_MCA_btl_tcp_if_include=lo
ENV
. "$dir/env"

slurmctld -c -f "$dir/slurm.conf"
for ((i = 1; i <= nodes; i++)); do
    mkdir -p "$dir/spool/n$i" "$dir/tmp/n$i"
    unshare --uts sh -c "hostname n$i && exec slurmd -N n$i -f '$dir/slurm.conf'"
done

# `idle*` is a node that has not answered yet.
for ((look = 0; look < 300; look++)); do
    idle=$(sinfo -h -N -o %T 2>/dev/null | grep -cx idle || true)
    [ "$idle" -eq "$nodes" ] && exit 0
    sleep 0.1
done
echo "Slurm did not come up in 30 s:" >&2
sinfo -N >&2 || true
tail -n 15 "$dir"/log/*.log >&2
exit 1
