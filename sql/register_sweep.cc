#include "sql/register_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/config/names.h"
#include "common/jobs/feature_jobs.h"
#include "common/jobs/plan_index.h"
#include "sql/cells.h"

namespace unmask {
namespace {

// A job of the plan as a row.
struct RegisteredJob {
  std::int64_t id = 0;
  bool is_new = false;
};
using JobRows = std::vector<RegisteredJob>;  // by place in the plan

void InsertJob(Database& database, const PlannedJob& job, std::int64_t id) {
  const Settings& settings = job.spec.settings;
  const JobLabels labels = LabelsOf(job.spec);
  const bool one_task = settings.model.kind == ModelKind::kSingleTask;
  database.Run(
      "INSERT INTO planned_job (id, job_key, kind, model, task, features, engine, seed, held_out)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      id, job.key, labels.kind, labels.model,
      one_task ? std::optional(Name(settings.model.task)) : std::nullopt, labels.features,
      labels.engine, job.spec.seed, job.spec.held_out);
  database.Run("INSERT INTO spec (job_id, spec) VALUES (?, ?)", id, CanonicalText(job.spec));
}

struct WrittenJobs {
  JobRows rows;
  std::int64_t first_new = 0;  // where all are new, else 0
};

WrittenJobs WriteJobs(Database& database, const SweepPlan& plan, std::int64_t sweep_id) {
  JobRows rows;
  rows.reserve(plan.jobs.size());
  const std::int64_t first_new = database.Number("SELECT max(id) FROM planned_job") + 1;
  std::int64_t next = first_new;
  std::int64_t position = 0;
  for (const PlannedJob& job : plan.jobs) {
    std::int64_t id = 0;
    if (first_new > 1) {
      id = database.Number("SELECT id FROM planned_job WHERE job_key = ?", job.key);
    }
    const bool is_new = id == 0;
    if (is_new) InsertJob(database, job, id = next++);
    database.Run(
        "INSERT INTO sweep_job (sweep_id, job_id, position) VALUES (?, ?, ?)"
        " ON CONFLICT (sweep_id, job_id) DO UPDATE SET position = excluded.position",
        sweep_id, id, position++);
    rows.push_back({id, is_new});
  }
  const bool all_new = next - first_new == position;
  return {std::move(rows), all_new ? first_new : 0};
}

bool IsOfPoint(const JobUse& use, const JobUse& other) {
  return use.point == other.point && use.seed == other.seed && use.experiment == other.experiment;
}

std::int64_t WritePoint(Database& database, const JobUse& use, std::int64_t sweep_id,
                        const std::vector<Task>& tasks) {
  const int inserted = database.Run(
      "INSERT OR IGNORE INTO point"
      " (sweep_id, experiment, point, seed, alpha, beta, hsic, validation)"
      " VALUES (?, ?, ?, ?, ?, ?, nullif(?, ''), ?)",
      sweep_id, use.experiment, use.point, use.seed, use.alpha, use.beta, use.hsic, use.validation);
  if (inserted == 0) {
    return database.Number(
        "SELECT id FROM point WHERE sweep_id = ? AND experiment = ? AND point = ? AND seed = ?",
        sweep_id, use.experiment, use.point, use.seed);
  }
  const std::int64_t id = database.sqlite().getLastInsertRowid();
  for (const Task task : tasks) {
    database.Run("INSERT INTO cell (point_id, task) VALUES (?, ?)", id, Name(task));
  }
  return id;
}

std::string PointName(std::string_view experiment, std::string_view point, std::int64_t seed) {
  return fmt::format("{}\x1f{}\x1f{}", experiment, point, seed);
}

// How many folds each of the plan's points has.
std::unordered_map<std::string, std::int64_t> FoldsByPoint(const SweepPlan& plan) {
  std::unordered_map<std::string, std::int64_t> folds;
  const JobUse* last = nullptr;
  std::int64_t* count = nullptr;
  for (const JobUse& use : plan.uses) {
    if (last == nullptr || !IsOfPoint(use, *last)) {
      count = &folds[PointName(use.experiment, use.point, use.seed)];
    }
    last = &use;
    ++*count;
  }
  return folds;
}

// A point holds the paths of a study as they were written, the sweep's name what lies there: from
// another folder the same study has other points, which take the place of those.
void DropOtherPoints(Database& database, const SweepPlan& plan, std::int64_t sweep_id) {
  std::unordered_set<std::string> experiments;
  for (const JobUse& use : plan.uses) experiments.insert(use.experiment);
  const auto folds = FoldsByPoint(plan);
  std::vector<std::int64_t> others;
  for (Rows rows(database, "SELECT id, experiment, point, seed FROM point WHERE sweep_id = ?",
                 sweep_id);
       rows.Next();) {
    const bool known = folds.contains(PointName(rows.Text(1), rows.Text(2), rows.Int(3)));
    if (!known && experiments.contains(rows.Text(1))) others.push_back(rows.Int(0));
  }
  for (const std::int64_t id : others) {
    database.Run("DELETE FROM cell WHERE point_id = ?", id);
    database.Run("DELETE FROM fold_use WHERE point_id = ?", id);
    database.Run("DELETE FROM point WHERE id = ?", id);
  }
}

// Points and their folds; those that wait for a new job cannot be complete, the others may be.
Status WriteUses(Database& database, const SweepPlan& plan, std::int64_t sweep_id,
                 const JobRows& jobs) {
  std::unordered_map<std::int64_t, bool> may_be_complete;
  const JobUse* last = nullptr;  // uses come point by point
  std::int64_t point_id = 0;
  PlanIndex places(plan.jobs);
  for (const JobUse& use : plan.uses) {
    const auto place = places.Find(use.job_key);
    UNMASK_CHECK(place.has_value());  // the planner names only its own jobs
    if (last == nullptr || !IsOfPoint(use, *last)) {
      point_id = WritePoint(database, use, sweep_id, TasksOf(plan.jobs[*place].spec.settings));
    }
    last = &use;
    const RegisteredJob& job = jobs[*place];
    database.Run("INSERT OR IGNORE INTO fold_use (point_id, job_id) VALUES (?, ?)", point_id,
                 job.id);
    bool& may_be = may_be_complete.try_emplace(point_id, true).first->second;
    may_be = may_be && !job.is_new;
  }
  CellWriter cells(database);
  for (const auto& [id, may_be] : may_be_complete) {
    if (may_be) UNMASK_TRY(cells.WriteIfComplete(id));
  }
  return {};
}

// Whether the jobs of the sweep are the plan's, these and no others, in its order.
bool AreOf(const SweepPlan& plan, const std::vector<StoredJob>& jobs) {
  return std::ranges::equal(plan.jobs, jobs, {}, &PlannedJob::key, &StoredJob::key);
}

// Whether its points are there with all their folds. Which jobs these are follows from the sweep's
// name, which is that of its configuration and data, and from its jobs.
bool HasPoints(Database& database, const SweepPlan& plan, std::int64_t sweep_id) {
  const auto folds = FoldsByPoint(plan);
  std::size_t count = 0;
  for (Rows rows(database,
                 "SELECT experiment, point, seed, (SELECT count(*) FROM fold_use"
                 " WHERE fold_use.point_id = point.id) FROM point WHERE sweep_id = ?",
                 sweep_id);
       rows.Next(); ++count) {
    const auto known = folds.find(PointName(rows.Text(0), rows.Text(1), rows.Int(2)));
    if (known == folds.end() || known->second != rows.Int(3)) return false;
  }
  return count == folds.size();
}

std::int64_t WriteSweepRow(Database& database, const SweepPlan& plan, const std::string& now) {
  database.Run(
      "INSERT INTO sweep"
      " (sweep, name, config_sha256, created_at, config_json, tables_json)"
      " VALUES (?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (sweep) DO UPDATE SET tables_json = excluded.tables_json",
      plan.sweep, plan.name, plan.config_sha256, now, plan.config_json, plan.tables_json);
  return database.Number("SELECT id FROM sweep WHERE sweep = ?", plan.sweep);
}

}  // namespace

Result<LoadedJobs> WriteSweep(Database& database, const SweepPlan& plan, const std::string& now) {
  const std::int64_t sweep_id = WriteSweepRow(database, plan, now);
  // The same command again: reading is much cheaper than writing what is there.
  LoadedJobs there = LoadJobs(database, plan.sweep);
  if (AreOf(plan, there.jobs) && HasPoints(database, plan, sweep_id)) return there;
  const WrittenJobs jobs = WriteJobs(database, plan, sweep_id);
  if (!there.jobs.empty()) DropOtherPoints(database, plan, sweep_id);
  UNMASK_TRY(WriteUses(database, plan, sweep_id, jobs.rows));
  const bool known = there.jobs.empty() && jobs.first_new != 0;
  return known ? NewJobs(plan, jobs.first_new) : LoadJobs(database, plan.sweep);
}

void WriteRun(Database& database, const std::string& sweep, CoordinatorEpoch epoch,
              const std::string& build, const std::string& provenance_json,
              const std::string& now) {
  database.Run(
      "INSERT OR REPLACE INTO run (epoch, sweep_id, started_at, build, provenance_json)"
      " SELECT ?, id, ?, ?, ? FROM sweep WHERE sweep = ?",
      epoch.value, now, build, provenance_json, sweep);
}

}  // namespace unmask
