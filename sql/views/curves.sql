CREATE VIEW curves AS
SELECT
  job.job_key,
  json_extract(series.value, '$.first') + epoch.key AS epoch,
  json_extract(series.value, '$.split') AS split,
  json_extract(series.value, '$.task') AS task,
  json_extract(epoch.value, '$[0]') AS loss,
  json_extract(epoch.value, '$[1]') AS accuracy
FROM curve
JOIN job ON job.id = curve.job_id
JOIN json_each(curve.series) AS series
JOIN json_each(series.value, '$.points') AS epoch;
