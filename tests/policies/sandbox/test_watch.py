"""Trees of processes are ended whole, whatever their threads do."""

import subprocess
import sys

ENDS = """
import subprocess, sys
from pilotline.policies.sandbox.cage import watch
headless = "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(600,)).start(); "
headless += "print(flush=True); ctypes.CDLL(None).pthread_exit(None)"
child = subprocess.Popen([sys.executable, "-c", headless], stdout=subprocess.PIPE)
child.stdout.readline()
while open(f"/proc/{child.pid}/stat").read().rpartition(")")[2].split()[0] != "Z":
    pass
print("goes on" if child.poll() is None else "ended")
watch.kill_all(__import__("os").getpid())
print("goes on" if child.poll() is None else "ended")
"""


def test_a_process_whose_first_thread_has_ended_is_ended_too():
    said = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.split("\n")[:2] == ["goes on", "ended"], said
