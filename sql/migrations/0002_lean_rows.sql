-- A job that runs and ends as it should costs three rows written: its attempt at the lease, the same at the
-- end, and its answer. What it is then (running, done, how often tried) follows from its newest attempt, and
-- the view `job` says it. Foreign keys are named for readers and tests (PRAGMA foreign_key_check); the one
-- writer knows its rows, and SQLite does not look each of them up again.

-- They name what is about to change, and are made anew at the end.
DROP VIEW IF EXISTS attempts;
DROP VIEW IF EXISTS cells;
DROP VIEW IF EXISTS checkpoints;
DROP VIEW IF EXISTS curves;
DROP VIEW IF EXISTS jobs;
DROP VIEW IF EXISTS predictions;
DROP VIEW IF EXISTS sweeps;
DELETE FROM meta WHERE key = 'views';

-- What a result says in figures stands with the attempt that brought it.
ALTER TABLE attempt ADD COLUMN seconds REAL;
ALTER TABLE attempt ADD COLUMN epochs INTEGER;
ALTER TABLE attempt ADD COLUMN best_epoch INTEGER;
ALTER TABLE attempt ADD COLUMN held_out_hsic REAL;
ALTER TABLE attempt ADD COLUMN stream_cosine REAL;
ALTER TABLE attempt ADD COLUMN images_forwarded INTEGER;
ALTER TABLE attempt ADD COLUMN weights_sha256 TEXT;
UPDATE attempt SET (seconds, epochs, best_epoch, held_out_hsic, stream_cosine, images_forwarded,
                    weights_sha256) =
  (SELECT seconds, epochs, best_epoch, held_out_hsic, stream_cosine, images_forwarded,
          weights_sha256 FROM job WHERE job.id = attempt.job_id)
WHERE outcome = 'done';
CREATE INDEX attempt_weights ON attempt (weights_sha256) WHERE weights_sha256 IS NOT NULL;

-- What it says in long texts: predictions of both tasks, and curves, in one row a job. The columns are those
-- of the tables `prediction` and `curve` before, which are views now.
CREATE TABLE answer (
  job_id INTEGER PRIMARY KEY REFERENCES job (id),
  ter_fold INTEGER REFERENCES fold (id),  -- NULL: the job does not learn the task
  ter_confusion TEXT,  -- JSON array, [classes x classes] row-major: label, predicted
  der_fold INTEGER REFERENCES fold (id),
  der_confusion TEXT,
  ter_predicted TEXT,  -- JSON array of indices into classes
  ter_logits TEXT,     -- JSON array of arrays, [clips][classes]
  der_predicted TEXT,
  der_logits TEXT,
  series TEXT NOT NULL  -- [{"split","task","first","points":[[loss, accuracy],...]},...]
);
INSERT INTO answer
SELECT curve.job_id, ter.fold_id, ter.confusion, der.fold_id, der.confusion, ter.predicted,
       ter.logits, der.predicted, der.logits, curve.series
FROM curve
LEFT JOIN prediction AS ter ON ter.job_id = curve.job_id AND ter.task = 'ter'
LEFT JOIN prediction AS der ON der.job_id = curve.job_id AND der.task = 'der';
DROP TABLE prediction;
DROP TABLE curve;

-- What the view `prediction` has a row for. Without an index: SQLite 3.40 takes a scan of one that is WITHOUT
-- ROWID for sorted downwards where it is not (ORDER BY task DESC behind joins of single rows).
CREATE TABLE task (task TEXT NOT NULL);
INSERT INTO task (task) VALUES ('ter'), ('der');

-- `state` is what a job is while no attempt at it runs or has answered it, `attempts` how many ended before that
-- one: at most one attempt has a higher number. Made anew: SQLite builds a table for an IN of five names, at each
-- row that it checks.
DROP INDEX job_running;
DROP INDEX job_weights;
ALTER TABLE job RENAME TO planned_job;  -- in the references of the other tables too
CREATE TABLE planned_job_new (
  id INTEGER PRIMARY KEY,
  job_key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  model TEXT NOT NULL,
  task TEXT,
  features TEXT NOT NULL,
  engine TEXT NOT NULL,
  seed INTEGER NOT NULL,
  held_out TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued'
    CHECK (state = 'queued' OR state = 'failed' OR state = 'quarantined'),
  attempts INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0,  -- since the newest checkpoint
  losses INTEGER NOT NULL DEFAULT 0,   -- without progress
  alone INTEGER NOT NULL DEFAULT 0,    -- to be rerun without neighbours
  error TEXT
);
INSERT INTO planned_job_new
SELECT id, job_key, kind, model, task, features, engine, seed, held_out,
       CASE WHEN state IN ('running', 'done') THEN 'queued' ELSE state END,
       attempts - (state IN ('running', 'done')), crashes, losses, alone, error
FROM planned_job;
DROP TABLE planned_job;
ALTER TABLE planned_job_new RENAME TO planned_job;
