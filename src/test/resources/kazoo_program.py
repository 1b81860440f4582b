# SPDX-License-Identifier: Apache-2.0
"""What OtherProgram.kazoo runs. The arguments are a connect string and a session timeout in milliseconds."""
import os
import queue
import sys
import threading

from kazoo.client import KazooClient

lines = queue.Queue()


def obey():
    client = KazooClient(hosts=sys.argv[1], timeout=int(sys.argv[2]) / 1000)
    client.start()
    lock = None
    while True:
        words = lines.get().split()
        if words[0] == "in":
            recipes = {
                "lock": client.Lock,
                "read-lock": client.ReadLock,
                "write-lock": client.WriteLock,
                "semaphore": client.Semaphore,
            }
            lock = recipes[words[1]](words[2], words[3])
            lock.acquire()
        else:
            lock.release()
        print(words[0], flush=True)


threading.Thread(target=obey, daemon=True).start()
for line in sys.stdin:
    lines.put(line)
os._exit(0)
