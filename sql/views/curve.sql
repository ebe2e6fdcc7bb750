-- For the other views and our own readers, not public. Up to version 1 of the store it was a table of these
-- columns.
CREATE VIEW curve AS
SELECT answer.job_id, answer.series
FROM answer;
