-- Tables are internal: users read the views (sql/views). Names are singular, the views' are plural.
-- Nothing here needs more than SQLite 3.26 to be read: no STRICT, no generated columns.
-- Long texts stand last in their rows, so that reading the short columns touches no overflow page.

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value NOT NULL  -- 'epoch': the coordinator epoch, an integer; 'views': SHA-256 of the views
) WITHOUT ROWID;

CREATE TABLE sweep (
  id INTEGER PRIMARY KEY,
  sweep TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  config_sha256 TEXT NOT NULL,
  created_at TEXT NOT NULL,
  config_json TEXT NOT NULL,
  tables_json TEXT NOT NULL
);

-- Provenance: which coordinator ran which sweep, with what.
CREATE TABLE run (
  epoch INTEGER NOT NULL,
  sweep_id INTEGER NOT NULL REFERENCES sweep (id),
  started_at TEXT NOT NULL,
  build TEXT NOT NULL,
  provenance_json TEXT NOT NULL,
  PRIMARY KEY (epoch, sweep_id)
) WITHOUT ROWID;

-- A job is its content (job_key): sweeps share it.
CREATE TABLE job (
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
    CHECK (state IN ('queued', 'running', 'done', 'failed', 'quarantined')),
  attempts INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0,  -- since the newest checkpoint
  losses INTEGER NOT NULL DEFAULT 0,   -- without progress
  alone INTEGER NOT NULL DEFAULT 0,    -- to be rerun without neighbours
  seconds REAL,
  epochs INTEGER,
  best_epoch INTEGER,
  held_out_hsic REAL,
  stream_cosine REAL,
  images_forwarded INTEGER,
  weights_sha256 TEXT,
  error TEXT
);
CREATE INDEX job_running ON job (id) WHERE state = 'running';
CREATE INDEX job_weights ON job (weights_sha256) WHERE weights_sha256 IS NOT NULL;

CREATE TABLE spec (
  job_id INTEGER PRIMARY KEY REFERENCES job (id),
  spec TEXT NOT NULL  -- canonical JSON, what job_key is the SHA-256 of
);

CREATE TABLE sweep_job (
  sweep_id INTEGER NOT NULL REFERENCES sweep (id),
  job_id INTEGER NOT NULL REFERENCES job (id),
  position INTEGER NOT NULL,  -- the plan's order
  PRIMARY KEY (sweep_id, job_id)
) WITHOUT ROWID;

-- One grid point of one experiment at one seed: all its folds together.
CREATE TABLE point (
  id INTEGER PRIMARY KEY,
  sweep_id INTEGER NOT NULL REFERENCES sweep (id),
  experiment TEXT NOT NULL,
  point TEXT NOT NULL,
  seed INTEGER NOT NULL,
  alpha REAL,
  beta REAL,
  hsic TEXT,
  validation TEXT NOT NULL,
  UNIQUE (sweep_id, experiment, point, seed)
);

-- A fold of a point, and the job that answers it.
CREATE TABLE fold_use (
  point_id INTEGER NOT NULL REFERENCES point (id),
  job_id INTEGER NOT NULL REFERENCES job (id),
  PRIMARY KEY (point_id, job_id)
) WITHOUT ROWID;
CREATE INDEX fold_use_by_job ON fold_use (job_id);

-- Metrics are NULL until all folds are done, and never change afterwards.
CREATE TABLE cell (
  point_id INTEGER NOT NULL REFERENCES point (id),
  task TEXT NOT NULL,
  k INTEGER,
  n INTEGER,
  accuracy REAL,
  wilson_low REAL,
  wilson_high REAL,
  macro_f1 REAL,
  weighted_f1 REAL,
  uar REAL,
  fold_mean_accuracy REAL,
  PRIMARY KEY (point_id, task)
) WITHOUT ROWID;

CREATE TABLE worker (
  id INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  worker INTEGER NOT NULL,
  host TEXT NOT NULL,
  device TEXT NOT NULL,
  numerics_class TEXT NOT NULL,
  slots INTEGER NOT NULL,
  UNIQUE (epoch, worker, host, device, numerics_class, slots)
);

CREATE TABLE attempt (
  job_id INTEGER NOT NULL REFERENCES job (id),
  attempt INTEGER NOT NULL,
  worker_id INTEGER NOT NULL REFERENCES worker (id),
  first_epoch INTEGER,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  outcome TEXT,  -- NULL while it runs; done, failed, lost, yielded
  error_class TEXT,
  message TEXT,
  PRIMARY KEY (job_id, attempt)
) WITHOUT ROWID;
CREATE INDEX attempt_running ON attempt (job_id, attempt) WHERE outcome IS NULL;

-- What a held-out fold consists of. Every grid point repeats it, so it is stored once, by content.
CREATE TABLE fold (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE,
  classes TEXT NOT NULL,  -- JSON array of names
  samples TEXT NOT NULL,  -- JSON array of names
  labels TEXT NOT NULL    -- JSON array of indices into classes
);

-- Packed: one row a job and task. Logits are float32 in shortest round-trip form.
CREATE TABLE prediction (
  job_id INTEGER NOT NULL REFERENCES job (id),
  task TEXT NOT NULL,
  fold_id INTEGER NOT NULL REFERENCES fold (id),
  confusion TEXT NOT NULL,  -- JSON array, [classes x classes] row-major: label, predicted
  predicted TEXT NOT NULL,  -- JSON array of indices into classes
  logits TEXT NOT NULL,     -- JSON array of arrays, [clips][classes]
  PRIMARY KEY (job_id, task)
);

-- Packed: [{"split","task","first","points":[[loss, accuracy],...]},...], epochs from `first` on.
CREATE TABLE curve (
  job_id INTEGER PRIMARY KEY REFERENCES job (id),
  series TEXT NOT NULL
);

-- The newest two of every live job; a higher id is newer.
CREATE TABLE checkpoint (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL REFERENCES job (id),
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  numerics_class TEXT NOT NULL,
  UNIQUE (job_id, sha256)
);
CREATE INDEX checkpoint_sha256 ON checkpoint (sha256);

INSERT INTO meta (key, value) VALUES ('epoch', 0);
