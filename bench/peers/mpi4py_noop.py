"""Microseconds for a no-op task of mpi4py.futures, nothing recorded.

usage: mpiexec -n 1 python mpi4py_noop.py TASKS CHUNK     (prints one number)
"""

import sys
import time

from mpi4py.futures import MPIPoolExecutor


def nothing(number):
    return number


if __name__ == "__main__":
    tasks, chunk = map(int, sys.argv[1:])
    with MPIPoolExecutor(max_workers=1) as pool:
        list(pool.map(nothing, range(100)))  # warm
        begin = time.perf_counter()
        list(pool.map(nothing, range(tasks), chunksize=chunk))
        print(f"{(time.perf_counter() - begin) / tasks * 1e6:.1f}")
