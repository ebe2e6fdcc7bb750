-- One row for each use of a job; a job that no experiment names (feature jobs) has one row a sweep.
-- A feature job has none while it is queued, tried before or not: where no training calls for it, it
-- is never made.
CREATE VIEW jobs AS
SELECT
  sweep.sweep,
  point.experiment,
  job.job_key,
  job.kind,
  job.model,
  job.task,
  job.features,
  job.engine,
  point.alpha,
  point.beta,
  point.hsic,
  point.point,
  point.validation,
  job.seed,
  job.held_out,
  job.state,
  job.attempts,
  job.seconds,
  job.epochs,
  job.best_epoch,
  job.held_out_hsic,
  job.stream_cosine,
  job.images_forwarded,
  job.error,
  CASE WHEN job.kind = 'train' THEN job.weights_sha256 END AS weights_sha256  -- else what a feature job made
FROM sweep
JOIN point ON point.sweep_id = sweep.id
JOIN fold_use ON fold_use.point_id = point.id
JOIN job ON job.id = fold_use.job_id
UNION ALL
SELECT
  sweep.sweep,
  NULL,
  job.job_key,
  job.kind,
  nullif(job.model, ''),
  job.task,
  job.features,
  nullif(job.engine, ''),
  NULL,
  NULL,
  NULL,
  NULL,
  NULL,
  job.seed,
  nullif(job.held_out, ''),
  job.state,
  job.attempts,
  job.seconds,
  NULL,
  NULL,
  job.held_out_hsic,
  job.stream_cosine,
  job.images_forwarded,
  job.error,
  CASE WHEN job.kind = 'train' THEN job.weights_sha256 END
FROM sweep
JOIN sweep_job ON sweep_job.sweep_id = sweep.id
JOIN job ON job.id = sweep_job.job_id
WHERE NOT EXISTS (
  SELECT 1
  FROM fold_use
  JOIN point ON point.id = fold_use.point_id
  WHERE fold_use.job_id = job.id AND point.sweep_id = sweep.id
)
AND NOT (job.kind = 'features' AND job.state = 'queued');
