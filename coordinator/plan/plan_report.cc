#include "coordinator/plan/plan_report.h"

#include <algorithm>
#include <set>

#include "common/base/json_or_null.h"
#include "common/config/names.h"
#include "common/data/dataset.h"
#include "common/data/pictures.h"
#include "common/jobs/feature_jobs.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

struct Classes {
  std::int64_t ter = 0;
  std::int64_t der = 0;
};

std::map<std::string, Classes> ClassesOf(const PlanOutput& output) {
  std::map<std::string, Classes> classes;
  for (const auto& [sha256, dataset] : output.datasets) {
    classes[sha256] = {static_cast<std::int64_t>(TrueClasses(dataset).size()),
                       static_cast<std::int64_t>(DisguisedClasses(dataset).size())};
  }
  return classes;
}

// Floats of one set of weights, BatchNorm's statistics included (docs/model.md).
std::int64_t WeightsOf(const JobSpec& spec, const Classes& classes, std::int64_t inputs) {
  const auto adapter = [](std::int64_t in, std::int64_t out) { return in * out + 5 * out; };
  const Settings::Model& model = spec.settings.model;
  // 16 tokens a task, as wide as those of CLIP B: only the model's folder knows.
  if (model.kind == ModelKind::kClipPrompt) return std::int64_t{2} * 16 * 512;
  if (model.kind == ModelKind::kClipZeroShot) return 0;
  std::int64_t floats = adapter(inputs, model.adapter);
  for (const Task task : TasksOf(spec.settings)) {
    const std::int64_t labels = task == Task::kTer ? classes.ter : classes.der;
    floats += adapter(model.adapter, model.stream) + (model.stream + 1) * labels;
  }
  return floats;
}

// What jobs of one output cost on disk.
class Sizes {
 public:
  Sizes(const PlanOutput& output, const WidthOfModel& width_of)
      : output_(output), width_of_(width_of), classes_(ClassesOf(output)) {}

  // Of what a feature job makes.
  std::int64_t FeatureBytes(const JobSpec& spec) {
    const std::int64_t size = spec.settings.faces.size;
    const std::int64_t each = spec.view == kCropsView ? size * size * 3 : kFloat * WidthOf(spec);
    return Pictures(spec.dataset) * each;
  }

  // Of one set of a training job's weights.
  std::int64_t WeightBytes(const JobSpec& spec) {
    const std::int64_t own = kFloat * WeightsOf(spec, classes_.at(spec.dataset), WidthOf(spec));
    if (!spec.settings.features.finetune) return own;
    return own + output_.models.at(spec.weights).weight_bytes;
  }

 private:
  static constexpr std::int64_t kFloat = 4;

  std::int64_t WidthOf(const JobSpec& spec) {
    if (spec.weights.empty()) return static_cast<std::int64_t>(FacsVocabulary().size());
    if (!width_of_) return 0;
    return width_of_(output_.models.at(spec.weights).config_json, spec.settings);
  }

  std::int64_t Pictures(const std::string& sha256) {
    const auto [found, is_new] = pictures_.try_emplace(sha256, 0);
    if (!is_new) return found->second;
    const auto pictures = ParsePicturesBlob(output_.blobs.at(sha256));
    UNMASK_CHECK(pictures.ok());  // the planner made it
    return found->second = std::ssize(*pictures);
  }

  const PlanOutput& output_;
  const WidthOfModel& width_of_;
  std::map<std::string, Classes> classes_;
  std::map<std::string, std::int64_t> pictures_;  // how many, by the blob
};

bool TrainsMore(const PlanOutput& output, const StoreHistory& history) {
  return std::ranges::any_of(output.plan.jobs, [&](const PlannedJob& job) {
    return job.spec.kind == JobKind::kTrain && !history.done.contains(job.key);
  });
}

}  // namespace

PlanReport ReportPlan(const PlanOutput& output, const StoreHistory& history,
                      const WidthOfModel& width_of) {
  constexpr std::int64_t kCheckpointSets = 4;  // weights, Adam's two moments, the best weights
  Sizes sizes(output, width_of);
  const bool trains_more = TrainsMore(output, history);
  PlanReport report;
  report.folds = static_cast<std::int64_t>(output.plan.uses.size());
  report.jobs = static_cast<std::int64_t>(output.plan.jobs.size());
  std::set<std::string> datasets;  // of what remains
  report.shared = report.folds;
  for (const PlannedJob& job : output.plan.jobs) {
    if (job.spec.kind == JobKind::kTrain) --report.shared;
    PlanReport::Count& count = report.kinds[std::string(Name(job.spec.kind))];
    ++count.jobs;
    if (history.done.contains(job.key)) {
      ++count.done;
      ++report.done;
      continue;
    }
    if (!trains_more) continue;
    ++count.remaining;
    ++report.remaining;
    const bool trains = job.spec.kind == JobKind::kTrain;
    const std::int64_t bytes = trains ? sizes.WeightBytes(job.spec) : 0;
    report.checkpoint_bytes = std::max(report.checkpoint_bytes, 2 * kCheckpointSets * bytes);
    if (!trains) report.remaining_bytes += sizes.FeatureBytes(job.spec);
    if (datasets.insert(job.spec.dataset).second) {
      report.remaining_bytes += static_cast<std::int64_t>(output.blobs.at(job.spec.dataset).size());
    }
    if (job.keep_best) report.remaining_bytes += bytes;
    const auto pace = history.paces.find(PaceKey(job.spec));
    if (pace == history.paces.end()) {
      ++report.unlike;
    } else {
      report.least_seconds += pace->second;
    }
  }
  if (report.unlike == 0) report.remaining_seconds = report.least_seconds;
  return report;
}

Json PlanReportJson(const PlanOutput& output, const PlanReport& report) {
  Json kinds = Json::object();
  for (const auto& [kind, count] : report.kinds) {
    kinds[kind] = {{"jobs", count.jobs}, {"done", count.done}};
  }
  return {{"sweep", output.plan.sweep},
          {"config_sha256", output.plan.config_sha256},
          {"kinds", std::move(kinds)},
          {"folds", report.folds},
          {"jobs", report.jobs},
          {"shared", report.shared},
          {"done", report.done},
          {"remaining", report.remaining},
          {"remaining_bytes", report.remaining_bytes},
          {"checkpoint_bytes", report.checkpoint_bytes},
          {"remaining_seconds", OrNull(report.remaining_seconds)},
          {"notes", output.notes},
          {"config", output.config}};
}

}  // namespace unmask
