#include "coordinator/plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>
#include <unordered_set>

#include "common/base/sha256.h"
#include "common/base/text.h"
#include "coordinator/plan/data_source.h"
#include "coordinator/plan/resolved_config.h"
#include "coordinator/plan/runnable.h"

namespace unmask {
namespace {

constexpr std::size_t kUsesMax = 2'000'000;

// One point of an experiment, ready to be laid out over seeds and subjects.
struct PlannedPoint {
  const Experiment* experiment = nullptr;
  GridPoint point;
  Settings settings;
  const SelectedData* data = nullptr;
};

// Names may hold commas themselves, so a whole name goes before its parts.
Result<std::set<std::string>> SelectedNames(const Study& study,
                                            const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  names.reserve(study.experiments.size());
  for (const Experiment& experiment : study.experiments) names.push_back(experiment.name);
  const auto known = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (wanted.empty()) return std::set<std::string>(names.begin(), names.end());
  std::set<std::string> selected;
  std::vector<Problem> problems;
  const std::string whole = Join(wanted, ",");
  for (const std::string& text : known(whole) ? std::vector<std::string>{whole} : wanted) {
    for (const std::string& name :
         known(text) ? std::vector<std::string>{text} : Split(text, ',')) {
      selected.insert(name);
      if (known(name)) continue;
      problems.push_back({fmt::format("unknown experiment '{}'", name), "--experiment",
                          DidYouMean(name, names, "one of " + Join(names, ", "))});
    }
  }
  if (!problems.empty()) return Error(ErrorCode::kUsage, problems);
  return selected;
}

Status CheckRunnable(const std::vector<PlannedPoint>& points,
                     const std::set<std::string>& selected) {
  std::vector<Problem> problems;
  std::set<std::string> said;
  for (const PlannedPoint& point : points) {
    if (!selected.contains(point.experiment->name)) continue;
    const std::string where = fmt::format("experiment '{}'", point.experiment->name);
    for (Problem& problem : WhyNotRunnable(point.settings, where)) {
      if (said.insert(problem.what + where).second) problems.push_back(std::move(problem));
    }
  }
  if (!problems.empty()) return Error(ErrorCode::kUsage, problems);
  return {};
}

std::vector<PlannedPoint> AllPoints(const Study& study) {
  std::vector<PlannedPoint> points;
  for (const Experiment& experiment : study.experiments) {
    for (GridPoint& point : PointsOf(study, experiment)) {
      const Settings settings = SettingsAt(experiment, point);
      points.push_back({&experiment, std::move(point), settings, nullptr});
    }
  }
  return points;
}

JobUse UseOf(const PlannedPoint& point, std::int64_t seed) {
  const Settings& settings = point.settings;
  JobUse use;
  use.experiment = point.experiment->name;
  use.point = PointJson(point.point);
  if (settings.model.kind == ModelKind::kDsid) {
    use.alpha = settings.loss.alpha;
    use.beta = settings.loss.beta;
    if (settings.loss.alpha > 0) use.hsic = Name(settings.loss.hsic);
  }
  use.validation = Name(settings.train.validation);
  use.seed = seed;
  return use;
}

// Adds the folds of one point for one seed; a job that is there already gets another use.
void AddFolds(const PlannedPoint& point, std::int64_t seed, std::unordered_set<std::string>& keys,
              SweepPlan& plan) {
  JobSpec spec;
  spec.settings = Reduce(point.settings);
  spec.dataset = point.data->sha256;
  spec.seed = seed;
  const JobUse any_fold = UseOf(point, seed);
  for (const std::string& subject : point.data->subjects) {
    spec.held_out = subject;
    JobUse use = any_fold;
    use.held_out = subject;
    use.job_key = JobKey(spec);
    if (keys.insert(use.job_key).second) plan.jobs.push_back({use.job_key, spec, {}});
    plan.uses.push_back(std::move(use));
  }
}

// Fisher and Yates; modulo is near enough to uniform for an order, and the same everywhere.
void Shuffle(std::vector<PlannedJob>& jobs, std::int64_t seed) {
  std::mt19937_64 random(static_cast<std::uint64_t>(seed));
  for (std::size_t i = jobs.size(); i > 1; --i) std::swap(jobs[i - 1], jobs[random() % i]);
}

Fingerprints FingerprintsOf(const std::vector<PlannedPoint>& points) {
  Fingerprints fingerprints;
  for (const PlannedPoint& point : points) {
    auto& own = fingerprints[point.experiment->name];
    if (std::find(own.begin(), own.end(), point.data->sha256) == own.end()) {
      own.push_back(point.data->sha256);
    }
  }
  return fingerprints;
}

void NameSweep(const Study& study, const std::vector<PlannedPoint>& points, SweepPlan& plan) {
  plan.name = study.name;
  plan.config_json = CanonicalJson(ConfigIdentity(study, FingerprintsOf(points)));
  plan.config_sha256 = Sha256Hex(plan.config_json);
  plan.sweep = study.name + "-" + plan.config_sha256.substr(0, 8);
  plan.tables_json = study.tables_json;
}

std::size_t CountUses(const Study& study, const std::vector<PlannedPoint>& points) {
  std::size_t uses = 0;
  for (const PlannedPoint& point : points) uses += point.data->subjects.size();
  return uses * study.seeds.size();
}

Status CheckSize(const Study& study, const std::vector<PlannedPoint>& points) {
  const std::size_t uses = CountUses(study, points);
  if (uses <= kUsesMax) return {};
  return UsageError(fmt::format("the sweep has {} folds", uses), study.name,
                    fmt::format("at most {}", kUsesMax));
}

void AddCare(const std::vector<PlannedPoint>& points, PlanOutput& output) {
  output.keep_best = false;
  output.checkpoint_seconds = points.front().settings.train.checkpoint_seconds;
  for (const PlannedPoint& point : points) {
    output.checkpoint_seconds =
        std::min(output.checkpoint_seconds, point.settings.train.checkpoint_seconds);
    output.keep_best |= point.settings.store.keep == KeepPolicy::kBest;
    output.blobs.emplace(point.data->sha256, point.data->blob);
  }
}

}  // namespace

Result<PlanOutput> MakePlan(const Study& study, const PlanOptions& options) {
  UNMASK_ASSIGN(const auto selected, SelectedNames(study, options.experiments));
  std::vector<PlannedPoint> points = AllPoints(study);
  UNMASK_TRY(CheckRunnable(points, selected));
  DataSource source;
  for (PlannedPoint& point : points) {
    UNMASK_ASSIGN(point.data, source.Select(point.settings));
  }
  PlanOutput output;
  NameSweep(study, points, output.plan);
  std::erase_if(points, [&](const auto& p) { return !selected.contains(p.experiment->name); });
  UNMASK_TRY(CheckSize(study, points));
  AddCare(points, output);
  std::unordered_set<std::string> keys;
  if (!options.only_check) {
    const std::size_t uses = CountUses(study, points);
    keys.reserve(uses);
    output.plan.jobs.reserve(uses);
    output.plan.uses.reserve(uses);
  }
  for (const std::int64_t seed : options.only_check ? std::vector<std::int64_t>() : study.seeds) {
    for (const PlannedPoint& point : points) AddFolds(point, seed, keys, output.plan);
  }
  if (options.order_seed) Shuffle(output.plan.jobs, *options.order_seed);
  output.config = ResolvedConfig(study);
  output.notes = study.notes;
  return output;
}

}  // namespace unmask
