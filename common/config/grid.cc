#include "common/config/grid.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace unmask {
namespace {

// The last key varies fastest, as in nested loops written in the grid's order.
std::vector<GridPoint> ProductPoints(const Grid& grid) {
  std::vector<GridPoint> points{{}};
  for (const GridAxis& axis : grid.axes) {
    std::vector<GridPoint> longer;
    for (const GridPoint& point : points) {
      for (const Value& value : axis.values) {
        longer.push_back(point);
        longer.back().emplace_back(axis.key, value);
      }
    }
    points = std::move(longer);
  }
  return points;
}

std::vector<GridPoint> LinePoints(const Grid& grid, const Settings& own) {
  GridPoint center;
  for (const GridAxis& axis : grid.axes) {
    center.emplace_back(axis.key, GetSetting(own, axis.key));
  }
  std::vector<GridPoint> points;
  std::set<GridPoint> seen;
  for (std::size_t a = 0; a < grid.axes.size(); ++a) {
    for (const Value& value : grid.axes[a].values) {
      GridPoint point = center;
      point[a].second = value;
      if (seen.insert(point).second) points.push_back(std::move(point));
    }
  }
  return points;
}

}  // namespace

std::int64_t CountPoints(const Grid& grid) {
  std::int64_t count = grid.shape == GridShape::kProduct ? 1 : 0;
  for (const GridAxis& axis : grid.axes) {
    const auto values = static_cast<std::int64_t>(axis.values.size());
    count = grid.shape == GridShape::kProduct ? count * values : count + values;
    count = std::min(count, kPointsMax + 1);
  }
  return count;
}

std::vector<GridPoint> PointsOf(const Study& study, const Experiment& experiment) {
  if (!experiment.grid || study.grid.axes.empty()) return {{}};
  if (study.grid.shape == GridShape::kProduct) return ProductPoints(study.grid);
  return LinePoints(study.grid, experiment.settings);
}

Settings SettingsAt(const Experiment& experiment, const GridPoint& point) {
  Settings settings = experiment.settings;
  for (const auto& [key, value] : point) SetSetting(settings, key, value);
  return settings;
}

// Keys in order: the same point whichever way round a study lists its axes.
std::string PointJson(const GridPoint& point) {
  std::string out = "{";
  for (const auto& [key, value] : std::map(point.begin(), point.end())) {
    if (out.size() > 1) out += ',';
    const bool text = std::holds_alternative<std::string>(value);
    out += nlohmann::json(key).dump() + ':' + (text ? ToJson(value).dump() : ToText(value));
  }
  return out + '}';
}

}  // namespace unmask
