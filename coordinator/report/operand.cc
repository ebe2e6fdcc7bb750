#include "coordinator/report/operand.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "common/base/text.h"
#include "common/config/point_label.h"
#include "coordinator/report/point_argument.h"
#include "sql/store_reader.h"

namespace unmask {
namespace {

struct Parts {
  std::string sweep;
  std::string cell;  // EXPERIMENT[@POINT]; empty: the whole sweep
  bool is_sweep = true;
};

Parts SplitOperand(std::string_view text) {
  const std::size_t at = text.find('@');
  const std::size_t colon = text.find(':');
  if (colon < at) {
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1)), false};
  }
  if (at != std::string_view::npos) return {"", std::string(text), false};
  return {std::string(text), "", true};
}

// "alpha" and "loss.alpha" mean "loss.alpha".
bool IsKey(std::string_view asked, const std::string& key) {
  return key == asked || key.ends_with("." + std::string(asked));
}

bool IsValue(std::string_view asked, const nlohmann::json& value) {
  const auto number = ParseReal(asked);
  return value.is_number() ? number == value.get<double>() : PointValue(value) == asked;
}

bool Fits(const std::string& point, const std::vector<std::string>& conditions) {
  const auto json = nlohmann::json::parse(point, nullptr, false);
  for (const std::string& condition : conditions) {
    const std::size_t equals = condition.find('=');
    bool fits = false;
    for (const auto& [key, value] : json.items()) {
      fits |=
          IsKey(condition.substr(0, equals), key) && IsValue(condition.substr(equals + 1), value);
    }
    if (!fits) return false;
  }
  return true;
}

std::string ListPoints(const std::string& experiment, const std::set<std::string>& points) {
  constexpr std::size_t kShown = 12;
  std::vector<std::string> labels;
  for (const std::string& point : points) {
    if (labels.size() == kShown) {
      labels.emplace_back("...");
      break;
    }
    labels.push_back(":" + experiment + "@" + Join(PointConditions(point), ","));
  }
  return "one of: " + Join(labels, "; ");
}

Result<PointName> ChoosePoint(const SweepResults& results, const std::string& experiment,
                              const std::string& conditions, std::string_view text) {
  std::vector<std::string> wanted;
  if (!conditions.empty()) wanted = Split(conditions, ',');
  for (const std::string& condition : wanted) {
    if (condition.find('=') != std::string::npos) continue;
    return UsageError(fmt::format("'{}' is no KEY=VALUE", condition), std::string(text),
                      "EXPERIMENT@alpha=0.5,beta=1");
  }
  std::set<std::string> all;
  std::set<std::string> fitting;
  for (const CellRow& cell : results.cells) {
    if (cell.experiment != experiment) continue;
    all.insert(cell.point);
    if (Fits(cell.point, wanted)) fitting.insert(cell.point);
  }
  if (fitting.size() == 1) return PointName{experiment, *fitting.begin()};
  const std::string where = fmt::format("experiment {} of {}", experiment, results.sweep);
  if (fitting.empty()) {
    return UsageError(fmt::format("no point has '{}'", conditions), where,
                      ListPoints(experiment, all));
  }
  return UsageError(conditions.empty()
                        ? fmt::format("'{}' has {} points", text, fitting.size())
                        : fmt::format("'{}' fits {} points", conditions, fitting.size()),
                    where, ListPoints(experiment, fitting));
}

std::vector<std::string> ExperimentsOf(const SweepResults& results) {
  std::set<std::string> names;
  for (const CellRow& cell : results.cells) names.insert(cell.experiment);
  return {names.begin(), names.end()};
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<PointName> ChooseCell(const SweepResults& results, const std::string& cell,
                             std::string_view text) {
  const std::vector<std::string> experiments = ExperimentsOf(results);
  if (Contains(experiments, cell)) return ChoosePoint(results, cell, "", text);
  const std::size_t at = cell.rfind('@');
  const std::string experiment = cell.substr(0, at);
  if (!Contains(experiments, experiment)) {
    return UsageError(fmt::format("unknown experiment '{}'", experiment), "sweep " + results.sweep,
                      DidYouMean(experiment, experiments, "one of " + Join(experiments, ", ")));
  }
  return ChoosePoint(results, experiment, at == std::string::npos ? "" : cell.substr(at + 1), text);
}

// A sweep that is not there may be an experiment whose colon was forgotten.
Error WithHint(Error error, StoreReader& reader, const std::string& name) {
  const auto newest = ReadSweepResultsWithin(reader, "");
  if (error.code != ErrorCode::kUsage || !newest) return error;
  if (Contains(ExperimentsOf(*newest), name)) {
    error.problems.front().expected = fmt::format("did you mean ':{}'?", name);
  }
  return error;
}

Result<std::shared_ptr<const SweepResults>> ReadResults(StoreReader& reader,
                                                        const std::string& sweep,
                                                        const Operand* other) {
  if (other != nullptr) {
    UNMASK_ASSIGN(const SweepRow found, reader.FindSweep(sweep));
    if (found.sweep == other->results->sweep) return other->results;
  }
  UNMASK_ASSIGN(SweepResults results, ReadSweepResultsWithin(reader, sweep));
  return std::make_shared<const SweepResults>(std::move(results));
}

}  // namespace

std::string Operand::Label() const {
  if (!chosen) return results->sweep;
  return results->sweep + " " + PointArgument(chosen->experiment, chosen->point);
}

Result<Operand> ReadOperand(StoreReader& reader, std::string_view text, const Operand* other) {
  const Parts parts = SplitOperand(text);
  Operand operand;
  auto results = ReadResults(reader, parts.sweep, other);
  if (!results) {
    return parts.is_sweep ? WithHint(results.error(), reader, parts.sweep) : results.error();
  }
  operand.results = std::move(results).value();
  UNMASK_ASSIGN(const SweepTexts texts, reader.Texts(operand.results->sweep));
  operand.config_json = texts.config_json;
  if (!parts.is_sweep) {
    UNMASK_ASSIGN(operand.chosen, ChooseCell(*operand.results, parts.cell, text));
  }
  return operand;
}

}  // namespace unmask
