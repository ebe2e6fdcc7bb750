#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"
#include "coordinator/report_page/axis.h"
#include "coordinator/report_page/figures.h"

namespace unmask {
namespace {

using nlohmann::json;

constexpr double kHeight = 250;
constexpr double kLeft = 46;
constexpr double kRight = 272;
constexpr double kTop = 34;
constexpr double kBottom = 206;
constexpr std::size_t kMostSeries = 6;

struct Spread {    // of the folds
  double low = 0;  // first quartile
  double median = 0;
  double high = 0;
  std::size_t folds = 0;
};

struct StreamPoint {
  const ReportCell* cell = nullptr;
  double alpha = 0;
  Spread hsic;
  Spread cosine;
};

struct Series {
  std::string label;
  std::vector<StreamPoint> points;  // by alpha
};

// Linear interpolation between the order statistics, as NumPy does by default.
double Quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Spread SpreadOf(std::vector<double> values) {
  std::ranges::sort(values);
  return {Quantile(values, 0.25), Quantile(values, 0.5), Quantile(values, 0.75), values.size()};
}

std::optional<StreamPoint> PointOf(const ReportCell& cell) {
  std::vector<double> hsic;
  std::vector<double> cosine;
  StreamPoint point;
  point.cell = &cell;
  for (const JobRow* job : cell.jobs) {
    if (!job->held_out_hsic || !job->stream_cosine) continue;
    hsic.push_back(*job->held_out_hsic);
    cosine.push_back(*job->stream_cosine);
    point.alpha = job->alpha.value_or(0);
  }
  if (hsic.empty()) return std::nullopt;
  point.hsic = SpreadOf(std::move(hsic));
  point.cosine = SpreadOf(std::move(cosine));
  return point;
}

// Cells that differ in alpha alone, by kind of loss.
std::vector<Series> SeriesOf(const ReportData& data) {
  std::map<std::string, Series> series;
  for (const ReportCell& cell : data.cells) {
    const auto point = PointOf(cell);
    if (!point) continue;
    const std::string kind = cell.jobs.front()->hsic.value_or("no HSIC");
    json rest = cell.point;
    rest.erase("loss.alpha");
    rest.erase("loss.hsic");
    // The kind first, so that the lines of the study's kinds come before the details.
    const std::string of_rest = rest.empty() ? "" : " " + rest.dump();
    Series& at = series[fmt::format("{} {}{}", kind, cell.experiment, of_rest)];
    at.label = point->alpha == 0 ? cell.experiment : kind;
    at.points.push_back(*point);
  }
  std::vector<Series> found;
  found.reserve(series.size());
  for (auto& [name, one] : series) found.push_back(std::move(one));
  for (Series& one : found) std::ranges::sort(one.points, {}, &StreamPoint::alpha);
  std::ranges::stable_sort(found, std::greater(), [](const Series& s) { return s.points.size(); });
  return found;
}

// Lines are drawn; single points only where they have no HSIC to set the lines against, or where
// there is no line at all.
std::vector<Series> Drawn(const std::vector<Series>& all) {
  const bool lines = all.front().points.size() > 1;
  std::vector<Series> drawn;
  for (const Series& one : all) {
    const bool reference = one.points.front().alpha == 0;
    if (one.points.size() > 1 || reference || !lines) drawn.push_back(one);
    if (drawn.size() == kMostSeries) break;
  }
  return drawn;
}

using Measure = Spread StreamPoint::*;

class StreamPanel {
 public:
  StreamPanel(const std::vector<Series>& series, Measure measure, std::string heading)
      : series_(series),
        measure_(measure),
        heading_(std::move(heading)),
        x_(Alphas(series), kLeft + 10, kRight - 8),
        y_(YAxis()) {}

  Panel Draw() {
    DrawFrame();
    std::vector<double> ends;
    for (std::size_t i = 0; i < series_.size(); ++i) {
      DrawSeries(series_[i], "c" + std::to_string(i));
      ends.push_back(y_.At((series_[i].points.back().*measure_).median));
    }
    const std::vector<double> places = SpreadLabels(ends, 14, kTop, kBottom);
    for (std::size_t i = 0; i < series_.size(); ++i) {
      svg_.Line({kRight + 2, places[i]}, {kRight + 10, places[i]}, "c" + std::to_string(i));
      svg_.Text({kRight + 13, places[i] + 4}, series_[i].label,
                {.room = kPanelWidth - kRight - 13});
    }
    return {kPanelWidth, kHeight, heading_ + " over alpha", std::move(svg_)};
  }

 private:
  static std::vector<json> Alphas(const std::vector<Series>& series) {
    std::vector<json> alphas;
    for (const Series& one : series) {
      for (const StreamPoint& point : one.points) alphas.emplace_back(point.alpha);
    }
    return alphas;
  }

  Axis YAxis() const {
    double low = 0;
    double high = 0;
    for (const Series& one : series_) {
      for (const StreamPoint& point : one.points) {
        low = std::min(low, (point.*measure_).low);
        high = std::max(high, (point.*measure_).high);
      }
    }
    return {low, high, kBottom, kTop};
  }

  void DrawFrame() {
    svg_.Text({0, 14}, heading_, {.css = "strong", .room = kPanelWidth});
    for (const Tick& tick : y_.ticks()) {
      svg_.Line({kLeft, tick.at}, {kRight, tick.at}, tick.label == "0" ? "axis" : "grid");
      svg_.Text({kLeft - 6, tick.at + 4}, tick.label, {.css = "muted", .anchor = Anchor::kEnd});
    }
    for (const Tick& tick : x_.ticks()) {
      svg_.Text({tick.at, kBottom + 16}, tick.label, {.css = "muted", .anchor = Anchor::kMiddle});
    }
    const std::string spacing = x_.spacing();
    svg_.Text({(kLeft + kRight) / 2, kBottom + 34},
              "alpha" + (spacing.empty() ? "" : " (" + spacing + ")"),
              {.css = "muted", .anchor = Anchor::kMiddle});
  }

  void DrawSeries(const Series& one, const std::string& css) {
    std::vector<SvgPoint> line;
    for (const StreamPoint& point : one.points) {
      const Spread& spread = point.*measure_;
      const SvgPoint at{x_.At(point.alpha), y_.At(spread.median)};
      svg_.Line({at.x, y_.At(spread.low)}, {at.x, y_.At(spread.high)}, css + " whisker");
      line.push_back(at);
    }
    svg_.Path(line, css);
    for (std::size_t i = 0; i < line.size(); ++i) {
      const Spread& spread = one.points[i].*measure_;
      svg_.Dot(line[i], 2.6, css,
               fmt::format("{}: median {:.4f} of {} folds", one.points[i].cell->label,
                           spread.median, spread.folds));
    }
  }

  const std::vector<Series>& series_;
  Measure measure_;
  std::string heading_;
  GridValues x_;
  Axis y_;
  Svg svg_;
};

std::string Numbers(const std::vector<Series>& all) {
  CsvLines csv({"experiment", "point", "leaky", "hsic", "alpha", "folds", "hsic_q1", "hsic_median",
                "hsic_q3", "cosine_q1", "cosine_median", "cosine_q3"});
  for (const Series& one : all) {
    for (const StreamPoint& point : one.points) {
      csv.Add({point.cell->experiment, point.cell->point.dump(), LeakyMark(*point.cell),
               point.cell->jobs.front()->hsic.value_or(""), ShortestReal(point.alpha),
               std::to_string(point.hsic.folds), ShortestReal(point.hsic.low),
               ShortestReal(point.hsic.median), ShortestReal(point.hsic.high),
               ShortestReal(point.cosine.low), ShortestReal(point.cosine.median),
               ShortestReal(point.cosine.high)});
    }
  }
  return std::move(csv).text();
}

}  // namespace

std::vector<Figure> StreamFigures(const ReportData& data) {
  const std::vector<Series> all = SeriesOf(data);
  if (all.empty()) return {};
  const std::vector<Series> drawn = Drawn(all);
  Figure figure;
  figure.id = "streams";
  figure.title = "Did the two streams decouple?";
  figure.notes.emplace_back(
      "Measured on held-out clips, whatever the loss: HSIC (biased estimator, RBF, sigma 1; 0 is "
      "independent) and the mean cosine of the two streams' features (1: the same direction). "
      "Dots: median over the folds; bars: quartiles. A loss that decouples goes down with alpha.");
  figure.panels.push_back(StreamPanel(drawn, &StreamPoint::hsic, "Held-out HSIC").Draw());
  figure.panels.push_back(StreamPanel(drawn, &StreamPoint::cosine, "Cosine of the streams").Draw());
  figure.csv = Numbers(all);
  return {figure};
}

}  // namespace unmask
