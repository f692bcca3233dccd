#!/usr/bin/env python3
"""terminal.py BUILD - escape sequences only on a terminal, and none with NO_COLOR."""
import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios

BUILD = os.path.abspath(sys.argv[1])
FAILURES = []


def check(claim, holds, seen):
    if not holds:
        FAILURES.append(claim)
        print("not so: %s\n%r" % (claim, seen))


def on_terminal(words, **changes):
    """What a command writes to a terminal of 72 columns."""
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "WINNOW_DIR")}
    env["TERM"] = "xterm"
    env.update(changes)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 72, 0, 0))
    process = subprocess.Popen(words, stdout=slave, stderr=slave, env=env)
    os.close(slave)
    seen = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        seen += part
    os.close(master)
    process.wait()
    return seen.decode().replace("\r\n", "\n")


def piped(words):
    return subprocess.run(words, stdout=subprocess.PIPE).stdout.decode()


def main():
    winnow = os.path.join(BUILD, "winnow")
    with tempfile.TemporaryDirectory() as place:
        study = os.path.join(place, "story")
        subprocess.run([os.path.join(BUILD, "tests", "make_study"), study], check=True)
        for command in ("status", "trials", "best"):
            words = [winnow, command, study]
            colour = on_terminal(words)
            check(command + " is bold on a terminal", "\x1b[1m" in colour, colour)
            plain = on_terminal(words, NO_COLOR="1")
            check(command + " obeys NO_COLOR", "\x1b" not in plain, plain)
            dumb = on_terminal(words, TERM="dumb")
            check(command + " is plain on a dumb terminal", "\x1b" not in dumb, dumb)
            rank = on_terminal(words, OMPI_COMM_WORLD_SIZE="2", OMPI_COMM_WORLD_RANK="0",
                               PMI_SIZE="2", PMI_RANK="0")
            check(command + " is under a launcher as in a pipe", rank == piped(words), rank)
            widest = max(len(line) for line in plain.split("\n"))
            check(command + " keeps to the width", widest <= 72, plain)
            check(command + " is plain in a pipe", "\x1b" not in piped(words), piped(words))
        following = on_terminal([winnow, "status", "--follow", study])
        check("--follow ends with the study", "complete" in following, following)
    return 1 if FAILURES else 0


sys.exit(main())
