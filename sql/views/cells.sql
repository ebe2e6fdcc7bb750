CREATE VIEW cells AS
SELECT
  sweep.sweep,
  point.experiment,
  point.alpha,
  point.beta,
  point.hsic,
  point.point,
  point.validation,
  point.seed,
  cell.task,
  (
    SELECT count(*)
    FROM fold_use
    JOIN job ON job.id = fold_use.job_id
    WHERE fold_use.point_id = point.id AND job.state = 'done'
  ) AS folds_done,
  (SELECT count(*) FROM fold_use WHERE fold_use.point_id = point.id) AS folds_total,
  cell.k,
  cell.n,
  cell.accuracy,
  cell.wilson_low,
  cell.wilson_high,
  cell.macro_f1,
  cell.weighted_f1,
  cell.uar,
  cell.fold_mean_accuracy,
  point.validation = 'leaky' AS leaky,
  cell.macro_f1 AS uf1  -- MEGC's name: over all folds every class is the truth somewhere
FROM cell
JOIN point ON point.id = cell.point_id
JOIN sweep ON sweep.id = point.sweep_id;
