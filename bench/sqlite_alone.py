"""What a finished sweep's rows cost SQLite alone: copied by SQL into a store like it, with no program around it."""

import contextlib
import sqlite3
import time

BATCH = 2000  # jobs in a commit
# Columns of an attempt at its lease and at its end, and of a cell that is complete.
LEASED = "job_id, attempt, worker_id, started_at"
ENDED = ("first_epoch, ended_at, outcome, message, seconds, epochs, best_epoch, held_out_hsic, stream_cosine, images_forwarded,"
         " weights_sha256")
METRICS = "k, n, accuracy, wilson_low, wilson_high, macro_f1, weighted_f1, uar, fold_mean_accuracy"


def seconds(source, copy):
    """To register the jobs of the store `source`, and to record leases, ends and answers. One sweep, its jobs in the order of its points."""
    for file in copy.parent.glob(copy.name + "*"):
        file.unlink()
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as db:
        make_like(db, source)
        begin = time.monotonic()
        register(db)
        registered = time.monotonic()
        record(db)
        recorded = time.monotonic()
        complete, = db.execute("SELECT count(*) = count(k) FROM main.cell").fetchone()
        assert complete, "the copy lacks rows"
        return registered - begin, recorded - registered


def make_like(db, source):
    for pragma in ("page_size = 8192", "cache_size = -65536", "journal_mode = WAL", "synchronous = EXTRA"):  # as sql/results_store.cc
        db.execute("PRAGMA " + pragma)
    db.execute("ATTACH ? AS done", (str(source),))
    tables = "SELECT sql FROM done.sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
    for (sql,) in db.execute(tables).fetchall():
        db.execute(sql)


def register(db):
    with transaction(db):
        for table in ("planned_job", "spec", "sweep_job", "point", "fold_use"):
            # With a condition: without one SQLite copies pages, not rows.
            db.execute(f"INSERT INTO main.{table} SELECT * FROM done.{table} WHERE true")
        db.execute("INSERT INTO main.cell (point_id, task) SELECT point_id, task FROM done.cell")


def record(db):
    jobs, points = (db.execute(f"SELECT max(id) FROM main.{table}").fetchone()[0] for table in ("planned_job", "point"))
    for before in range(0, jobs, BATCH):
        batch = (before + 1, before + BATCH)
        with transaction(db):
            db.execute(f"INSERT INTO main.attempt ({LEASED}) SELECT {LEASED} FROM done.attempt WHERE job_id BETWEEN ? AND ?", batch)
        with transaction(db):
            db.execute(f"UPDATE main.attempt SET ({ENDED}) = (SELECT {ENDED} FROM done.attempt AS d WHERE d.job_id = attempt.job_id"
                       " AND d.attempt = attempt.attempt) WHERE job_id BETWEEN ? AND ?", batch)
            db.execute("INSERT INTO main.answer SELECT * FROM done.answer WHERE job_id BETWEEN ? AND ?", batch)
            db.execute(f"UPDATE main.cell SET ({METRICS}) = (SELECT {METRICS} FROM done.cell AS d WHERE d.point_id = cell.point_id"
                       " AND d.task = cell.task) WHERE point_id > ? AND point_id <= ?",
                       (before * points // jobs, (before + BATCH) * points // jobs))


@contextlib.contextmanager
def transaction(db):
    db.execute("BEGIN IMMEDIATE")
    yield
    db.execute("COMMIT")
