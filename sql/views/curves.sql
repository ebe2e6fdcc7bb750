-- A series is taken apart once, not for each of its epochs: DISTINCT keeps the subquery whole.
CREATE VIEW curves AS
SELECT
  series.job_key,
  series.first + epoch.key AS epoch,
  series.split,
  series.task,
  json_extract(epoch.value, '$[0]') AS loss,
  json_extract(epoch.value, '$[1]') AS accuracy
FROM (
  SELECT DISTINCT
    job.job_key,
    json_extract(part.value, '$.first') AS first,
    json_extract(part.value, '$.split') AS split,
    json_extract(part.value, '$.task') AS task,
    json_extract(part.value, '$.points') AS points
  FROM curve
  JOIN job ON job.id = curve.job_id
  JOIN json_each(curve.series) AS part
) AS series
JOIN json_each(series.points) AS epoch;
