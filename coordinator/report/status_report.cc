#include "coordinator/report/status_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/display_width.h"
#include "common/base/json_or_null.h"
#include "common/base/text.h"
#include "common/base/time_text.h"
#include "coordinator/report/last_run.h"

namespace unmask {
namespace {

constexpr std::int64_t kShownDeadJobs = 10;

std::string Counts(const StateCounts& jobs) {
  return fmt::format("{} of {} done, {} running, {} queued, {} failed, {} quarantined", jobs.done,
                     jobs.total(), jobs.running, jobs.queued, jobs.failed, jobs.quarantined);
}

// Only a living coordinator goes on at the measured rate, and with its own sweep.
std::string Rate(const SweepStatus& status) {
  if (status.Finished()) return "finished";
  if (!status.Attended()) return NobodyWorksText(status.left_by);
  return RateText(status.progress.jobs_per_second, status.progress.eta_seconds);
}

std::string Failures(const SweepProgress& progress) {
  std::vector<std::string> parts;
  parts.reserve(progress.failures.size());
  for (const FailureCount& failure : progress.failures) {
    parts.push_back(fmt::format("{} {}", failure.attempts, failure.error_class));
  }
  return parts.empty() ? "none" : Join(parts, ", ");
}

std::string Experiments(const std::vector<ExperimentProgress>& experiments) {
  int width = 0;
  for (const auto& row : experiments) {
    width = std::max(width, DisplayWidth(VisibleText(row.experiment)));
  }
  std::string text;
  for (const ExperimentProgress& row : experiments) {
    text += fmt::format("  {}  {}/{} folds", AlignLeft(VisibleText(row.experiment), width),
                        row.folds_done, row.folds_total);
    if (row.folds_dead > 0) text += fmt::format(", {} failed", row.folds_dead);
    text += '\n';
  }
  return text;
}

std::string DeadJobs(const SweepStatus& status) {
  std::string text;
  for (const DeadJobRow& job : status.dead_jobs) {
    const std::string what =
        job.held_out.empty() ? "features" : VisibleText(job.held_out) + " held out";
    text += fmt::format("  {} {}, {}: {}\n", job.job_key.substr(0, 12), Name(job.state), what,
                        VisibleText(job.error));
  }
  const std::int64_t more = status.progress.jobs.dead() - std::ssize(status.dead_jobs);
  if (more > 0) text += fmt::format("  and {} more\n", more);
  return text;
}

}  // namespace

Result<SweepStatus> ReadStatus(StoreReader& reader, const StorePaths& paths,
                               std::string_view sweep) {
  SweepStatus status;
  UNMASK_TRY(reader.InSnapshot([&]() -> Status {
    UNMASK_ASSIGN(status.sweep, reader.FindSweep(sweep));
    UNMASK_ASSIGN(status.progress, reader.Progress(status.sweep.sweep));
    UNMASK_ASSIGN(status.dead_jobs, reader.DeadJobs(status.sweep.sweep, kShownDeadJobs));
    UNMASK_ASSIGN(const SweepTexts texts, reader.Texts(status.sweep.sweep));
    status.last_run = LastRun(texts.provenance_json);
    return {};
  }));
  status.coordinator = StoreLock::Holder(paths.lock());
  status.left_by = StoreLock::LeftBy(paths.lock());
  status.command = RunCommand(status.last_run, paths.root);
  return status;
}

std::string StatusText(const SweepStatus& status) {
  std::string text = fmt::format("sweep     {}, created {}\n", VisibleText(status.sweep.sweep),
                                 status.sweep.created_at);
  text += fmt::format("jobs      {}\n", Counts(status.progress.jobs));
  text += fmt::format("progress  {}\n", Rate(status));
  if (status.coordinator) {
    text += fmt::format("store     in use by process {} on host {}\n", status.coordinator->pid,
                        VisibleText(status.coordinator->host));
  }
  const bool to_be_run = !status.Attended() && (!status.Finished() || !status.dead_jobs.empty());
  if (to_be_run && !status.command.empty()) {
    text += fmt::format("command   {}\n", VisibleText(status.command));
  }
  text += fmt::format("failures  {}\n", Failures(status.progress));
  text += Experiments(status.progress.experiments);
  if (!status.dead_jobs.empty()) text += "failed jobs\n" + DeadJobs(status);
  return text;
}

std::string StatusOneLine(const SweepStatus& status) {
  return fmt::format("{}: {}; {}", VisibleText(status.sweep.sweep), Counts(status.progress.jobs),
                     Rate(status));
}

nlohmann::json StatusJson(const SweepStatus& status) {
  using nlohmann::json;
  const SweepProgress& progress = status.progress;
  json experiments = json::array();
  for (const ExperimentProgress& row : progress.experiments) {
    experiments.push_back({{"experiment", row.experiment},
                           {"folds_total", row.folds_total},
                           {"folds_done", row.folds_done},
                           {"folds_failed", row.folds_dead}});
  }
  json failures = json::object();
  for (const FailureCount& row : progress.failures) failures[row.error_class] = row.attempts;
  json dead_jobs = json::array();
  for (const DeadJobRow& job : status.dead_jobs) {
    dead_jobs.push_back({{"job_key", job.job_key},
                         {"state", Name(job.state)},
                         {"held_out", job.held_out},
                         {"error", job.error}});
  }
  json out = {{"sweep", status.sweep.sweep},
              {"config_sha256", status.sweep.config_sha256},
              {"created_at", status.sweep.created_at},
              {"jobs", progress.jobs.total()},
              {"jobs_per_second", OrNull(progress.jobs_per_second)},
              {"eta_seconds", status.Attended() ? OrNull(progress.eta_seconds) : json()},
              {"experiments", std::move(experiments)},
              {"failures", std::move(failures)},
              {"failed_jobs", std::move(dead_jobs)},
              {"last_run", status.last_run},
              {"coordinator", status.coordinator ? json{{"host", status.coordinator->host},
                                                        {"pid", status.coordinator->pid}}
                                                 : json()}};
  progress.jobs.ForEach(
      [&](std::string_view state, std::int64_t count) { out[std::string(state)] = count; });
  return out;
}

}  // namespace unmask
