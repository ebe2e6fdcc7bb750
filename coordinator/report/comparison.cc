#include "coordinator/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "common/config/task_title.h"
#include "coordinator/report/cell_index.h"
#include "coordinator/report/point_argument.h"
#include "coordinator/report/test_family.h"
#include "sql/store_reader.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

using Predictions = std::shared_ptr<const SweepPredictions>;

// What is read of the store. Two operands of one sweep share it.
struct Readings {
  Operand first;
  Operand second;
  Predictions first_predictions;
  Predictions second_predictions;
  std::optional<std::pair<std::string, std::string>> specs;  // of jobs of two points
};

// One of the two, with everything that is looked up in it.
struct Side {
  Side(const Operand& of, const SweepPredictions& predictions)
      : operand(of),
        cells(operand.results->cells),
        folds(operand.results->folds),
        clips(predictions) {}
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  const Operand& operand;
  CellIndex cells;
  FoldIndex folds;
  ClipIndex clips;
};

// Of the chosen point. Not by a FoldIndex: that would index the whole sweep within the snapshot.
FoldList ChosenFolds(const Operand& operand) {
  const PointName& point = *operand.chosen;
  FoldList folds;
  for (const FoldRow& fold : operand.results->folds) {
    if (fold.experiment == point.experiment && fold.point == point.point) folds.push_back(&fold);
  }
  return folds;
}

std::set<std::string> JobsOf(const Operand& operand) {
  std::set<std::string> keys;
  if (operand.chosen) {
    for (const FoldRow* fold : ChosenFolds(operand)) keys.insert(fold->job_key);
  } else {
    for (const JobRow& job : operand.results->jobs) keys.insert(job.job_key);
  }
  return keys;
}

// Of two points: between two jobs of the same held-out subject and seed it is said what differs.
Status ReadSpecs(StoreReader& reader, Readings& read) {
  const FoldList first = ChosenFolds(read.first);
  const FoldList second = ChosenFolds(read.second);
  for (const Task task : kTasks) {
    for (const FoldRow* here : first) {
      for (const FoldRow* there : second) {
        if (here->task != task || there->task != task) continue;
        if (here->held_out != there->held_out || here->seed != there->seed) continue;
        UNMASK_ASSIGN(const JobDetails a, reader.FindJob(here->job_key));
        UNMASK_ASSIGN(const JobDetails b, reader.FindJob(there->job_key));
        read.specs.emplace(a.spec_json, b.spec_json);
        return {};
      }
    }
  }
  return {};
}

Status ReadPredictions(StoreReader& reader, Readings& read) {
  const auto of = [&](const Operand& operand,
                      const std::optional<std::set<std::string>>& only) -> Result<Predictions> {
    UNMASK_ASSIGN(SweepPredictions predictions, reader.Predictions(operand.results->sweep, only));
    return std::make_shared<const SweepPredictions>(std::move(predictions));
  };
  std::optional<std::set<std::string>> first;
  std::optional<std::set<std::string>> second;
  if (read.first.chosen) {
    first = JobsOf(read.first);
    second = JobsOf(read.second);
  }
  const bool same_sweep = read.first.results == read.second.results;
  if (same_sweep && first) first->insert(second->begin(), second->end());
  UNMASK_ASSIGN(read.first_predictions, of(read.first, first));
  read.second_predictions = read.first_predictions;
  if (!same_sweep) {
    UNMASK_ASSIGN(read.second_predictions, of(read.second, second));
  }
  return {};
}

Status ReadBoth(StoreReader& reader, const std::string& first, const std::string& second,
                Readings& read) {
  UNMASK_ASSIGN(read.first, ReadOperand(reader, first));
  UNMASK_ASSIGN(read.second, ReadOperand(reader, second, &read.first));
  if (read.first.chosen.has_value() != read.second.chosen.has_value()) {
    return UsageError("a sweep and a point cannot be compared",
                      fmt::format("{} and {}", first, second),
                      "two sweeps, or two points as SWEEP:EXPERIMENT@alpha=0.5,beta=1");
  }
  UNMASK_TRY(ReadPredictions(reader, read));
  if (!read.first.chosen) return {};
  return ReadSpecs(reader, read);
}

void CountJobs(const Operand& first, const Operand& second, Comparison& comparison) {
  const std::set<std::string> here = JobsOf(first);
  const std::set<std::string> there = JobsOf(second);
  comparison.jobs_shared =
      std::ranges::count_if(here, [&](const auto& key) { return there.contains(key); });
  comparison.jobs_only_first = static_cast<std::int64_t>(here.size()) - comparison.jobs_shared;
  comparison.jobs_only_second = static_cast<std::int64_t>(there.size()) - comparison.jobs_shared;
}

// What differs between sweeps. An experiment repeats the study's settings: where it differs as the
// study does, that is said once. Experiments that one side lacks stand among the cells.
std::vector<FieldDifference> CompareConfigs(const std::string& first, const std::string& second) {
  Json here = Json::parse(first, nullptr, false);
  Json there = Json::parse(second, nullptr, false);
  for (auto [from, other] : {std::pair(&here, &there), std::pair(&there, &here)}) {
    if (!from->is_object() || !from->contains("experiments")) continue;
    Json& experiments = (*from)["experiments"];
    if (!experiments.is_object()) continue;  // a config that this program did not write
    for (auto at = experiments.begin(); at != experiments.end();) {
      const bool both = other->contains("/experiments"_json_pointer) &&
                        (*other)["experiments"].contains(at.key());
      at = both ? std::next(at) : experiments.erase(at);
    }
  }
  std::vector<FieldDifference> all = CompareSpecs(here, there);
  std::vector<FieldDifference> kept;
  for (const FieldDifference& difference : all) {
    const bool repeats = std::ranges::any_of(all, [&](const FieldDifference& study) {
      return difference.field.starts_with("experiments.") &&
             difference.field.ends_with("." + study.field) && study.here == difference.here &&
             study.there == difference.there;
    });
    if (!repeats) kept.push_back(difference);
  }
  return kept;
}

PairedTests TestCell(const Side& first, const Side& second, const ComparedCell& cell) {
  PairedTests tests;
  tests.wilcoxon = WilcoxonSignedRank(cell.pairing.AccuracyDifferences());
  tests.sign_flip = SignFlipTest(cell.pairing.Differences());
  tests.clips = CountClips(
      first.folds.Find(cell.first.experiment, cell.first.point, cell.task), first.clips,
      second.folds.Find(cell.second.experiment, cell.second.point, cell.task), second.clips);
  if (tests.clips)
    tests.mcnemar_p = McNemarExact(tests.clips->only_first, tests.clips->only_second);
  return tests;
}

Interval IntervalOf(const Pairing& pairing) {
  const std::vector<std::int64_t> counts = pairing.Differences();
  const std::vector<double> differences(counts.begin(), counts.end());
  return BootstrapRatio(differences, pairing.Clips());
}

// By held-out subject.
std::vector<ConfusionMatrix> MatricesOf(const FoldList& folds) {
  std::map<std::string, ConfusionMatrix> subjects;
  for (const FoldRow* fold : folds) subjects[fold->held_out] = fold->confusion;
  std::vector<ConfusionMatrix> matrices;
  matrices.reserve(subjects.size());
  for (auto& [subject, matrix] : subjects) matrices.push_back(std::move(matrix));
  return matrices;
}

ComparedF1 CompareF1(const FoldList& first, const FoldList& second) {
  const std::vector<ConfusionMatrix> here = MatricesOf(first);
  const std::vector<ConfusionMatrix> there = MatricesOf(second);
  const PairedIntervals intervals = BootstrapPaired(here, there, MacroF1);
  return {intervals.first, intervals.second, MacroF1(Pool(there)) - MacroF1(Pool(here)),
          intervals.difference};
}

TableCell CellOf(const Side& side, const PointName& name, Task task) {
  return side.cells.Find(name.experiment, Json::parse(name.point, nullptr, false), task);
}

void AddCell(const Side& first, const PointName& here, const Side& second, const PointName& there,
             Task task, Comparison& comparison) {
  const TableCell a = CellOf(first, here, task);
  const TableCell b = CellOf(second, there, task);
  if (a.seeds.empty() || b.seeds.empty()) return;
  ComparedCell cell;
  cell.first = here;
  cell.second = there;
  cell.task = task;
  cell.first_summary = Summarise(a);
  cell.second_summary = Summarise(b);
  cell.first_leaky = a.leaky;
  cell.second_leaky = b.leaky;
  cell.pairing = PairFolds(first.folds.Find(here.experiment, here.point, task),
                           second.folds.Find(there.experiment, there.point, task));
  if (cell.pairing.ok()) {
    cell.difference = cell.pairing.Difference();
    if (!cell.pairing.same_jobs) {
      cell.tests = TestCell(first, second, cell);
      cell.interval = IntervalOf(cell.pairing);
      if (cell.pairing.seeds == 1) {
        cell.f1 = CompareF1(first.folds.Find(here.experiment, here.point, task),
                            second.folds.Find(there.experiment, there.point, task));
      }
    }
  }
  comparison.cells.push_back(std::move(cell));
}

std::vector<std::string> WithoutTwin(const CellIndex& cells, const CellIndex& others) {
  std::vector<std::string> labels;
  for (const CellIndex::Entry& entry : cells.entries()) {
    if (others.EntriesAt(entry.experiment, entry.point).empty()) {
      labels.push_back(PointArgument(entry.experiment, entry.point_text));
    }
  }
  return labels;
}

void CompareAllCells(const Side& first, const Side& second, Comparison& comparison) {
  for (const Task task : kTasks) {
    for (const CellIndex::Entry& entry : first.cells.entries()) {
      const auto twins = second.cells.EntriesAt(entry.experiment, entry.point);
      if (twins.empty()) continue;
      AddCell(first, {entry.experiment, entry.point_text}, second,
              {entry.experiment, twins.front().point_text}, task, comparison);
    }
  }
  comparison.cells_only_first = WithoutTwin(first.cells, second.cells);
  comparison.cells_only_second = WithoutTwin(second.cells, first.cells);
}

void AdjustWithin(const Side& first, const Side& second, Comparison& comparison) {
  TestFamily family;
  for (ComparedCell& cell : comparison.cells) {
    if (!cell.tests) continue;
    family.Add(cell.task, CellOf(first, cell.first, cell.task),
               CellOf(second, cell.second, cell.task), cell.tests->sign_flip.p,
               cell.tests->sign_flip_holm);
  }
  family.Adjust();
}

Comparison CompareSides(const Readings& read) {
  const Side here(read.first, *read.first_predictions);
  const Side there(read.second, *read.second_predictions);
  Comparison comparison;
  comparison.first = read.first.Label();
  comparison.second = read.second.Label();
  CountJobs(read.first, read.second, comparison);
  if (!read.first.chosen) {
    comparison.settings = CompareConfigs(read.first.config_json, read.second.config_json);
    CompareAllCells(here, there, comparison);
  } else {
    if (read.specs) {
      comparison.settings = CompareSpecs(Json::parse(read.specs->first, nullptr, false),
                                         Json::parse(read.specs->second, nullptr, false));
    }
    for (const Task task : kTasks) {
      AddCell(here, *read.first.chosen, there, *read.second.chosen, task, comparison);
    }
  }
  AdjustWithin(here, there, comparison);
  return comparison;
}

}  // namespace

Result<Comparison> Compare(StoreReader& reader, const std::string& first,
                           const std::string& second) {
  Readings read;
  UNMASK_TRY(reader.InSnapshot([&] { return ReadBoth(reader, first, second, read); }));
  return CompareSides(read);
}

}  // namespace unmask
