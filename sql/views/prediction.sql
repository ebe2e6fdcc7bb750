-- For the other views and our own readers, not public: one row a job and task. Up to version 1 of the store it
-- was a table of these columns.
CREATE VIEW prediction AS
SELECT
  answer.job_id,
  task.task,
  CASE task.task WHEN 'ter' THEN answer.ter_fold ELSE answer.der_fold END AS fold_id,
  CASE task.task WHEN 'ter' THEN answer.ter_confusion ELSE answer.der_confusion END AS confusion,
  CASE task.task WHEN 'ter' THEN answer.ter_predicted ELSE answer.der_predicted END AS predicted,
  CASE task.task WHEN 'ter' THEN answer.ter_logits ELSE answer.der_logits END AS logits
FROM answer
JOIN task ON CASE task.task WHEN 'ter' THEN answer.ter_fold ELSE answer.der_fold END IS NOT NULL;
