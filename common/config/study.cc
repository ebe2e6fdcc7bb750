#include "common/config/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/files.h"
#include "common/base/text.h"
#include "common/config/draft.h"
#include "common/config/grid.h"
#include "common/config/names.h"
#include "common/config/tables.h"

namespace unmask {
namespace {

void Put(const Layer& layer, Settings& settings) {
  for (const auto& [key, assignment] : layer) SetSetting(settings, key, assignment.value);
}

Experiment Resolve(const StudyDraft& draft, const Settings& study, const ExperimentDraft& own) {
  Experiment experiment{own.name, own.grid && !draft.grid.axes.empty(), study};
  Put(own.own, experiment.settings);
  Put(own.overrides, experiment.settings);
  return experiment;
}

const Assignment* OwnSetting(const ExperimentDraft& experiment, const std::string& key) {
  for (const Layer* layer : {&experiment.overrides, &experiment.own}) {
    const auto found = layer->find(key);
    if (found != layer->end()) return &found->second;
  }
  return nullptr;
}

// The grid's other axes, where a setting of the axis `key` holds along their lines.
std::vector<std::string> LinesOf(const Grid& grid, const std::string& key) {
  std::vector<std::string> others;
  for (const GridAxis& axis : grid.axes) {
    if (grid.shape == GridShape::kLines && axis.key != key) others.push_back(axis.key);
  }
  return others;
}

// What the user may not expect of `key`=`text` where the grid has the same key.
std::string GridNote(const Grid& grid, const std::string& key, const std::string& argument) {
  const std::vector<std::string> others = LinesOf(grid, key);
  if (!others.empty()) {
    return fmt::format(
        "{} holds on the grid's lines of {}; along {} itself the grid's values stand "
        "(grid.{}=... sets them)",
        argument, Join(others, ", "), key, key);
  }
  return fmt::format(
      "{} has no effect where the grid applies: the values of grid.{} stand "
      "(grid.{}=... sets them)",
      argument, key, key);
}

std::string UnusedGridNote(const std::string& argument) {
  return fmt::format(
      "{} has no effect: the grid applies to no experiment (experiments.NAME.grid=true would)",
      argument);
}

// Every KEY=VALUE that does not reach all that it names, and what the file itself sets in vain.
std::vector<std::string> ShadowNotes(const StudyDraft& draft) {
  std::vector<std::string> notes = draft.notes;
  const auto in_grid = [&](const std::string& key) {
    return std::any_of(draft.grid.axes.begin(), draft.grid.axes.end(),
                       [&](const GridAxis& axis) { return axis.key == key; });
  };
  const bool grid_used = std::any_of(draft.experiments.begin(), draft.experiments.end(),
                                     [](const ExperimentDraft& own) { return own.grid; });
  for (const auto& [key, assignment] : draft.overrides) {
    const std::string argument = key + "=" + ToText(assignment.value);
    for (const ExperimentDraft& experiment : draft.experiments) {
      const Assignment* own = OwnSetting(experiment, key);
      if (own == nullptr || own->value == assignment.value) continue;
      // There its own setting would not hold either; the grid's note says so.
      if (experiment.grid && in_grid(key) && LinesOf(draft.grid, key).empty()) continue;
      // Whoever has set the experiment's own value on the command line knows how.
      const std::string advice =
          experiment.overrides.contains(key)
              ? ""
              : fmt::format(" (experiments.{}.{} would)", experiment.name, argument);
      notes.push_back(fmt::format("{} does not reach experiment '{}', whose own setting is {}{}",
                                  argument, experiment.name, ToText(own->value), advice));
    }
    if (grid_used && in_grid(key)) notes.push_back(GridNote(draft.grid, key, argument));
  }
  for (const auto& [key, argument] : draft.grid_overrides) {
    if (!grid_used) notes.push_back(UnusedGridNote(argument));
  }
  for (const ExperimentDraft& experiment : draft.experiments) {
    Layer own = experiment.overrides;
    for (const auto& [key, assignment] : experiment.own) {
      if (LinesOf(draft.grid, key).empty()) own.try_emplace(key, assignment);
    }
    for (const auto& [key, assignment] : own) {
      const std::string argument =
          fmt::format("experiments.{}.{}={}", experiment.name, key, ToText(assignment.value));
      if (experiment.grid && in_grid(key)) notes.push_back(GridNote(draft.grid, key, argument));
    }
  }
  return notes;
}

// What is synthetic takes the place of what is not named. `asked`: what the command line says of
// the experiment, which is what is reported.
std::vector<std::string> SynthNotes(const Settings& settings, const Layer& asked) {
  std::vector<std::string> notes;
  const auto stands = [&](std::string_view key, const char* synth_key, std::int64_t synth) {
    notes.push_back(fmt::format("{} stands; {}={} has no effect", key, synth_key, synth));
  };
  const Settings::Dataset& dataset = settings.dataset;
  if (asked.contains("dataset.synth") && !dataset.manifest.empty() && dataset.synth != 0) {
    stands("dataset.manifest", "dataset.synth", dataset.synth);
  }
  const std::int64_t weights = settings.weights.synth;
  if (asked.contains("weights.synth") && SeesPictures(settings) && weights != 0) {
    const std::string folder = fmt::format("weights.{}", Name(settings.features.source));
    if (GetSetting(settings, folder) != Value(std::string())) {
      stands(folder, "weights.synth", weights);
    }
  }
  return notes;
}

// Those of each experiment: once where all have the same.
void AddSynthNotes(const StudyDraft& draft, Study& study) {
  std::map<std::string, std::vector<std::string>> experiments;
  for (std::size_t i = 0; i < study.experiments.size(); ++i) {
    Layer asked = draft.experiments[i].overrides;
    asked.insert(draft.overrides.begin(), draft.overrides.end());
    for (const std::string& note : SynthNotes(study.experiments[i].settings, asked)) {
      experiments[note].push_back(study.experiments[i].name);
    }
  }
  for (const auto& [note, names] : experiments) {
    const bool all = names.size() == study.experiments.size();
    study.notes.push_back(all ? note
                              : fmt::format("{} in experiment '{}'", note, Join(names, "', '")));
  }
}

// A study without a name is called as its file is.
std::string NameOfFile(const std::string& path) {
  std::string name = fs::path(path).stem().string().substr(0, 64);
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '.' && c != '_') c = '-';
  }
  const auto first = name.find_first_not_of(".-_");
  return first == std::string::npos ? "study" : name.substr(first);
}

Study ResolveStudy(const StudyDraft& draft, const std::string& path, Reporter& reporter) {
  Study study;
  study.name = draft.name.empty() ? NameOfFile(path) : draft.name;
  study.seeds = draft.seeds;
  study.grid = draft.grid;
  Put(draft.settings, study.settings);
  Put(draft.overrides, study.settings);
  for (const ExperimentDraft& own : draft.experiments) {
    study.experiments.push_back(Resolve(draft, study.settings, own));
  }
  if (CountPoints(study.grid) > kPointsMax) {
    reporter.Add("the grid has too many points", 1, fmt::format("at most {}", kPointsMax));
  }
  study.notes = ShadowNotes(draft);
  if (draft.tables != nullptr) {
    study.tables_json = NormaliseTables(*draft.tables, study, reporter, study.notes);
  }
  AddSynthNotes(draft, study);
  return study;
}

// What is wrong with a configuration is a usage error, a missing file included.
Result<std::string> ReadStudyFile(const std::string& path) {
  auto text = ReadFile(path, kYamlBytesMax);
  if (!text.ok()) return Error(ErrorCode::kUsage, text.error().problems);
  return text;
}

}  // namespace

Result<Study> ParseStudy(std::string_view text, const std::string& name,
                         const std::vector<std::string>& overrides) {
  UNMASK_ASSIGN(const YamlDocument document, ParseYaml(text, name));
  Reporter reporter(name);
  reporter.Add(document.problems);
  DraftReader reader(reporter);
  reader.ReadFile(document.root);
  reader.ReadArguments(overrides);
  Study study = ResolveStudy(reader.Take(), name, reporter);
  if (!reporter.problems().empty()) return Error(ErrorCode::kUsage, reporter.problems());
  return study;
}

Result<Study> LoadStudy(const std::string& path, const std::vector<std::string>& overrides) {
  UNMASK_ASSIGN(const std::string text, ReadStudyFile(path));
  return ParseStudy(text, path, overrides);
}

}  // namespace unmask
