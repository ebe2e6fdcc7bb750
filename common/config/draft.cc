#include "common/config/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "common/base/text.h"
#include "common/config/names.h"

namespace unmask {
namespace {

constexpr std::string_view kExperiments = "experiments.";
constexpr std::string_view kGrid = "grid.";

std::vector<std::string> StudyKeys() {
  std::vector<std::string> keys = FieldKeys();
  keys.insert(keys.end(), {"name", "seeds", "grid", "grid.alpha", "grid.beta", "grid.shape",
                           "experiments", "tables"});
  return keys;
}

std::vector<std::string> GridKeys() {
  std::vector<std::string> keys{"grid.alpha", "grid.beta", "grid.shape"};
  for (const std::string& key : FieldKeys()) keys.push_back("grid." + key);
  return keys;
}

// Whether `key` only groups others: "loss" of "loss.alpha".
bool IsSection(const std::string& key, const std::vector<std::string>& keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const std::string& other) { return other.starts_with(key + "."); });
}

bool IsEmpty(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kNull ||
         (node.kind == YamlNode::Kind::kMap && node.entries.empty());
}

bool IsSweepName(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= 64 && plain(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

// `rest` of "experiments.REST" is no setting of an experiment, of which there are `names`.
void ReportNoSetting(const std::string& rest, const std::vector<std::string>& names,
                     Reporter& reporter) {
  const auto whole = std::ranges::find_if(names, [&](const std::string& known) {
    return rest == known || rest.starts_with(known + "=");
  });
  if (whole != names.end()) {
    reporter.Add(fmt::format("wrong type for experiment '{}'", *whole), 0,
                 fmt::format("a map of its settings: experiments.{}.KEY=VALUE", *whole));
    return;
  }
  const std::string name = rest.substr(0, rest.find_first_of(".="));
  reporter.Add(fmt::format("unknown experiment '{}'", name), 0,
               DidYouMean(name, names, "one of " + Join(names, ", ")));
}

}  // namespace

std::string FullKey(const std::string& key) {
  return key == "alpha" || key == "beta" ? "loss." + key : key;
}

void DraftReader::ReadFile(const YamlNode& root) {
  if (root.kind != YamlNode::Kind::kMap) {
    reporter_.Add("not a study", std::max(root.line, 1), "a map of keys, such as 'name: my-study'");
    return;
  }
  for (const YamlNode::Entry& entry : root.entries) {
    if (entry.key == "experiments") {
      ReadExperiments(entry.value);
    } else if (entry.key == "tables") {
      draft_.tables = &entry.value;
    } else if (entry.value.kind == YamlNode::Kind::kMap && !entry.value.entries.empty()) {
      for (const auto& [key, node] : Flatten(entry.value, entry.key + ".")) {
        ReadStudyKey(key, *node);
      }
    } else {
      ReadStudyKey(entry.key, entry.value);
    }
  }
}

void DraftReader::ReadExperiments(const YamlNode& node) {
  if (IsEmpty(node)) return;
  if (node.kind != YamlNode::Kind::kMap) {
    reporter_.Add("wrong type for 'experiments'", node.line, "a map from names to settings");
    return;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    if (entry.key.empty() || EscapeControl(entry.key) != entry.key) {
      reporter_.Add(fmt::format("impossible name of an experiment: '{}'", entry.key), entry.line,
                    "text without control characters");
    }
    draft_.experiments.push_back({entry.key, true, {}, {}});
    if (IsEmpty(entry.value)) continue;
    if (entry.value.kind != YamlNode::Kind::kMap) {
      reporter_.Add(fmt::format("wrong type for experiment '{}'", entry.key), entry.value.line,
                    "a map of its settings");
      continue;
    }
    for (const auto& [key, setting] : Flatten(entry.value, "")) {
      ReadExperimentKey(draft_.experiments.back(), key, *setting);
    }
  }
}

void DraftReader::ReadArguments(const std::vector<std::string>& arguments) {
  if (draft_.experiments.empty()) draft_.experiments.push_back({"main", true, {}, {}});
  std::map<std::string, std::string> latest;  // by what it sets, as written
  for (const std::string& argument : arguments) {
    const std::string key = argument.substr(0, argument.find('='));
    const bool grid = key.starts_with(kGrid);
    std::string& last = latest[grid ? std::string(kGrid) + FullKey(key.substr(kGrid.size())) : key];
    if (!last.empty() && last != argument) {
      draft_.notes.push_back(fmt::format("{} has no effect: {} comes later", last, argument));
    }
    last = argument;
    if (argument.starts_with(kExperiments)) {
      ReadExperimentArgument(argument);
    } else {
      ReadArgument(argument);
    }
  }
}

void DraftReader::ReadArgument(const std::string& argument) {
  const auto equals = argument.find('=');
  if (equals == std::string::npos) {
    reporter_.Add(fmt::format("not an override: '{}'", argument), 0, "KEY=VALUE");
    return;
  }
  const std::string key = argument.substr(0, equals);
  const std::string_view value = std::string_view(argument).substr(equals + 1);
  if (key == "experiments" || key == "tables" || key.starts_with("tables.")) {
    reporter_.Add(fmt::format("'{}' cannot be set by KEY=VALUE", key), 0, "an entry in the file");
    return;
  }
  const bool grid = key.starts_with(kGrid);
  const bool list = key == "seeds" || (grid && key != "grid.shape");
  if (grid) draft_.grid_overrides[FullKey(key.substr(kGrid.size()))] = argument;
  ReadStudyKey(key, list ? ListArgument(value) : ScalarArgument(value));
}

// Names are any text, so the longest experiment that fits the argument's beginning is meant.
void DraftReader::ReadExperimentArgument(const std::string& argument) {
  const std::string rest = argument.substr(kExperiments.size());
  ExperimentDraft* experiment = nullptr;
  std::vector<std::string> names;
  for (ExperimentDraft& candidate : draft_.experiments) {
    names.push_back(candidate.name);
    if (rest.starts_with(candidate.name + ".") &&
        (experiment == nullptr || candidate.name.size() > experiment->name.size())) {
      experiment = &candidate;
    }
  }
  if (experiment == nullptr) return ReportNoSetting(rest, names, reporter_);
  const std::string setting = rest.substr(experiment->name.size() + 1);
  const auto equals = setting.find('=');
  if (equals == std::string::npos) {
    reporter_.Add(fmt::format("not an override: '{}'", argument), 0, "experiments.NAME.KEY=VALUE");
    return;
  }
  ReadExperimentKey(*experiment, setting.substr(0, equals),
                    ScalarArgument(std::string_view(setting).substr(equals + 1)));
}

void DraftReader::ReadStudyKey(const std::string& key, const YamlNode& node) {
  if (key == "name") return ReadName(node);
  if (key == "seeds") return ReadSeeds(node);
  if (key.starts_with(kGrid)) return ReadGridKey(key.substr(kGrid.size()), node);
  if (const Field* field = FindField(key)) {
    return Assign(node.line == 0 ? draft_.overrides : draft_.settings, *field, key, node);
  }
  if (!IsSection(key, StudyKeys())) {
    reporter_.Add(fmt::format("unknown key '{}'", key), node.line, KeyHint(key, StudyKeys()));
  } else if (!IsEmpty(node)) {
    reporter_.Add(fmt::format("wrong type for '{}'", key), node.line, "a map of keys");
  }
}

void DraftReader::ReadExperimentKey(ExperimentDraft& experiment, const std::string& key,
                                    const YamlNode& node) {
  const std::string full = fmt::format("{}{}.{}", kExperiments, experiment.name, key);
  if (key == "grid") {
    const auto grid = ReadValue(BoolType(), full, node, reporter_);
    if (grid) experiment.grid = std::get<bool>(*grid);
    return;
  }
  if (const Field* field = FindField(key)) {
    return Assign(node.line == 0 ? experiment.overrides : experiment.own, *field, full, node);
  }
  std::vector<std::string> keys = FieldKeys();
  if (IsSection(key, keys)) {
    if (!IsEmpty(node)) {
      reporter_.Add(fmt::format("wrong type for '{}' in experiment '{}'", key, experiment.name),
                    node.line, "a map of keys");
    }
    return;
  }
  keys.emplace_back("grid");
  reporter_.Add(fmt::format("unknown key '{}' in experiment '{}'", key, experiment.name), node.line,
                KeyHint(key, keys));
}

void DraftReader::ReadName(const YamlNode& node) {
  if (!FirstTime("name", node)) return;
  const auto name = ReadValue(TextType(), "name", node, reporter_);
  if (!name) return;
  draft_.name = std::get<std::string>(*name);
  if (!IsSweepName(draft_.name)) {
    reporter_.Add(fmt::format("impossible value for 'name': '{}'", draft_.name), node.line,
                  "at most 64 letters, digits, '.', '_' or '-', the first a letter or digit");
  }
}

void DraftReader::ReadSeeds(const YamlNode& node) {
  if (!FirstTime("seeds", node)) return;
  const ValueType type = WholeType(0, std::numeric_limits<std::int64_t>::max());
  draft_.seeds.clear();
  if (node.kind == YamlNode::Kind::kScalar && node.line > 0) {
    draft_.notes.push_back(
        fmt::format("seeds: {} is one seed, not so many; several are a list", node.text));
  }
  for (const Value& seed : ReadList(type, "seeds", node, reporter_)) {
    draft_.seeds.push_back(std::get<std::int64_t>(seed));
  }
}

void DraftReader::ReadGridKey(const std::string& key, const YamlNode& node) {
  const std::string full = FullKey(key);
  if (!FirstTime("grid." + full, node)) return;
  if (key == "shape") {
    const auto shape = ReadValue(ChoiceType(kNames<GridShape>), "grid.shape", node, reporter_);
    if (shape) draft_.grid.shape = FromName<GridShape>(std::get<std::string>(*shape)).value();
    return;
  }
  const Field* field = FindField(full);
  if (field == nullptr) {
    reporter_.Add(fmt::format("unknown key 'grid.{}'", key), node.line,
                  KeyHint("grid." + key, GridKeys()));
    return;
  }
  std::vector<Value> values = ReadList(field->type, "grid." + key, node, reporter_);
  auto& axes = draft_.grid.axes;
  const auto known = std::find_if(axes.begin(), axes.end(),
                                  [&](const GridAxis& axis) { return axis.key == full; });
  if (known != axes.end()) {
    known->values = std::move(values);
  } else {
    axes.push_back({full, std::move(values)});
  }
}

void DraftReader::Assign(Layer& layer, const Field& field, const std::string& name,
                         const YamlNode& node) {
  if (node.line != 0 && layer.contains(field.key)) {
    reporter_.Add(fmt::format("duplicate key '{}'", name), node.line, "each key once");
    return;
  }
  const auto value = ReadValue(field.type, name, node, reporter_);
  if (value) layer[field.key] = {*value, node.line};
}

bool DraftReader::FirstTime(const std::string& key, const YamlNode& node) {
  if (node.line == 0 || seen_.insert(key).second) return true;
  reporter_.Add(fmt::format("duplicate key '{}'", key), node.line, "each key once");
  return false;
}

}  // namespace unmask
