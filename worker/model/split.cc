#include "worker/model/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/config/names.h"
#include "common/random/philox.h"

namespace unmask {
namespace {

using Indices = std::vector<std::int64_t>;

Indices ClipsOfSubject(const Dataset& dataset, const std::string& subject) {
  Indices clips;
  for (std::size_t i = 0; i < dataset.clips.size(); ++i) {
    if (dataset.clips[i].subject == subject) clips.push_back(static_cast<std::int64_t>(i));
  }
  return clips;
}

// All clips that are in neither sorted list.
Indices Others(const Dataset& dataset, const Indices& a, const Indices& b) {
  Indices others;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(dataset.clips.size()); ++i) {
    if (!std::binary_search(a.begin(), a.end(), i) && !std::binary_search(b.begin(), b.end(), i)) {
      others.push_back(i);
    }
  }
  return others;
}

std::string NextSubject(const Dataset& dataset, const std::string& held_out) {
  const std::vector<std::string> subjects = SortedSubjects(dataset);
  const auto at = std::find(subjects.begin(), subjects.end(), held_out);
  UNMASK_CHECK(at != subjects.end());
  return at + 1 == subjects.end() ? subjects.front() : *(at + 1);
}

// How many of a class's clips validate: a tenth, rounded; at least one where one is left to train.
std::size_t TenthOf(std::size_t clips) {
  return clips < 2 ? 0 : std::max<std::size_t>(1, (clips + 5) / 10);
}

Indices InnerSplit(const JobSpec& spec, const Indices& candidates, const Indices& labels) {
  std::map<std::int64_t, Indices> by_label;
  for (const std::int64_t clip : candidates) {
    by_label[labels[static_cast<std::size_t>(clip)]].push_back(clip);
  }
  const RandomStream stream(spec.seed, spec.held_out, "inner-split");
  Indices validation;
  for (const auto& [label, clips] : by_label) {
    const auto order = stream.Permutation(static_cast<std::uint32_t>(clips.size()), 0,
                                          static_cast<std::uint32_t>(label));
    for (std::size_t i = 0; i < TenthOf(clips.size()); ++i) validation.push_back(clips[order[i]]);
  }
  std::sort(validation.begin(), validation.end());
  return validation;
}

Indices ValidationClips(const JobSpec& spec, const Dataset& dataset, const Indices& held_out,
                        const Indices& labels) {
  switch (spec.settings.train.validation) {
    case Validation::kInnerSubject:
      return ClipsOfSubject(dataset, NextSubject(dataset, spec.held_out));
    case Validation::kInnerSplit:
      return InnerSplit(spec, Others(dataset, held_out, {}), labels);
    case Validation::kLeaky:
      return held_out;
    case Validation::kNone:
      return {};
  }
  UNMASK_CHECK(false);
}

// Whether no fold can lack `needed` clips, as is usual: the two largest subjects may be held out
// and validate, and `inner-split` takes at most half of the others.
bool SurelyHasEnough(const Dataset& dataset, std::int64_t needed) {
  std::map<std::string_view, std::int64_t> clips;  // by subject
  for (const Clip& clip : dataset.clips) ++clips[clip.subject];
  std::int64_t largest = 0;
  for (const auto& [subject, count] : clips) largest = std::max(largest, count);
  return std::ssize(dataset.clips) - 2 * largest >= 2 * needed;
}

}  // namespace

std::int64_t LeastBatch(const Settings& settings) {
  const bool unbiased = settings.model.kind == ModelKind::kDsid && settings.loss.alpha > 0 &&
                        settings.loss.hsic == HsicKind::kUnbiased;
  const std::int64_t least = unbiased ? 4 : 2;
  return std::max(least, settings.train.devices);
}

std::vector<std::string> ClassesOf(Task task, const Dataset& dataset) {
  return task == Task::kTer ? TrueClasses(dataset) : DisguisedClasses(dataset);
}

Result<TaskLabels> LabelsOf(Task task, const Dataset& dataset) {
  TaskLabels labels;
  labels.task = task;
  labels.classes = ClassesOf(task, dataset);
  for (const Clip& clip : dataset.clips) {
    const std::string& label = task == Task::kTer ? clip.true_label : clip.disguised_label;
    if (label.empty()) {
      return DataError(fmt::format("no {} label", Name(task)), fmt::format("clip {}", clip.sample),
                       "a label for every clip");
    }
    const auto at = std::lower_bound(labels.classes.begin(), labels.classes.end(), label);
    labels.labels.push_back(at - labels.classes.begin());
  }
  return labels;
}

Result<FoldSplit> SplitClips(const JobSpec& spec, const Dataset& dataset,
                             const std::vector<std::int64_t>& labels) {
  FoldSplit split;
  split.held_out = ClipsOfSubject(dataset, spec.held_out);
  if (split.held_out.empty()) {
    return DataError(fmt::format("held-out subject '{}' has no clips", spec.held_out), "dataset");
  }
  split.validation = ValidationClips(spec, dataset, split.held_out, labels);
  split.train = Others(dataset, split.held_out, split.validation);
  const bool validates = spec.settings.train.validation != Validation::kNone;
  if (split.train.empty() || (validates && split.validation.empty())) {
    return DataError(fmt::format("too few clips to hold out subject '{}'", spec.held_out),
                     "dataset", "clips left to train on and to validate with");
  }
  const std::int64_t least = LeastBatch(spec.settings);
  const auto clips = static_cast<std::int64_t>(split.train.size());
  if (clips >= least) return split;
  return DataError(fmt::format("{} training clips in fold '{}'", clips, spec.held_out), "dataset",
                   fmt::format("at least {}", least));
}

std::vector<Problem> FoldProblems(const JobSpec& spec, const Dataset& dataset) {
  const auto labels = LabelsOf(TasksOf(spec.settings).front(), dataset);
  if (!labels.ok()) return labels.error().problems;
  // With more clips than classes some class has one to validate with.
  const std::int64_t needed = LeastBatch(spec.settings) + std::ssize(labels->classes);
  if (SurelyHasEnough(dataset, needed)) return {};
  std::vector<Problem> problems;
  JobSpec fold = spec;
  for (const std::string& subject : SortedSubjects(dataset)) {
    fold.held_out = subject;
    const auto split = SplitClips(fold, dataset, labels->labels);
    if (!split.ok()) problems.push_back(split.error().problems.front());
  }
  return problems;
}

}  // namespace unmask
