#!/usr/bin/python3
"""The disk of the study fills up: a clear message, nothing corrupt, and a resume completes.

On a small tmpfs in a mount namespace of its own, as root; elsewhere, or where namespaces are
not allowed, only with a limit on the length of files (RLIMIT_FSIZE), which hits the journal.
"""
import os
import resource
import signal
import subprocess
import sys
import tempfile

import study as st

DISK_BYTES = 4 << 20
IN_NAMESPACE = "WN_FULL_DISK_MOUNT"


def refused(study, run, reason):
    code = run.wait()
    st.claim(code == st.FAILED, "the run ended with %d, not 1", code)
    study.expect_gone(run)
    st.claim(reason in run.output(), "it does not say why: %s", run.output())
    st.claim("can be resumed" in run.output(), "nor what to do: %s", run.output())
    study.check(is_complete=False)


def short_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))


def limit_on_file_size(make):
    study = make("fsize", trials=18)
    refused(study, study.start(preexec=short_files), "File too large")
    study.finish()
    study.check()


def fill(path, n_left):
    """A ballast file that leaves n_left bytes of the file system."""
    with open(path, "wb") as f:
        info = os.statvfs(os.path.dirname(path))
        n = info.f_bavail * info.f_frsize - n_left
        os.posix_fallocate(f.fileno(), 0, n)


def full_before_it_begins(make):
    disk = mount("full")
    study = make("full", trials=9, place=disk)
    ballast = os.path.join(disk, "ballast")
    fill(ballast, 0)
    run = study.start()
    code = run.wait()
    study.expect_gone(run)
    st.claim(code == st.FAILED, "the run ended with %d, not 1", code)
    st.claim("No space left on device" in run.output(), "it does not say why: %s", run.output())
    os.unlink(ballast)
    study.finish()
    study.check()


def full_while_it_runs(make):
    """At several depths: in the journal, in checkpoints, in results."""
    for n_left in (16, 64, 128, 256):
        disk = mount("filling-%d" % n_left)
        study = make("filling", trials=27, pace_us=1000, place=disk)
        ballast = os.path.join(disk, "ballast")
        fill(ballast, n_left << 10)
        run = study.start()
        code = run.wait()
        study.expect_gone(run)
        st.claim(code != st.FAILED or "No space left on device" in run.output(),
                 "it does not say why: %s", run.output())
        st.claim(code in (st.FAILED, st.COMPLETE), "the run ended with %d", code)
        study.check(is_complete=False)
        os.unlink(ballast)
        study.finish()
        if "results.h5" not in study.files("."):
            study.command("results", study.path) # complete, but for these: it said so
        study.check()


def mount(name):
    path = os.path.join(os.environ[IN_NAMESPACE], name)
    os.makedirs(path)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % DISK_BYTES, "none", path],
                   check=True)
    return path


def enter_namespace():
    """Start this script again where a mount is seen by nobody else and goes with us."""
    command = ["unshare", "--mount", "--"]
    if os.getuid() != 0 or subprocess.run(command + ["mount", "-t", "tmpfs", "none", "/mnt"],
                                          stderr=subprocess.DEVNULL).returncode != 0:
        return None
    with tempfile.TemporaryDirectory(prefix="winnow-disk-") as folder:
        return subprocess.run(command + [sys.executable, "-B"] + sys.argv,
                              env=dict(os.environ, **{IN_NAMESPACE: folder})).returncode


if __name__ == "__main__":
    if IN_NAMESPACE in os.environ:
        sys.exit(st.main([limit_on_file_size, full_before_it_begins, full_while_it_runs]))
    status = enter_namespace()
    if status is None:
        print("no namespaces here: only with a limit on files")
        status = st.main([limit_on_file_size])
    sys.exit(status)
