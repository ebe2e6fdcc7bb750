CREATE VIEW checkpoints AS
SELECT
  job.job_key,
  checkpoint.attempt,
  checkpoint.epoch,
  checkpoint.sha256,
  checkpoint.bytes,
  checkpoint.numerics_class
FROM checkpoint
JOIN job ON job.id = checkpoint.job_id;
