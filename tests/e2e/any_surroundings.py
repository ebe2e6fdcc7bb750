#!/usr/bin/env python3
"""A run on this machine needs nothing from what surrounds it, and output that is lost is no success.

usage: any_surroundings.py UNMASK MPIRUN
"""

import fcntl
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
import unittest

import harness

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
MPIRUN = pathlib.Path(sys.argv.pop(1)).resolve()


def drain(descriptor):
    try:
        while os.read(descriptor, 4096):
            pass
    except OSError:  # of a terminal whose other end is closed
        pass


class Lab(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(harness.Lab(PROGRAM))
        self.store = self.lab.folder / "store"
        self.study = harness.write_study(self.lab, epochs=1, subjects=4)

    def run_here(self, **options):
        self.lab.run("--store", self.store, "run", self.study, "--workers", "1", "--slots", "1", seconds=120,
                     **options).expect(0)


class AnySurroundings(Lab):
    def test_without_home(self):
        del self.lab.environment["HOME"]
        self.run_here()

    def test_with_hardly_any_environment(self):
        self.lab.environment = {harness.TAG: self.lab.environment[harness.TAG]}
        self.run_here()

    def test_a_relative_folder_for_temporary_files(self):
        (self.lab.folder / "t").mkdir()
        self.lab.environment["TMPDIR"] = "t"
        self.run_here()
        self.assertEqual(list((self.lab.folder / "t").iterdir()), [])

    def test_a_folder_for_temporary_files_that_is_not_there(self):
        self.lab.environment["TMPDIR"] = "/nowhere"
        said = self.lab.run("--store", self.store, "run", self.study).expect(3)
        self.assertIn("cannot make a temporary folder (TMPDIR): No such file or directory (/nowhere)", said.err)

    def test_what_a_killed_run_left_is_cleared_away(self):
        folder = self.lab.folder / "t"
        folder.mkdir()
        self.lab.environment["TMPDIR"] = str(folder)
        process = self.lab.start("--store", self.store, "run", self.study, "--workers", "1")
        harness.wait_until(lambda: list(folder.iterdir()), 60, "its folder")
        process.kill()
        process.wait()
        self.lab.wait_for_silence()
        (left,) = folder.iterdir()
        self.run_here()
        self.assertEqual(list(folder.iterdir()), [left], "it may be just being made")
        os.utime(left, (0, 0))
        self.run_here()
        self.assertEqual(list(folder.iterdir()), [])

    def test_whose_folder_is_cleared_away_meanwhile(self):
        folder = self.lab.folder / "t"
        folder.mkdir()
        self.lab.environment["TMPDIR"] = str(folder)
        study = harness.write_study(self.lab, epochs=300, subjects=4)
        process = self.lab.start("--store", self.store, "run", study, "--workers", "1")
        harness.wait_until(lambda: "trainer" in {role for _, role in self.lab.processes()}, 60, "a trainer")
        for run in folder.iterdir():
            shutil.rmtree(run)
        self.lab.finish(process, 120).expect(0)

    def test_in_a_slurm_allocation_of_another_host(self):
        self.lab.environment.update({
            "SLURM_JOBID": "5", "SLURM_JOB_ID": "5", "SLURM_NODELIST": "elsewhere", "SLURM_JOB_NODELIST": "elsewhere",
            "SLURM_TASKS_PER_NODE": "1", "SLURM_JOB_NUM_NODES": "1", "SLURM_NNODES": "1"})
        self.run_here()

    def test_as_the_only_rank_of_a_launcher(self):
        """`mpirun -n 1`; a shell within `srun --pty`, whose server may be gone."""
        process = self.lab.start("--store", self.store, "run", self.study, "--workers", "1", wrapper=[
            MPIRUN, "--allow-run-as-root", "-n", "1"])
        self.lab.finish(process, 120).expect(0)
        self.lab.environment.update({
            "PMIX_RANK": "0", "PMIX_NAMESPACE": "slurm.pmix.1.0", "PMIX_SERVER_URI41": "gone", "SLURM_STEP_NUM_TASKS": "1"})
        self.store = self.lab.folder / "other"
        self.run_here()

    def test_on_a_terminal_that_stops_who_writes_in_the_background(self):
        """`stty tostop`: mpirun is in the background."""
        controller, terminal = pty.openpty()
        modes = termios.tcgetattr(terminal)
        modes[3] |= termios.TOSTOP
        termios.tcsetattr(terminal, termios.TCSANOW, modes)

        def take():
            os.setsid()
            fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

        process = subprocess.Popen([PROGRAM, "--store", self.store, "run", self.study, "--workers", "1"], stdin=terminal,
                                   stdout=terminal, stderr=terminal, preexec_fn=take, cwd=self.lab.folder,
                                   env=self.lab.environment)
        os.close(terminal)
        threading.Thread(target=drain, args=(controller,), daemon=True).start()
        self.assertEqual(process.wait(60), 0)

    def test_with_a_hostfile_of_the_site(self):
        hosts = self.lab.write("hosts", "elsewhere\n")
        self.lab.environment["PRTE_MCA_prte_default_hostfile"] = str(hosts)
        self.run_here()

    def test_where_the_end_of_children_is_ignored(self):
        ignored = {"preexec_fn": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)}
        self.run_here(**ignored)
        begin = time.monotonic()
        self.lab.run("--store", self.store, "verify", "--jobs", "1", **ignored).expect(0)
        self.assertLess(time.monotonic() - begin, 9, "the trainer that has ended is waited for")
        asked = self.lab.run("--store", self.store, "run", self.study, "train.device=cuda", **ignored)
        self.assertTrue(asked.code == 0 or harness.ERROR_LINE.match(asked.err), asked)


class Slots(Lab):
    """Under one's own mpirun: as many as the cores that a worker may use, and no more than its share of the host's."""

    def slots(self, ranks, *binding, cores=None):
        store = self.lab.folder / f"{ranks}{len(binding)}"
        wrapper = [MPIRUN, "--allow-run-as-root", "--oversubscribe", *binding, "-n", str(ranks)]
        bind = (lambda: os.sched_setaffinity(0, cores)) if cores else None
        process = self.lab.start("--store", store, "run", self.study, wrapper=wrapper, preexec_fn=bind)
        self.lab.finish(process, 120).expect(0)
        return [slots for (slots,) in harness.rows(store, "SELECT slots FROM worker")]

    def test_all_cores_are_shared(self):
        cores = len(os.sched_getaffinity(0))
        self.assertEqual(self.slots(2, "--bind-to", "none"), [cores])
        self.assertEqual(self.slots(3, "--bind-to", "none"), [max(1, cores // 2)] * 2)

    def test_bound_to_one(self):
        self.assertEqual(self.slots(2, "--bind-to", "core"), [1])
        one = {next(iter(os.sched_getaffinity(0)))}
        self.assertEqual(self.slots(3, "--bind-to", "none", cores=one), [1, 1])


class LostCoordinator(Lab):
    def test_is_no_success(self):
        """A fault-tolerant mpirun whose ranks all died of signals says that all went well."""
        study = harness.write_study(self.lab, epochs=100_000, subjects=4)
        process = self.lab.start("--store", self.store, "run", study, wrapper=[
            MPIRUN, "--allow-run-as-root", "--with-ft", "ulfm", "--bind-to", "none", "--oversubscribe", "-n", "2"])
        roles = harness.wait_until(lambda: (found := {role: pid for pid, role in self.lab.processes()})
                                   and {"coordinator", "trainer"} <= found.keys() and found, 60, "a trainer")
        os.kill(roles["coordinator"], signal.SIGKILL)
        ended = self.lab.finish(process, 60).expect(75)
        self.assertIn("the coordinator is gone", ended.err)
        self.lab.wait_for_silence()


class OwnMpirun(Lab):
    """`run --mpirun COMMAND`: where the ranks are is the user's, the exit code and the stop are as without it."""

    def command(self, ranks=3):
        return f"'{MPIRUN}' --allow-run-as-root --with-ft ulfm --bind-to none --oversubscribe -n {ranks}"

    def start(self, study, command):
        return self.lab.start("--store", self.store, "run", study, "--slots", "1", "--mpirun", command)

    def begin_long(self, command):
        process = self.start(harness.write_study(self.lab, epochs=100_000, subjects=4), command)
        started = "SELECT 1 FROM attempts WHERE first_epoch IS NOT NULL"
        harness.wait_until(lambda: harness.rows_so_far(self.store, started), 60, "a job that trains")
        return process, {role: pid for pid, role in self.lab.processes()}

    def test_runs_to_the_end(self):
        ended = self.lab.finish(self.start(self.study, self.command()), 120).expect(0)
        self.assertIn(" 2 workers", ended.err)
        self.lab.finish(self.start(self.study, self.command()), 120).expect(0)

    def test_a_failure_of_the_coordinator_is_handed_on(self):
        self.lab.finish(self.start("missing.yaml", self.command()), 60).expect_error(2, "missing.yaml")

    def test_stops_gracefully(self):
        process, _ = self.begin_long(self.command(2))
        process.send_signal(signal.SIGINT)
        ended = self.lab.finish(process, 60).expect(75)
        self.assertIn("stopped: the same command goes on from here", ended.err)
        self.assertEqual(harness.rows(self.store, "SELECT DISTINCT outcome FROM attempts"), [("yielded",)])

    def test_an_mpirun_that_says_all_went_well_is_not_believed(self):
        """Open MPI 5, where the daemon of a host is gone: it ends the ranks and returns 0."""
        loses = self.lab.write("loses", f"#!/bin/sh\n{self.command(2)} \"$@\"\nexit 0\n")
        loses.chmod(0o755)
        process, roles = self.begin_long(f"'{loses}'")
        os.kill(roles["coordinator"], signal.SIGKILL)
        ended = self.lab.finish(process, 60).expect(75)
        self.assertIn("the coordinator ended before its work was done", ended.err)
        self.lab.wait_for_silence()

    def test_what_starts_no_ranks_is_said(self):
        self.lab.finish(self.start(self.study, "env"), 60).expect_error(2, "--mpirun")
        self.assertIn("not found", self.lab.finish(self.start(self.study, "no-such-mpirun"), 60).expect(2).err)
        self.lab.finish(self.start(self.study, self.command(1)), 60).expect_error(2, "--mpirun")


class Output(Lab):
    def unmask(self, *arguments, stdout):
        return subprocess.run([PROGRAM, "--store", self.store, *arguments], stdout=stdout, stderr=subprocess.PIPE,
                              text=True, env=self.lab.environment, cwd=self.lab.folder, check=False)

    def test_a_full_disk(self):
        self.run_here()
        for arguments in (["tables"], ["status"], ["plan", str(self.study)], ["query", "SELECT * FROM jobs"], ["--help"]):
            with self.subTest(arguments=arguments), open("/dev/full", "w", encoding="utf-8") as full:
                ended = self.unmask(*arguments, stdout=full)
                self.assertEqual(ended.returncode, 3, ended)
                self.assertRegex(ended.stderr.strip(), harness.ERROR_LINE)

    def test_a_failure_keeps_its_exit_code_where_it_cannot_be_said(self):
        for stream in ("2>&-", "2>/dev/full"):
            ended = subprocess.run(["sh", "-c", f'"$0" --bogus {stream}', PROGRAM], env=self.lab.environment, check=False)
            self.assertEqual(ended.returncode, 2, stream)

    def test_closed(self):
        self.run_here()
        ended = subprocess.run(["sh", "-c", '"$0" --store "$1" tables >&-', PROGRAM, self.store], text=True,
                               stderr=subprocess.PIPE, env=self.lab.environment, check=False)
        self.assertEqual(ended.returncode, 3, ended)

    def test_what_is_no_file_is_written_to(self):
        self.run_here()
        os.mkfifo(self.lab.folder / "pipe")
        with open(self.lab.folder / "read", "wb") as read:
            reader = subprocess.Popen(["cat", self.lab.folder / "pipe"], stdout=read, env=self.lab.environment)
        ended = self.unmask("export", "--format", "json", "--out", str(self.lab.folder / "pipe"), stdout=subprocess.PIPE)
        self.assertEqual(ended.returncode, 0, ended)
        self.assertEqual(reader.wait(60), 0)
        self.assertIn('"views"', self.lab.read("read"))
        self.assertTrue((self.lab.folder / "pipe").is_fifo())


if __name__ == "__main__":
    print(f"program: {PROGRAM}", flush=True)
    unittest.main(verbosity=2)
