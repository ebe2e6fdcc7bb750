-- A series is taken apart once, not for each of its epochs: what an epoch is joined with are rows of json_each,
-- not functions of the part. No subquery: joined with a few jobs the view reads these alone.
CREATE VIEW curves AS
SELECT
  job.job_key,
  first.value + epoch.key AS epoch,
  split.value AS split,
  task.value AS task,
  json_extract(epoch.value, '$[0]') + 0.0 AS loss,  -- a whole number is written like an integer
  json_extract(epoch.value, '$[1]') + 0.0 AS accuracy
FROM curve
JOIN job ON job.id = curve.job_id
JOIN json_each(curve.series) AS part
CROSS JOIN json_each(part.value, '$.first') AS first
CROSS JOIN json_each(part.value, '$.split') AS split
CROSS JOIN json_each(part.value, '$.task') AS task
CROSS JOIN json_each(part.value, '$.points') AS epoch;
