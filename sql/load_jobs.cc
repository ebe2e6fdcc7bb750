#include "sql/load_jobs.h"

#include <algorithm>
#include <unordered_map>

#include "sql/name_columns.h"

namespace unmask {
namespace {

using WorkerClasses = std::unordered_map<std::int64_t, std::string>;  // by row

WorkerClasses NumericsClasses(Database& database) {
  WorkerClasses classes;
  for (Rows rows(database, "SELECT id, numerics_class FROM worker"); rows.Next();) {
    classes.emplace(rows.Int(0), rows.Text(1));
  }
  return classes;
}

struct SweepJob {
  std::int64_t position = 0;
  JobState planned = JobState::kQueued;  // its own, without its attempts
  StoredJob stored;
  KnownJob known;
};

SweepJob PlannedJobOf(const Rows& rows) {
  SweepJob job;
  job.position = rows.Int(0);
  job.stored.key = rows.Text(2);
  job.known.id = rows.Int(1);
  job.planned = NameIn<JobState>(rows, 3);
  job.stored.state = job.planned;
  job.stored.crashes = static_cast<std::int32_t>(rows.Int(4));
  job.stored.losses = static_cast<std::int32_t>(rows.Int(5));
  job.stored.alone = rows.Int(6) != 0;
  return job;
}

// Attempts come in order: the newest, which comes last, says what the job is (the view `job`).
void AddAttempt(const Rows& rows, const WorkerClasses& classes, SweepJob& job) {
  StoredJob& stored = job.stored;
  stored.last_attempt.value = static_cast<std::int32_t>(rows.Int(1));
  stored.numerics_class = classes.at(rows.Int(3));
  stored.output_sha256 = rows.MaybeText(4).value_or("");
  stored.state = job.planned;
  const auto outcome = MaybeNameIn<AttemptOutcome>(rows, 2);
  if (!outcome) {
    stored.state = JobState::kRunning;
  } else if (outcome == AttemptOutcome::kDone) {
    stored.state = JobState::kDone;
  }
}

// Both tables are read along, in the order of the jobs' rows: to look each job's attempts up takes
// three times as long, and this is done at every start.
std::vector<SweepJob> ReadSweepJobs(Database& database, const std::string& sweep) {
  std::vector<SweepJob> jobs;
  for (Rows rows(
           database,
           "SELECT position, planned_job.id, job_key, state, crashes, losses, alone FROM sweep"
           " JOIN sweep_job ON sweep_job.sweep_id = sweep.id"
           " JOIN planned_job ON planned_job.id = sweep_job.job_id"
           " WHERE sweep.sweep = ? ORDER BY sweep_job.job_id",
           sweep);
       rows.Next();) {
    jobs.push_back(PlannedJobOf(rows));
  }
  if (jobs.empty()) return jobs;
  const WorkerClasses classes = NumericsClasses(database);
  auto job = jobs.begin();
  for (Rows rows(database,
                 "SELECT job_id, attempt, outcome, worker_id, weights_sha256 FROM attempt"
                 " WHERE job_id BETWEEN ? AND ? ORDER BY job_id, attempt",
                 jobs.front().known.id, jobs.back().known.id);
       rows.Next();) {
    const std::int64_t id = rows.Int(0);
    while (job->known.id < id) ++job;  // ends: the last job's row is the greatest
    if (job->known.id == id) AddAttempt(rows, classes, *job);
  }
  return jobs;
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

LoadedJobs LoadJobs(Database& database, const std::string& sweep) {
  LoadedJobs loaded;
  std::vector<SweepJob> found = ReadSweepJobs(database, sweep);
  const auto place = [](const SweepJob& job) { return std::pair(job.position, job.known.id); };
  if (!std::ranges::is_sorted(found, {}, place)) std::ranges::sort(found, {}, place);
  loaded.jobs.reserve(found.size());
  for (SweepJob& job : found) {
    job.known.attempt = job.stored.last_attempt.value;
    job.known.state = job.stored.state;
    if (job.known.state == JobState::kDone) {
      job.stored.crashes = job.stored.losses = 0;  // of the attempts before
      job.stored.alone = false;
    } else {
      loaded.known.emplace_back(loaded.jobs.size(), job.known);
    }
    loaded.jobs.push_back(std::move(job.stored));
  }
  ReadCheckpoints(database, loaded);
  return loaded;
}

LoadedJobs NewJobs(const SweepPlan& plan, std::int64_t first_id) {
  LoadedJobs loaded;
  loaded.jobs.reserve(plan.jobs.size());
  loaded.known.reserve(plan.jobs.size());
  for (const PlannedJob& job : plan.jobs) {
    const std::size_t place = loaded.jobs.size();
    loaded.known.emplace_back(place, KnownJob{.id = first_id + static_cast<std::int64_t>(place)});
    loaded.jobs.emplace_back().key = job.key;
  }
  return loaded;
}

}  // namespace unmask
