#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/random/philox.h"
#include "worker/trainer/fold_data.h"

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

}  // namespace

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
  return split;
}

}  // namespace unmask
