CREATE VIEW sweeps AS
SELECT
  sweep.sweep,
  sweep.config_sha256,
  sweep.created_at,
  count(job.id) AS jobs,
  coalesce(sum(job.state = 'done'), 0) AS done,
  coalesce(sum(job.state = 'failed'), 0) AS failed,
  coalesce(sum(job.state = 'quarantined'), 0) AS quarantined,
  sweep.name
FROM sweep
LEFT JOIN sweep_job ON sweep_job.sweep_id = sweep.id
LEFT JOIN job ON job.id = sweep_job.job_id
  AND NOT (job.kind = 'features' AND job.state = 'queued' AND job.attempts = 0)
GROUP BY sweep.id;
