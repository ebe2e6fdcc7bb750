CREATE VIEW attempts AS
SELECT
  job.job_key,
  attempt.attempt,
  worker.epoch AS coordinator_epoch,
  worker.worker,
  worker.host,
  worker.device,
  worker.numerics_class,
  attempt.first_epoch,
  attempt.started_at,
  attempt.ended_at,
  attempt.outcome,
  attempt.error_class,
  attempt.message
FROM attempt
JOIN job ON job.id = attempt.job_id
JOIN worker ON worker.id = attempt.worker_id;
