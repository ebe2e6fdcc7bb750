#!/usr/bin/env python3
"""The dashboard and `status --watch` beside a real sweep: what is refused, what is shown, and how it ends.

usage: live_views.py UNMASK
"""

import json
import os
import pty
import re
import select
import signal
import socket
import sys
import urllib.request

import harness

ADDRESS = re.compile(r"unmask: dashboard: http://127\.0\.0\.1:(\d+)/\?token=([0-9a-f]{32})\n")


def start(lab, study, store, *arguments):
    """The running sweep, and where its dashboard is."""
    process = lab.start("--store", store, "run", "--dashboard", study, "--workers", "2", "--slots", "1", *arguments)
    said = harness.wait_until(lambda: ADDRESS.search(lab.read(f"{process.number}.err")), 60, "the dashboard's address")
    return process, int(said[1]), said[2]


def ask(port, text):
    """What comes back for these bytes, until the other end closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(text)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def request(method, target, host, *fields):
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *fields, "", ""]).encode()


def check_refusals(port, token):
    host, good = f"127.0.0.1:{port}", f"/api/sweep?token={token}"
    wrong = [("/api/sweep", host, ()), ("/api/sweep?token=0", host, ()), (f"/?token={token[:-1]}", host, ()),
             (good, "example.com", ()), (good, f"127.0.0.1:{port + 1}", ()), (good, host, ("Origin: http://example.com",)),
             (good, host, ("Origin: null",))]
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT"):
        for target, name, fields in wrong:
            answer = ask(port, request(method, target, name, *fields))
            assert answer.startswith(b"HTTP/1.1 4"), (method, target, name, fields, answer[:80])
            assert b"Access-Control" not in answer
        answer = ask(port, request(method, good, host))
        expected = b"HTTP/1.1 200" if method in ("GET", "HEAD") else b"HTTP/1.1 405"
        assert answer.startswith(expected), (method, answer[:80])
    assert ask(port, request("GET", good, host, "X: " + "x" * 20000)).startswith(b"HTTP/1.1 431")
    outside = socket.socket()
    outside.settimeout(1)
    assert outside.connect_ex(("127.0.0.2", port)), "listens on 127.0.0.1 alone"
    outside.close()


def read_events(port, token):
    """(name, data) of every event until the server ends the stream."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/events?token={token}", timeout=120) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        name = None
        for line in stream:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, json.loads(value)


def check_dashboard(lab, study):
    store = lab.folder / "dashboard"
    process, port, token = start(lab, study, store)
    check_refusals(port, token)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics?token={token}", timeout=30) as answer:
        assert b'unmask_jobs{sweep="' in answer.read()
    seen = []
    for name, sweep in read_events(port, token):
        seen.append((name, sweep))
        # Again where the first was between two jobs: then nothing was lost with it.
        if sweep["jobs"]["done"] >= 2 and sweep["jobs"]["running"] and not sweep["failed_attempts"]:
            for pid, role in lab.processes():
                if role == "trainer":
                    os.kill(pid, signal.SIGKILL)
                    break
    lab.finish(process).expect(0)
    harness.check_whole(store)
    name, end = seen[-1]
    assert name == "end" and end["phase"] == "finished", (name, end["phase"])
    assert end["jobs"]["done"] == end["jobs"]["total"] and all(point["complete"] for point in end["points"])
    assert end["failed_attempts"].get("killed", 0) >= 1, f"no trainer was killed in time: {end['failed_attempts']}"
    assert any(0 < sweep["jobs"]["done"] < sweep["jobs"]["total"] for _, sweep in seen), "it never filled in"
    # What was shown at the end is what the store says.
    cells = {(e, p, t): (k, n) for e, p, t, k, n in harness.rows(store, "SELECT experiment, point, task, k, n FROM cells "
                                                                        "WHERE seed = 0")}
    for point in (point for point in end["points"] if point["seed"] == 0):
        for score in point["scores"]:
            assert cells[point["experiment"], point["point"], score["task"]] == (score["k"], score["n"]), point
    print(f"dashboard: {len(seen)} events, the loss of a trainer among them")


def check_port(lab, study):
    """A port that is taken is said, and nothing is trained."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = lab.run("--store", lab.folder / "taken", "run", study, "--dashboard", str(port), "--workers", "1")
    ended.expect(2)
    assert f"port {port}" in ended.err, ended
    lab.run("run", study, "--dashboard=99999").expect_error(2, "--dashboard")


def watch(lab, store, stop):
    """What `status --watch` writes to a terminal until it ends; `stop` presses Ctrl-C after the first screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(lab.program, [str(lab.program), "--store", str(store), "status", "--watch"],
                  {**lab.environment, "TERM": "xterm", "LC_ALL": "C.UTF-8"})
    written = b""
    while select.select([terminal], [], [], 60)[0]:
        try:
            written += os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if stop and b"queued" in written:
            os.write(terminal, b"\x03")
            stop = False
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code == 0, (code, written)
    return written.decode()


def check_watch(lab, study):
    store = lab.folder / "watched"
    process, _, _ = start(lab, study, store)
    harness.wait_until(lambda: harness.rows_so_far(store, "SELECT 1 FROM jobs LIMIT 1"), 60, "the sweep's jobs")
    stopped = watch(lab, store, stop=True)
    assert "small-" in stopped and "\x1b[3" not in stopped, "NO_COLOR is set"
    assert not re.search(r"\x1b\[\?", stopped), "modes of the terminal are left alone"
    assert process.poll() is None, "watching stops, and not what is watched"
    plain = lab.start("--store", store, "status", "--watch")
    whole = watch(lab, store, stop=False)
    assert "finished" in whole, whole[-500:]
    lab.finish(process).expect(0)
    lines = lab.finish(plain, 30).expect(0).out.splitlines()
    assert lines[-1].endswith("; finished") and "\x1b" not in "".join(lines), lines
    print(f"watch: {whole.count('jobs/s')} screens, {len(lines)} plain lines")


def main():
    with harness.Lab(sys.argv[1]) as lab:
        study = harness.write_study(lab, epochs=400)
        check_dashboard(lab, study)
        check_port(lab, study)
        check_watch(lab, study)


main()
