#include "coordinator/report_page/axis.h"

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "common/config/point_label.h"

namespace unmask {
namespace {

double NiceStep(double rough) {
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * 0.999) return factor * power;
  }
  return 10 * power;
}

// Neighbours nearer than this would touch, in pixels.
constexpr double kLeastGap = 13;

double LeastGap(const std::vector<double>& places) {
  double gap = 1e9;
  for (std::size_t i = 1; i < places.size(); ++i) gap = std::min(gap, places[i] - places[i - 1]);
  return gap;
}

// Each value's place between `from` and `to`, as `scale` spaces them.
template <typename Scale>
std::vector<double> Places(const std::vector<nlohmann::json>& values, double from, double to,
                           Scale scale) {
  const double low = scale(values.front().get<double>());
  const double high = scale(values.back().get<double>());
  std::vector<double> places;
  places.reserve(values.size());
  for (const auto& value : values) {
    places.push_back(from + (scale(value.get<double>()) - low) / (high - low) * (to - from));
  }
  return places;
}

std::vector<double> Evenly(std::size_t count, double from, double to) {
  std::vector<double> places;
  places.reserve(count);
  const double step = count > 1 ? (to - from) / static_cast<double>(count - 1) : 0;
  for (std::size_t i = 0; i < count; ++i) {
    places.push_back(count > 1 ? from + step * static_cast<double>(i) : (from + to) / 2);
  }
  return places;
}

}  // namespace

Axis::Axis(double low, double high, double from, double to, int count, bool whole)
    : low_(low), high_(high), from_(from), to_(to) {
  if (!(high > low)) high_ = high = low + 1;
  double step = NiceStep((high - low) / std::max(1, count));
  if (whole) step = std::max(1.0, std::round(step));
  low_ = std::floor(low / step + 1e-9) * step;
  high_ = std::ceil(high / step - 1e-9) * step;
  const auto steps = static_cast<int>(std::lround((high_ - low_) / step));
  for (int i = 0; i <= steps; ++i) {
    const double value = std::round((low_ + i * step) / step) * step;
    ticks_.push_back({At(value), ShortestReal(std::round(value * 1e9) / 1e9 + 0.0)});
  }
}

double Axis::At(double value) const {
  return from_ + (value - low_) / (high_ - low_) * (to_ - from_);
}

GridValues::GridValues(std::vector<nlohmann::json> values, double from, double to)
    : values_(std::move(values)) {
  std::ranges::sort(values_);
  values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
  numeric_ = std::ranges::all_of(values_, [](const auto& value) { return value.is_number(); });
  Place(from, to);
  double right = -1e9;
  for (Tick& tick : ticks_) {
    const double half = TextWidth(tick.label) / 2;
    if (numeric_ && tick.at - half < right + 4) {
      tick.label.clear();
    } else {
      right = tick.at + half;
    }
  }
}

void GridValues::Place(double from, double to) {
  std::vector<double> places;
  if (numeric_ && values_.size() > 1) {
    places = Places(values_, from, to, [](double value) { return value; });
    if (LeastGap(places) < kLeastGap && values_.front().get<double>() > 0) {
      places = Places(values_, from, to, [](double value) { return std::log(value); });
      spacing_ = "log scale";
    }
  }
  if (places.empty() || LeastGap(places) < kLeastGap) {
    places = Evenly(values_.size(), from, to);
    spacing_ = numeric_ && values_.size() > 1 ? "evenly spaced" : "";
  }
  for (std::size_t i = 0; i < values_.size(); ++i) {
    ticks_.push_back({places[i], PointValue(values_[i])});
  }
}

double GridValues::At(const nlohmann::json& value) const {
  const auto at = std::ranges::find(values_, value);
  return at == values_.end() ? 0 : ticks_[static_cast<std::size_t>(at - values_.begin())].at;
}

std::string GridValues::Title(const std::string& key) const {
  const std::string spacing = spacing_;
  return key + (spacing.empty() ? "" : " (" + spacing + ")");
}

void DrawAxes(const AxesFrame& frame, const std::vector<Tick>& x, const std::vector<Tick>& y,
              std::string_view title, Svg& svg) {
  for (const Tick& tick : y) {
    const bool axis = !frame.floor && tick.label == "0";
    svg.Line({frame.left, tick.at}, {frame.right, tick.at}, axis ? "axis" : "grid");
    svg.Text({frame.left - 6, tick.at + 4}, tick.label, {.css = "muted", .anchor = Anchor::kEnd});
  }
  if (frame.floor) svg.Line({frame.left, frame.bottom}, {frame.right, frame.bottom}, "axis");
  for (const Tick& tick : x) {
    const bool end = tick.at > frame.right - 1;  // in the middle its label would leave the panel
    svg.Text(
        {tick.at, frame.bottom + frame.labels}, tick.label,
        {.css = "muted", .anchor = end ? Anchor::kEnd : Anchor::kMiddle, .room = frame.label_room});
  }
  svg.Text({(frame.left + frame.right) / 2, frame.bottom + frame.title}, title,
           {.css = "muted", .anchor = Anchor::kMiddle, .room = frame.right - frame.left});
}

}  // namespace unmask
