-- Unpacks one row a clip. `clip.key` is the clip's place in the fold, `clip.value` its logits: joined, since
-- SQLite keeps four parsed texts, and json_extract of each clip's would drive out the fold's.
CREATE VIEW predictions AS
SELECT
  sweep.sweep,
  point.experiment,
  job.job_key,
  point.alpha,
  point.beta,
  point.seed,
  json_extract(fold.samples, '$[' || clip.key || ']') AS sample,
  job.held_out AS subject,
  prediction.task,
  json_extract(
    fold.classes, '$[' || json_extract(fold.labels, '$[' || clip.key || ']') || ']'
  ) AS label,
  json_extract(
    fold.classes, '$[' || json_extract(prediction.predicted, '$[' || clip.key || ']') || ']'
  ) AS predicted,
  (
    SELECT json_group_object(class.value, logit.value)
    FROM json_each(fold.classes) AS class
    JOIN json_each(clip.value) AS logit ON logit.key = class.key
  ) AS logits,
  point.point
FROM sweep
JOIN point ON point.sweep_id = sweep.id
JOIN fold_use ON fold_use.point_id = point.id
JOIN job ON job.id = fold_use.job_id
JOIN prediction ON prediction.job_id = job.id
JOIN fold ON fold.id = prediction.fold_id
JOIN json_each(prediction.logits) AS clip;
