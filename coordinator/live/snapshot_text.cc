#include "coordinator/live/snapshot_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/json_or_null.h"
#include "common/base/json_text.h"
#include "common/base/text.h"
#include "common/config/names.h"
#include "common/metrics/metrics.h"
#include "sql/rows.h"

namespace unmask {
namespace {

using nlohmann::json;

template <typename Items, typename ToJson>
json Array(const Items& items, const ToJson& to_json) {
  json out = json::array();
  for (const auto& item : items) out.push_back(to_json(item));
  return out;
}

json JobsJson(const StateCounts& jobs) {
  json out = {{"total", jobs.total()}};
  jobs.ForEach(
      [&](std::string_view state, std::int64_t count) { out[std::string(state)] = count; });
  return out;
}

// Accuracy and interval are of the folds so far; whether that is all of them, `complete` says.
json ScoreJson(const LiveScore& score) {
  json out = {{"task", Name(score.task)}, {"k", score.k}, {"n", score.n}};
  if (score.n == 0) return out;
  const Interval wilson = WilsonInterval(score.k, score.n);
  out["accuracy"] = static_cast<double>(score.k) / static_cast<double>(score.n);
  out["wilson_low"] = wilson.low;
  out["wilson_high"] = wilson.high;
  return out;
}

json PointJson(const LivePoint& point) {
  return {{"experiment", point.experiment},
          {"point", point.point},
          {"label", point.label},
          {"seed", point.seed},
          {"leaky", point.leaky},
          {"folds", point.folds},
          {"folds_total", point.folds_total},
          {"folds_done", point.folds_done},
          {"folds_failed", point.folds_dead},
          {"complete", point.Complete()},
          {"scores", Array(point.scores, ScoreJson)}};
}

json JobJson(const LiveJob& job) {
  return {{"job_key", job.job_key},       {"attempt", job.attempt},
          {"experiment", job.experiment}, {"label", job.label},
          {"held_out", job.held_out},     {"seconds", job.seconds},
          {"started", job.started},       {"next", job.next},
          {"epoch", OrNull(job.epoch)},   {"epoch_max", OrNull(job.epoch_max)}};
}

json WorkerJson(const LiveWorker& worker) {
  return {{"worker", worker.id},
          {"host", worker.host},
          {"device", worker.device},
          {"slots", worker.slots},
          {"busy", worker.Busy()},
          {"lost", worker.lost},
          {"note", worker.note},
          {"silent_seconds", worker.silent_seconds},
          {"jobs", Array(worker.jobs, JobJson)}};
}

json FailureJson(const LiveFailure& failure) {
  return {{"job_key", failure.job_key},       {"attempt", failure.attempt},
          {"experiment", failure.experiment}, {"label", failure.label},
          {"held_out", failure.held_out},     {"worker", failure.worker},
          {"outcome", Name(failure.outcome)}, {"error_class", failure.error_class},
          {"message", failure.message},       {"at", failure.at},
          {"job_state", failure.job_state}};
}

// A label's value: backslash, quote and newline are escaped.
std::string Label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

class MetricsWriter {
 public:
  explicit MetricsWriter(const LiveSnapshot& snapshot)
      : sweep_(fmt::format("sweep=\"{}\"", Label(snapshot.sweep))) {}

  void Family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  void Sample(double value, const std::string& more_labels = "") {
    text_ += fmt::format("{}{{{}{}{}}} {}\n", name_, sweep_, more_labels.empty() ? "" : ",",
                         more_labels, ShortestReal(value));
  }
  void Gauge(std::string_view name, std::string_view help, double value) {
    Family(name, "gauge", help);
    Sample(value);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string sweep_;
  std::string name_;
  std::string text_;
};

void WriteJobs(const StateCounts& jobs, MetricsWriter& out) {
  out.Family("unmask_jobs", "gauge", "Distinct jobs of the sweep by state.");
  jobs.ForEach([&](std::string_view state, std::int64_t count) {
    out.Sample(static_cast<double>(count), fmt::format("state=\"{}\"", state));
  });
}

void WriteWorkers(const LiveSnapshot& snapshot, MetricsWriter& out) {
  std::int64_t connected = 0;
  std::int64_t slots = 0;
  std::int64_t busy = 0;
  for (const LiveWorker& worker : snapshot.workers) {
    if (worker.lost) continue;
    connected += 1;
    slots += worker.slots;
    busy += worker.Busy();
  }
  out.Gauge("unmask_workers", "Connected workers.", static_cast<double>(connected));
  out.Gauge("unmask_worker_slots", "Jobs that the workers can run at a time.",
            static_cast<double>(slots));
  out.Gauge("unmask_worker_slots_busy", "Of these slots, those that hold one.",
            static_cast<double>(busy));
}

}  // namespace

std::string SnapshotJson(const LiveSnapshot& snapshot) {
  const json out = {{"version", 1},
                    {"sweep", snapshot.sweep},
                    {"at", snapshot.at},
                    {"phase", Name(snapshot.phase)},
                    {"jobs", JobsJson(snapshot.jobs)},
                    {"jobs_per_second", OrNull(snapshot.jobs_per_second)},
                    {"eta_seconds", OrNull(snapshot.eta_seconds)},
                    {"subjects", snapshot.subjects},
                    {"points", Array(snapshot.points, PointJson)},
                    {"workers", Array(snapshot.workers, WorkerJson)},
                    {"failures", Array(snapshot.failures, FailureJson)},
                    {"failed_attempts", snapshot.failed_attempts}};
  return JsonText(out);
}

std::string SnapshotMetrics(const LiveSnapshot& snapshot) {
  MetricsWriter out(snapshot);
  WriteJobs(snapshot.jobs, out);
  WriteWorkers(snapshot, out);
  if (snapshot.jobs_per_second) {
    out.Gauge("unmask_jobs_per_second", "Over the last finished jobs.", *snapshot.jobs_per_second);
  }
  if (snapshot.eta_seconds) {
    out.Gauge("unmask_eta_seconds", "Until every job is settled, at this rate.",
              *snapshot.eta_seconds);
  }
  out.Family("unmask_attempt_errors_total", "counter", "Attempts that ended with an error.");
  for (const auto& [error_class, count] : snapshot.failed_attempts) {
    out.Sample(static_cast<double>(count), fmt::format("class=\"{}\"", Label(error_class)));
  }
  out.Gauge("unmask_finished", "1 when every job is settled.",
            snapshot.phase == LivePhase::kFinished ? 1 : 0);
  return out.Take();
}

}  // namespace unmask
