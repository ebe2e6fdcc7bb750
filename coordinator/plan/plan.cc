#include "coordinator/plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>
#include <string_view>
#include <unordered_map>

#include "common/base/all_problems.h"
#include "common/base/sha256.h"
#include "common/base/text.h"
#include "common/jobs/feature_jobs.h"
#include "common/jobs/key_hash.h"
#include "coordinator/plan/data_source.h"
#include "coordinator/plan/model_source.h"
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
  const SelectedData* data = nullptr;      // nullptr: not there, and not asked for
  const PicturesData* pictures = nullptr;  // nullptr: sees none
  const ModelData* model = nullptr;        // likewise
  std::string detector;
};

// Who names a table means to train on it; an experiment beside may do without.
bool ForgetsItsTable(const std::vector<PlannedPoint>& points) {
  bool named = false;
  for (const PlannedPoint& point : points) {
    if (point.settings.features.source == FeatureSource::kTable) return false;
    named = named || !point.settings.features.table.empty();
  }
  return named;
}

Status CheckRunnable(const std::vector<PlannedPoint>& points,
                     const std::set<std::string>& selected) {
  AllProblems problems;
  for (const PlannedPoint& point : points) {
    if (!selected.contains(point.experiment->name)) continue;
    const std::string where = fmt::format("experiment '{}'", point.experiment->name);
    for (Problem& problem : WhyNotRunnable(point.settings, where)) {
      problems.Add(ErrorCode::kUsage, std::move(problem));
    }
  }
  if (ForgetsItsTable(points)) {
    problems.Add(ErrorCode::kUsage,
                 {"features.table has no effect", "features.source", "features.source=table"});
  }
  return problems.status();
}

std::vector<PlannedPoint> AllPoints(const Study& study) {
  std::vector<PlannedPoint> points;
  for (const Experiment& experiment : study.experiments) {
    for (GridPoint& point : PointsOf(study, experiment)) {
      const Settings settings = SettingsAt(experiment, point);
      points.push_back({&experiment, std::move(point), settings, nullptr, nullptr, nullptr, ""});
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

// Without the held-out subject.
JobSpec SpecOf(const PlannedPoint& point, std::int64_t seed) {
  JobSpec spec;
  spec.settings = Reduce(point.settings);
  spec.dataset = point.data->sha256;
  spec.seed = seed;
  if (point.pictures == nullptr) return spec;
  spec.pictures = point.pictures->sha256;
  spec.weights = point.model->sha256;
  spec.detector = point.detector;
  return spec;
}

// Whose views are the same: the plain one's pictures and model, and the augmentation.
std::string BankOf(const JobSpec& spec) {
  return fmt::format("{} {}", JobKey(ViewJob(spec, kPlainView)), spec.settings.augment.seed);
}

// What the training jobs of a point wait for; the rest of the job is left empty.
PlannedJob DependentOn(const JobSpec& spec, const Settings& settings) {
  PlannedJob job;
  if (!SeesPictures(settings)) return job;
  const std::string plain = JobKey(ViewJob(spec, kPlainView));
  job.dependencies = {ReadsBank(settings) ? plain : JobKey(CropsJob(spec))};
  if (!ReadsBank(settings)) return job;
  job.view_set = BankOf(spec);
  job.views = ViewsOf(spec.settings);  // as reduced: zero-shot reads one
  return job;
}

// The feature jobs of all points: crops, then each bank's plain view and its augmented ones in
// order. A bank has as many views as the point that meets most of them.
std::vector<PlannedJob> FeatureJobs(const std::vector<PlannedPoint>& points) {
  std::map<std::string, JobSpec> crops;                           // by key
  std::map<std::string, std::pair<JobSpec, std::int64_t>> banks;  // by BankOf
  for (const PlannedPoint& point : points) {
    if (point.pictures == nullptr) continue;
    const JobSpec spec = SpecOf(point, 0);
    crops.emplace(JobKey(CropsJob(spec)), CropsJob(spec));
    if (!ReadsBank(point.settings)) continue;
    std::int64_t& views = banks.try_emplace(BankOf(spec), spec, 0).first->second.second;
    views = std::max(views, ViewsOf(spec.settings));
  }
  std::vector<PlannedJob> jobs;
  jobs.reserve(crops.size());
  for (const auto& [key, spec] : crops)
    jobs.push_back({.key = key, .spec = spec, .dependencies = {}, .view_set = {}});
  std::set<std::string> plain_views;  // banks that differ in their augmentation share it
  for (const auto& [name, bank] : banks) {
    const std::vector<std::string> needed = {JobKey(CropsJob(bank.first))};
    const JobSpec plain = ViewJob(bank.first, kPlainView);
    if (plain_views.insert(JobKey(plain)).second) {
      jobs.push_back({.key = JobKey(plain), .spec = plain, .dependencies = needed, .view_set = {}});
    }
    for (std::int64_t view = 0; view < bank.second; ++view) {
      const JobSpec spec = ViewJob(bank.first, view);
      jobs.push_back({.key = JobKey(spec),
                      .spec = spec,
                      .dependencies = needed,
                      .view_set = name,
                      .view = view});
    }
  }
  return jobs;
}

// The plan's jobs by key, which they own.
using Places = std::unordered_map<std::string_view, std::size_t, JobKeyHash>;

void TakeCareOf(PlannedJob& shared, const PlannedJob& other) {
  shared.checkpoint_seconds = std::min(shared.checkpoint_seconds, other.checkpoint_seconds);
  shared.keep_best = shared.keep_best || other.keep_best;
}

// Adds the folds of one point for one seed; a job that is there already gets another use.
void AddFolds(const PlannedPoint& point, std::int64_t seed, Places& places, SweepPlan& plan) {
  JobUse use = UseOf(point, seed);
  const JobSpec spec = SpecOf(point, seed);
  PlannedJob job = DependentOn(spec, point.settings);
  job.spec = spec;
  job.checkpoint_seconds = point.settings.train.checkpoint_seconds;
  job.keep_best = point.settings.store.keep == KeepPolicy::kBest;
  for (const std::string& subject : point.data->subjects) {
    job.spec.held_out = subject;
    job.key = JobKey(job.spec);
    use.held_out = subject;
    use.job_key = job.key;
    plan.uses.push_back(use);
    if (const auto known = places.find(job.key); known != places.end()) {
      TakeCareOf(plan.jobs[known->second], job);
      continue;
    }
    plan.jobs.push_back(job);
    places.emplace(plan.jobs.back().key, plan.jobs.size() - 1);
  }
}

// Fisher and Yates; modulo is near enough to uniform for an order, and the same everywhere.
void Shuffle(std::vector<PlannedJob>& jobs, std::int64_t seed) {
  std::mt19937_64 random(static_cast<std::uint64_t>(seed));
  for (std::size_t i = jobs.size(); i > 1; --i) std::swap(jobs[i - 1], jobs[random() % i]);
}

// Each once; where the points of a grid differ in paths, which the name leaves out, one a point.
Fingerprints FingerprintsOf(const Study& study, const std::vector<PlannedPoint>& points) {
  const bool repeat = std::ranges::any_of(
      study.grid.axes, [](const GridAxis& axis) { return FindField(axis.key)->path; });
  Fingerprints fingerprints;
  for (const PlannedPoint& point : points) {
    auto& own = fingerprints[point.experiment->name];
    if (point.data == nullptr) continue;
    const auto add = [&own = own, repeat](const std::string& sha256) {
      if (sha256.empty()) return;
      if (repeat || std::ranges::find(own, sha256) == own.end()) own.push_back(sha256);
    };
    add(point.data->sha256);
    if (point.pictures == nullptr) continue;
    add(point.pictures->sha256);
    add(point.model->sha256);
    add(point.detector);
  }
  return fingerprints;
}

void NameSweep(const Study& study, const std::vector<PlannedPoint>& points, SweepPlan& plan) {
  plan.name = study.name;
  plan.config_json = CanonicalJson(ConfigIdentity(study, FingerprintsOf(study, points)));
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

void AddPictures(const PicturesData& pictures, PlanOutput& output) {
  if (!output.blobs.try_emplace(pictures.sha256, pictures.blob).second) return;
  output.blobs.insert(pictures.drawn.begin(), pictures.drawn.end());
  output.files["paths/" + pictures.sha256] = FramePathsText(pictures.frames);
  if (pictures.drawn.empty()) output.frames[pictures.sha256] = pictures.frames;
}

void AddModel(const ModelData& model, PlanOutput& output) {
  if (!output.models.try_emplace(model.sha256, model).second) return;
  output.files["paths/" + model.sha256] = PathText(model.folder);
  for (const auto& [name, bytes] : model.files) {
    output.files[(model.folder / name).string()] = bytes;
  }
}

// Each once: points share them. Of equal content in several places the first that is named counts.
void AddContent(const std::vector<PlannedPoint>& points, PlanOutput& output) {
  for (const PlannedPoint& point : points) {
    output.blobs.try_emplace(point.data->sha256, point.data->blob);
    output.datasets.try_emplace(point.data->sha256, point.data->dataset);
    if (point.pictures == nullptr) continue;
    AddPictures(*point.pictures, output);
    AddModel(*point.model, output);
  }
}

Status FindModel(PlannedPoint& point, ModelSource& models) {
  const auto model = models.Model(point.settings);
  auto detector = models.Detector(point.settings.faces);
  AllProblems problems;
  problems.Add(model);
  problems.Add(detector);
  UNMASK_TRY(problems.status());
  point.model = *model;
  point.detector = *std::move(detector);
  return {};
}

// An experiment that is not asked for gives the sweep its name too, but may lack its data, model or
// pictures. Of the others all faulty models are told; a faulty data set tells all of its own.
Status FindContent(std::vector<PlannedPoint>& points, const std::set<std::string>& selected,
                   DataSource& data, ModelSource& models) {
  const auto asked = [&](const PlannedPoint& point) {
    return selected.contains(point.experiment->name);
  };
  for (PlannedPoint& point : points) {
    auto selection = data.Select(point.settings);
    if (selection.ok()) point.data = *selection;
    if (!selection.ok() && asked(point)) return selection.error();
  }
  AllProblems faulty_models;
  for (PlannedPoint& point : points) {
    if (point.data == nullptr || !SeesPictures(point.settings)) continue;
    const Status found = FindModel(point, models);
    if (asked(point)) faulty_models.Add(found);
  }
  UNMASK_TRY(faulty_models.status());
  for (PlannedPoint& point : points) {
    if (point.model == nullptr) continue;
    const auto pictures = data.Pictures(point.settings);
    if (pictures.ok()) {
      point.pictures = *pictures;
    } else if (asked(point)) {
      return pictures.error();
    } else {
      point.model = nullptr;
    }
  }
  return {};
}

// Inputs of clips without action units are all zero, which may be a cell that nobody filled in.
// Data sets that differ in their columns alone are told once.
void AddUnitNotes(PlanOutput& output) {
  std::set<std::string> looked_at;
  for (const JobSpec& spec : output.trainings) {
    const bool units = spec.settings.features.source == FeatureSource::kActionUnits;
    if (!units || !looked_at.insert(spec.dataset).second) continue;
    const auto& clips = output.datasets.at(spec.dataset).clips;
    const auto without =
        std::ranges::count_if(clips, [](const Clip& clip) { return clip.action_units.empty(); });
    if (without == 0) continue;
    std::string note = fmt::format(
        "{} of {} clips (dataset.clips={}) have no action units, and nothing to tell "
        "them apart by",
        without, clips.size(), Name(spec.settings.dataset.clips));
    if (std::ranges::find(output.notes, note) != output.notes.end()) continue;
    output.notes.push_back(std::move(note));
  }
}

// What `wanted` names: each text a name, which may hold commas, else names separated by commas.
Result<std::set<std::string>> Selected(const std::vector<std::string>& names,
                                       const std::vector<std::string>& wanted,
                                       const std::string& what, const std::string& option) {
  const std::set<std::string> known(names.begin(), names.end());
  std::set<std::string> selected;
  std::vector<Problem> problems;
  for (const std::string& text : wanted) {
    for (const std::string& name :
         known.contains(text) ? std::vector<std::string>{text} : Split(text, ',')) {
      selected.insert(name);
      if (known.contains(name)) continue;
      problems.push_back({fmt::format("unknown {} '{}'", what, name), option,
                          DidYouMean(name, names, "one of " + Join(names, ", "))});
    }
  }
  if (!problems.empty()) return Error(ErrorCode::kUsage, problems);
  return selected;
}

}  // namespace

Result<std::set<std::string>> SelectedNames(const Study& study,
                                            const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  names.reserve(study.experiments.size());
  for (const Experiment& experiment : study.experiments) names.push_back(experiment.name);
  if (wanted.empty()) return std::set<std::string>(names.begin(), names.end());
  return Selected(names, wanted, "experiment", "--experiment");
}

Result<std::set<std::string>> SelectedSubjects(const SweepPlan& plan,
                                               const std::vector<std::string>& wanted) {
  if (wanted.empty()) return std::set<std::string>();
  std::set<std::string> subjects;
  for (const JobUse& use : plan.uses) subjects.insert(use.held_out);
  return Selected({subjects.begin(), subjects.end()}, wanted, "subject", "--held-out");
}

Result<PlanOutput> MakePlan(const Study& study, const PlanOptions& options) {
  UNMASK_ASSIGN(const auto selected, SelectedNames(study, options.experiments));
  std::vector<PlannedPoint> points = AllPoints(study);
  UNMASK_TRY(CheckRunnable(points, selected));
  DataSource data;
  ModelSource models;
  UNMASK_TRY(FindContent(points, selected, data, models));
  PlanOutput output;
  NameSweep(study, points, output.plan);
  std::erase_if(points, [&](const auto& p) { return !selected.contains(p.experiment->name); });
  UNMASK_TRY(CheckSize(study, points));
  AddContent(points, output);
  Places places;
  if (!options.only_check) {
    const std::size_t uses = CountUses(study, points);
    places.reserve(uses);
    output.plan.jobs.reserve(uses);
    output.plan.uses.reserve(uses);
  }
  for (const std::int64_t seed : options.only_check ? std::vector<std::int64_t>() : study.seeds) {
    for (const PlannedPoint& point : points) AddFolds(point, seed, places, output.plan);
  }
  if (options.order_seed) Shuffle(output.plan.jobs, *options.order_seed);
  for (const PlannedPoint& point : points) {
    output.trainings.push_back(SpecOf(point, /*seed=*/0));
    output.trainings.back().settings = point.settings;  // with those that no number depends on
  }
  std::vector<PlannedJob> features = FeatureJobs(points);
  output.plan.jobs.insert(output.plan.jobs.begin(), features.begin(), features.end());
  output.detectors = models.detectors();
  for (const auto& [sha256, file] : output.detectors) {
    output.files["paths/" + sha256] = PathText(file);
  }
  output.config = ResolvedConfig(study);
  output.notes = study.notes;
  AddUnitNotes(output);
  return output;
}

}  // namespace unmask
