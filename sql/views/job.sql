-- For the other views and our own readers, not public: a job with what the attempt that runs or has
-- answered it makes of it. Up to version 1 of the store it was a table of these columns.
CREATE VIEW job AS
SELECT
  planned_job.id,
  planned_job.job_key,
  planned_job.kind,
  planned_job.model,
  planned_job.task,
  planned_job.features,
  planned_job.engine,
  planned_job.seed,
  planned_job.held_out,
  CASE
    WHEN newest.job_id IS NULL THEN planned_job.state
    WHEN newest.outcome IS NULL THEN 'running'
    ELSE 'done'
  END AS state,
  coalesce(newest.attempt, planned_job.attempts) AS attempts,
  planned_job.crashes,
  planned_job.losses,
  planned_job.alone,
  newest.seconds,
  newest.epochs,
  newest.best_epoch,
  newest.held_out_hsic,
  newest.stream_cosine,
  newest.images_forwarded,
  newest.weights_sha256,
  planned_job.error
FROM planned_job
LEFT JOIN attempt AS newest ON newest.job_id = planned_job.id
  AND newest.attempt > planned_job.attempts;
