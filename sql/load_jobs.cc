#include "sql/load_jobs.h"

#include <unordered_map>

#include "sql/rows.h"

namespace unmask {
namespace {

std::unordered_map<std::int64_t, std::string> NumericsClasses(Database& database) {
  std::unordered_map<std::int64_t, std::string> classes;
  for (Rows rows(database, "SELECT id, numerics_class FROM worker"); rows.Next();) {
    classes.emplace(rows.Int(0), rows.Text(1));
  }
  return classes;
}

JobState StateOf(std::string_view planned, const std::optional<std::string>& outcome,
                 bool was_tried) {
  if (was_tried && !outcome) return JobState::kRunning;
  if (outcome == "done") return JobState::kDone;
  return JobStateFromName(planned).value();
}

void ReadCheckpoints(Database& database, LoadedJobs& loaded) {
  std::unordered_map<std::int64_t, std::pair<std::size_t, KnownJob*>> by_id;
  for (auto& [index, known] : loaded.known) by_id.emplace(known.id, std::pair(index, &known));
  for (Rows rows(database,
                 "SELECT job_id, sha256, epoch, bytes, numerics_class FROM checkpoint"
                 " ORDER BY id DESC");
       rows.Next();) {
    const auto job = by_id.find(rows.Int(0));
    if (job == by_id.end()) continue;
    auto& [index, known] = job->second;
    known->has_checkpoints = true;
    loaded.jobs[index].checkpoints.push_back(
        {rows.Text(1), rows.Int(2), rows.Int(3), rows.Text(4)});
  }
}

}  // namespace

LoadedJobs ReadJobs(Database& database, const std::string& sweep) {
  LoadedJobs loaded;
  const std::int64_t sweep_id = database.Number("SELECT id FROM sweep WHERE sweep = ?", sweep);
  loaded.jobs.reserve(static_cast<std::size_t>(
      database.Number("SELECT count(*) FROM sweep_job WHERE sweep_id = ?", sweep_id)));
  const auto classes = NumericsClasses(database);
  // As the view `job` has it; written out, since this is read at every start.
  for (Rows rows(database,
                 "SELECT planned_job.id, job_key, state, crashes, losses, alone, attempt.attempt,"
                 " outcome, worker_id, weights_sha256 FROM sweep_job"
                 " JOIN planned_job ON planned_job.id = sweep_job.job_id"
                 " LEFT JOIN attempt ON attempt.job_id = planned_job.id AND attempt.attempt ="
                 " (SELECT max(attempt) FROM attempt AS tried WHERE tried.job_id = planned_job.id)"
                 " WHERE sweep_job.sweep_id = ? ORDER BY sweep_job.position, planned_job.id",
                 sweep_id);
       rows.Next();) {
    const bool was_tried = !rows.IsNull(6);
    StoredJob job;
    job.key = rows.Text(1);
    job.state = StateOf(rows.Text(2), rows.MaybeText(7), was_tried);
    if (was_tried) {
      job.last_attempt.value = static_cast<std::int32_t>(rows.Int(6));
      job.numerics_class = classes.at(rows.Int(8));
      job.output_sha256 = rows.MaybeText(9).value_or("");
    }
    if (job.state != JobState::kDone) {
      job.crashes = static_cast<std::int32_t>(rows.Int(3));
      job.losses = static_cast<std::int32_t>(rows.Int(4));
      job.alone = rows.Int(5) != 0;
      loaded.known.emplace_back(loaded.jobs.size(), KnownJob{rows.Int(0), job.last_attempt.value,
                                                             PhaseOf(job.state), false});
    }
    loaded.jobs.push_back(std::move(job));
  }
  ReadCheckpoints(database, loaded);
  return loaded;
}

}  // namespace unmask
