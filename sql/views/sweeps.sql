CREATE VIEW sweeps AS
SELECT
  sweep.sweep,
  sweep.config_sha256,
  sweep.created_at,
  coalesce(counted.jobs, 0) AS jobs,
  coalesce(counted.done, 0) AS done,
  coalesce(counted.failed, 0) AS failed,
  coalesce(counted.quarantined, 0) AS quarantined,
  sweep.name,
  sweep.id AS number  -- in the order they came, whatever the clocks of their hosts said
FROM sweep
LEFT JOIN (
  SELECT
    sweep_job.sweep_id,
    count(*) AS jobs,
    sum(job.state = 'done') AS done,
    sum(job.state = 'failed') AS failed,
    sum(job.state = 'quarantined') AS quarantined
  FROM sweep_job
  JOIN job ON job.id = sweep_job.job_id
  WHERE NOT (job.kind = 'features' AND job.state = 'queued')
  GROUP BY sweep_job.sweep_id
) AS counted ON counted.sweep_id = sweep.id;
