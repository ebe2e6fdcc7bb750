#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"
#include "common/config/point_label.h"
#include "coordinator/report/sheet.h"
#include "coordinator/report_page/axis.h"
#include "coordinator/report_page/figures.h"
#include "coordinator/statistics/quantile.h"

namespace unmask {
namespace {

using nlohmann::json;

constexpr double kLeft = 58;  // of labels like 0.00001
constexpr double kRight = kPanelWidth - 10;
constexpr double kTop = 34;
constexpr double kBottom = 206;
constexpr double kLegend = kBottom + 46;  // below: what the lines are, one a row
constexpr double kLegendRow = 16;
constexpr std::size_t kMostSeries = kMarkers;

struct Spread {    // of the folds
  double low = 0;  // first quartile
  double median = 0;
  double high = 0;
};

struct StreamPoint {
  const ReportCell* cell = nullptr;
  double alpha = 0;
  std::optional<Spread> hsic;  // not while folds are missing
  std::optional<Spread> cosine;

  const TableCell& figures() const { return cell->tasks.begin()->second; }
};

struct Series {
  std::string experiment;
  std::string detail;               // what else tells it apart
  std::vector<StreamPoint> points;  // by alpha
};

Spread SpreadOf(std::vector<double> values) {
  std::ranges::sort(values);
  return {Quantile(values, 0.25), Quantile(values, 0.5), Quantile(values, 0.75)};
}

std::optional<StreamPoint> PointOf(const ReportCell& cell) {
  std::vector<double> hsic;
  std::vector<double> cosine;
  StreamPoint point;
  point.cell = &cell;
  for (const JobRow* job : cell.jobs) {
    if (!job->stream_cosine) continue;
    if (job->held_out_hsic) hsic.push_back(*job->held_out_hsic);  // a subject of one clip has none
    cosine.push_back(*job->stream_cosine);
    point.alpha = job->alpha.value_or(0);
  }
  if (hsic.empty()) return std::nullopt;  // or nothing but such subjects
  if (!IsComplete(point.figures())) return point;
  point.hsic = SpreadOf(std::move(hsic));
  point.cosine = SpreadOf(std::move(cosine));
  return point;
}

// The point without alpha and the kind of loss, which have places of their own.
json RestOf(const ReportCell& cell) {
  json rest = cell.point;
  rest.erase("loss.alpha");
  rest.erase("loss.hsic");
  return rest;
}

std::string DetailOf(const ReportCell& cell, const std::string& kind) {
  std::string detail = PointLabel(RestOf(cell).dump());
  if (!kind.empty()) detail += (detail.empty() ? "hsic " : ", hsic ") + kind;
  return Marked(detail.empty() ? "" : " " + detail, cell.leaky);
}

using ByKind = std::map<std::string, Series>;  // "": without HSIC

// At alpha 0 no kind of loss has an effect: such a point is where the lines of all kinds begin.
void JoinAtZero(ByKind& kinds) {
  const auto zero = kinds.find("");
  if (zero == kinds.end() || kinds.size() == 1) return;
  for (auto& [kind, series] : kinds) {
    if (kind.empty()) continue;
    for (const StreamPoint& point : zero->second.points) {
      if (point.cell->point.value("loss.hsic", kind) == kind) series.points.push_back(point);
    }
  }
  kinds.erase(zero);
}

// Cells that differ in alpha alone; those with most points first.
std::vector<Series> SeriesOf(const ReportData& data) {
  std::map<std::pair<std::string, std::string>, ByKind> groups;  // by experiment and rest
  for (const ReportCell& cell : data.cells) {
    const auto point = PointOf(cell);
    if (!point) continue;
    const std::string kind = point->alpha == 0 ? "" : cell.jobs.front()->hsic.value_or("");
    Series& series = groups[{cell.experiment, RestOf(cell).dump()}][kind];
    series.experiment = cell.experiment;
    series.detail = DetailOf(cell, kind);
    series.points.push_back(*point);
  }
  std::vector<Series> found;
  for (auto& [group, kinds] : groups) {
    JoinAtZero(kinds);
    for (auto& [kind, series] : kinds) found.push_back(std::move(series));
  }
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

// "; folds missing at 1 of 6 points", or nothing.
std::string MissingText(const Series& series) {
  const auto missing =
      std::ranges::count_if(series.points, [](const StreamPoint& point) { return !point.hsic; });
  if (missing == 0) return "";
  return fmt::format("; folds missing at {} of {} points", missing, series.points.size());
}

using Measure = std::optional<Spread> StreamPoint::*;

class StreamPanel {
 public:
  StreamPanel(const std::vector<Series>& series, Measure measure, std::string heading)
      : series_(series),
        measure_(measure),
        heading_(std::move(heading)),
        x_(Alphas(series), kLeft + 14, kRight - 12),
        y_(YAxis()),
        step_(Step()) {}

  Panel Draw() {
    svg_.Text({0, 14}, heading_, {.css = "strong", .room = kPanelWidth});
    DrawAxes({.left = kLeft, .right = kRight, .bottom = kBottom}, x_.ticks(), y_.ticks(),
             x_.Title("alpha"), svg_);
    for (std::size_t i = 0; i < series_.size(); ++i) {
      DrawSeries(i);
      DrawLegend(i);
    }
    const double height = kLegend + kLegendRow * static_cast<double>(series_.size());
    return {kPanelWidth, height, heading_ + " over alpha", std::move(svg_)};
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
        const auto& spread = point.*measure_;
        if (spread) low = std::min(low, spread->low);
        if (spread) high = std::max(high, spread->high);
      }
    }
    return {low, high, kBottom, kTop};
  }

  static std::string Css(std::size_t i) { return "c" + std::to_string(i); }

  // Beside its value, by its place among the series, so that none covers another.
  double X(double alpha, std::size_t i) const {
    const auto count = static_cast<double>(series_.size());
    return x_.At(alpha) + (static_cast<double>(i) - (count - 1) / 2) * step_;
  }

  // At most ten pixels, and nearer to the series' own value than to the next.
  double Step() const {
    double gap = kRight - kLeft;
    for (std::size_t i = 1; i < x_.ticks().size(); ++i) {
      gap = std::min(gap, x_.ticks()[i].at - x_.ticks()[i - 1].at);
    }
    return std::min(10.0, 0.7 * gap / static_cast<double>(series_.size()));
  }

  void DrawSeries(std::size_t i) {
    std::vector<std::pair<SvgPoint, const StreamPoint*>> dots;
    std::vector<SvgPoint> line;
    for (const StreamPoint& point : series_[i].points) {
      const auto& spread = point.*measure_;
      if (!spread) continue;
      line.push_back({X(point.alpha, i), y_.At(spread->median)});
      dots.emplace_back(line.back(), &point);
      svg_.Line({line.back().x, y_.At(spread->low)}, {line.back().x, y_.At(spread->high)},
                Css(i) + " whisker");
    }
    svg_.Path(line, Css(i));
    for (const auto& [at, point] : dots) {
      svg_.Marker(at, i, Css(i) + " marker",
                  fmt::format("{}: median {:.4f}, {} folds", point->cell->label,
                              (point->*measure_)->median, FoldsText(point->figures())));
    }
  }

  void DrawLegend(std::size_t i) {
    const double y = kLegend + kLegendRow * static_cast<double>(i);
    svg_.Line({2, y}, {24, y}, Css(i));
    svg_.Marker({13, y}, i, Css(i) + " marker");
    svg_.Text({32, y + 4}, series_[i].experiment,
              {.room = kPanelWidth - 32, .tail = series_[i].detail + MissingText(series_[i])});
  }

  const std::vector<Series>& series_;
  Measure measure_;
  std::string heading_;
  GridValues x_;
  Axis y_;
  double step_;  // pixels from one series to the next
  Svg svg_;
};

std::string Numbers(const std::vector<Series>& all) {
  CsvLines csv({"experiment", "point", "leaky", "hsic", "alpha", "folds", "hsic_q1", "hsic_median",
                "hsic_q3", "cosine_q1", "cosine_median", "cosine_q3"});
  const auto real = [](const std::optional<Spread>& spread, double Spread::* part) {
    return spread ? ShortestReal((*spread).*part) : std::string();
  };
  for (const Series& one : all) {
    for (const StreamPoint& point : one.points) {
      csv.Add({point.cell->experiment, point.cell->point.dump(), LeakyMark(*point.cell),
               point.cell->jobs.front()->hsic.value_or(""), ShortestReal(point.alpha),
               FoldsText(point.figures()), real(point.hsic, &Spread::low),
               real(point.hsic, &Spread::median), real(point.hsic, &Spread::high),
               real(point.cosine, &Spread::low), real(point.cosine, &Spread::median),
               real(point.cosine, &Spread::high)});
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
      "Markers: median over the folds; bars: quartiles; side by side where they are of one alpha. "
      "A loss that decouples goes down with alpha.");
  if (drawn.size() < all.size()) {
    figure.notes.push_back(DrawnText(drawn.size(), all.size(), "lines and single points"));
  }
  figure.panels.push_back(StreamPanel(drawn, &StreamPoint::hsic, "Held-out HSIC").Draw());
  figure.panels.push_back(StreamPanel(drawn, &StreamPoint::cosine, "Cosine of the streams").Draw());
  figure.csv = Numbers(all);
  return {figure};
}

}  // namespace unmask
