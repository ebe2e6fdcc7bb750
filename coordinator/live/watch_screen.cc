#include "coordinator/live/watch_screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>

#include "common/base/display_width.h"
#include "common/base/text.h"
#include "common/base/time_text.h"
#include "common/config/task_title.h"
#include "common/metrics/metrics.h"
#include "sql/rows.h"

namespace unmask {
namespace {

constexpr int kLabelMin = 12;
constexpr int kLabelEnough = 20;  // cut to that, a label is worth less than an accuracy
constexpr int kCountWidth = 8;    // "  17/22 "
constexpr int kScoreWidth = 23;   // "TER 1.000 [.722, 1.000]"
constexpr int kBarMin = 8;

// SGR colours (ECMA-48): the terminal's own palette, so that its light or dark scheme decides.
constexpr std::string_view kGreen = "32";
constexpr std::string_view kBlue = "36";
constexpr std::string_view kRed = "31";
constexpr std::string_view kBold = "1";
constexpr std::string_view kFaint = "2";

class Screen {
 public:
  Screen(const LiveSnapshot& snapshot, const ScreenShape& shape)
      : snapshot_(snapshot), shape_(shape), columns_(std::max(20, shape.columns) - 1) {
    rows_ = static_cast<std::size_t>(std::max(4, shape.rows) - 1);
  }

  std::vector<std::string> Draw() {
    Head();
    const std::vector<std::string> tail = Tail();
    const std::size_t room = rows_ - std::min(rows_, lines_.size() + tail.size());
    Points(room);
    for (const std::string& line : tail) {
      if (lines_.size() < rows_) lines_.push_back(line);
    }
    return std::move(lines_);
  }

 private:
  std::string Paint(std::string_view sgr, const std::string& text) const {
    if (!shape_.color || text.empty()) return text;
    return fmt::format("\x1b[{}m{}\x1b[0m", sgr, text);
  }
  std::string Cut(const std::string& text, int width) const {
    return CutWidth(text, width, shape_.unicode);
  }
  // What is not coloured: cut to the screen.
  void Add(const std::string& text) { lines_.push_back(Cut(text, columns_)); }

  std::string Mark(char fold) const {
    switch (fold) {
      case kFoldDone:
        return Paint(kGreen, shape_.unicode ? "■" : "#");
      case kFoldRunning:
        return Paint(kBlue, shape_.unicode ? "▸" : ">");
      case kFoldDead:
        return Paint(kRed, shape_.unicode ? "✗" : "x");
      case kFoldWaiting:
        return Paint(kFaint, shape_.unicode ? "·" : ".");
      default:
        return " ";
    }
  }
  std::string Marks(char fold, std::int64_t times) const {
    std::string marks;
    for (std::int64_t i = 0; i < times; ++i) marks += Mark(fold);
    return marks;
  }

  // Shares of a bar, rounded so that they fill it and a share above 0 is seen where there is room.
  std::string Bar(std::int64_t done, std::int64_t running, std::int64_t dead, std::int64_t total,
                  int width) const {
    if (total == 0) return Marks(kFoldWaiting, width);
    const auto upto = [&](std::int64_t part) {
      return static_cast<std::int64_t>(
          std::llround(static_cast<double>(part * width) / static_cast<double>(total)));
    };
    const std::int64_t a = upto(done);
    const std::int64_t b = upto(done + dead);
    const std::int64_t c = upto(done + dead + running);
    return Marks(kFoldDone, a) + Marks(kFoldDead, b - a) + Marks(kFoldRunning, c - b) +
           Marks(kFoldWaiting, width - c);
  }

  std::string PhaseText() const {
    switch (snapshot_.phase) {
      case LivePhase::kUnattended:
        return NobodyWorksText(snapshot_.left_by);
      case LivePhase::kFinished:
        return "finished";
      default:
        break;
    }
    return RateText(snapshot_.jobs_per_second, snapshot_.eta_seconds);
  }

  void Head() {
    const StateCounts& jobs = snapshot_.jobs;
    const std::string sweep = Cut(VisibleText(snapshot_.sweep), columns_);
    std::string title = Paint(kBold, sweep);
    const int room = columns_ - DisplayWidth(sweep) - 2;
    if (room > 8) title += "  " + Cut(PhaseText(), room);
    lines_.push_back(std::move(title));
    lines_.push_back(
        Bar(jobs.done, jobs.running, jobs.dead(), jobs.total(), std::min(columns_, 100)));
    Add(fmt::format("{} of {} done, {} failed, {} running, {} queued", jobs.done, jobs.total(),
                    jobs.dead(), jobs.running, jobs.queued));
  }

  // --- points

  std::string LabelOf(const LivePoint& point) const {
    std::string label = VisibleText(point.experiment);
    if (!point.label.empty()) label += " " + VisibleText(point.label);
    if (point.leaky) label += " LEAKY";
    return label;
  }

  // No figure before all folds are done: an interval alone.
  static std::string ScoreText(const LivePoint& point, const LiveScore& score) {
    const auto share = [](double value) {
      const std::string text = fmt::format("{:.3f}", value);
      return text.starts_with("0.") ? text.substr(1) : text;
    };
    const std::string task = TaskTitle(score.task);
    if (score.n == 0) return task + " " + (point.folds_total == 0 ? "" : "-");
    const Interval wilson = WilsonInterval(score.k, score.n);
    const std::string figure =
        point.Complete() ? share(static_cast<double>(score.k) / static_cast<double>(score.n))
                         : std::string("    ");
    return fmt::format("{} {:>4} [{}, {}]", task, figure, share(wilson.low), share(wilson.high));
  }

  struct Widths {
    int label = kLabelMin;
    int folds = 0;
    int scores = 0;  // how many columns of scores
  };
  // The label, how many are done, the folds one by one where they fit, then the accuracies.
  Widths Divide(const std::vector<const LivePoint*>& points) const {
    Widths widths;
    const int subjects = static_cast<int>(snapshot_.subjects.size());
    int longest = kLabelMin;
    for (const LivePoint* point : points)
      longest = std::max(longest, DisplayWidth(LabelOf(*point)));
    const int left = columns_ - kCountWidth;
    widths.folds = std::clamp(subjects, 0, std::max(0, left - kLabelMin - 1));
    if (widths.folds < subjects) widths.folds = std::min(subjects, std::max(kBarMin, left / 3));
    if (widths.folds > left - kLabelMin - 1) widths.folds = 0;
    for (const int scores : {2, 1}) {
      const int label = left - widths.folds - 1 - scores * (kScoreWidth + 2);
      if (label >= std::min(longest, kLabelEnough)) {
        widths.scores = scores;
        break;
      }
    }
    widths.label = std::min(longest, left - widths.folds - 1 - widths.scores * (kScoreWidth + 2));
    return widths;
  }

  std::string PointLine(const LivePoint& point, const Widths& widths) const {
    std::string line =
        AlignLeft(CutMiddle(LabelOf(point), widths.label, shape_.unicode), widths.label) + " ";
    if (widths.folds == static_cast<int>(point.folds.size())) {
      for (const char fold : point.folds) line += Mark(fold);
    } else if (widths.folds > 0) {
      const auto running = std::ranges::count(point.folds, kFoldRunning);
      line += Bar(point.folds_done, running, point.folds_dead, point.folds_total, widths.folds);
    }
    line += fmt::format("{:>{}}", fmt::format("{}/{}", point.folds_done, point.folds_total),
                        kCountWidth);
    for (int i = 0; i < widths.scores && i < static_cast<int>(point.scores.size()); ++i) {
      line += "  " +
              AlignLeft(ScoreText(point, point.scores[static_cast<std::size_t>(i)]), kScoreWidth);
    }
    return line;
  }

  static int Need(const LivePoint& point) {  // least: first to go
    if (point.folds.find(kFoldRunning) != std::string::npos) return 3;
    if (point.folds_dead > 0) return 2;
    return point.Complete() ? 0 : 1;
  }

  std::vector<const LivePoint*> Choose(std::size_t room) const {
    std::vector<const LivePoint*> chosen;
    chosen.reserve(snapshot_.points.size());
    for (const LivePoint& point : snapshot_.points) chosen.push_back(&point);
    if (chosen.size() <= room) return chosen;
    std::ranges::stable_sort(chosen, std::greater<>(),
                             [](const LivePoint* point) { return Need(*point); });
    chosen.resize(room > 0 ? room - 1 : 0);  // a line says what is missing
    std::ranges::sort(chosen);               // the plan's order again
    return chosen;
  }

  void Points(std::size_t room) {
    if (room == 0) return;
    if (room > 4) {
      lines_.emplace_back();
      --room;
    }
    const std::vector<const LivePoint*> chosen = Choose(room);
    const Widths widths = Divide(chosen);
    for (const LivePoint* point : chosen) lines_.push_back(PointLine(*point, widths));
    if (chosen.size() < snapshot_.points.size()) {
      Add(fmt::format("and {} more points", snapshot_.points.size() - chosen.size()));
    }
  }

  // --- workers and failures, at most about half of the screen

  std::vector<std::string> Tail() const {
    std::vector<std::string> lines;
    if (rows_ < 10) return lines;
    AddSection(lines, WorkerLines(), rows_ / 4, "running attempts");
    AddSection(lines, FailureLines(), rows_ / 6, "failures");
    return lines;
  }

  void AddSection(std::vector<std::string>& lines, const std::vector<std::string>& section,
                  std::size_t limit, std::string_view what) const {
    if (section.empty()) return;
    lines.emplace_back();
    const bool all = section.size() <= limit;
    const std::size_t shown = all ? section.size() : limit - 1;
    for (std::size_t i = 0; i < shown; ++i) lines.push_back(Cut(section[i], columns_));
    if (!all)
      lines.push_back(Cut(fmt::format("and {} more {}", section.size() - shown, what), columns_));
  }

  // The store does not say which of a worker's jobs have a slot.
  static std::string_view StateOf(const LiveWorker& worker, const LiveJob& job) {
    if (job.started) return "";
    if (worker.slots == 0) return ", loading or next";
    return job.next ? ", next" : ", loading";
  }

  // Of a LiveJob or a LiveFailure. A feature job holds out nobody.
  template <typename Named>
  static std::string NameOf(const Named& job) {
    std::string name = job.experiment.empty() ? "features" : VisibleText(job.experiment);
    if (!job.label.empty()) name += " " + VisibleText(job.label);
    if (!job.held_out.empty()) name += ", held out " + VisibleText(job.held_out);
    return name;
  }

  std::vector<std::string> WorkerLines() const {
    std::vector<std::string> lines;
    for (const LiveWorker& worker : snapshot_.workers) {
      for (const LiveJob& job : worker.jobs) {
        lines.push_back(fmt::format("worker {} on {}: {}, {}{}", worker.id,
                                    VisibleText(worker.host), NameOf(job),
                                    FormatDuration(job.seconds), StateOf(worker, job)));
      }
    }
    return lines;
  }

  std::vector<std::string> FailureLines() const {
    std::vector<std::string> lines;
    lines.reserve(snapshot_.failures.size());
    for (const LiveFailure& failure : snapshot_.failures) {
      lines.push_back(fmt::format(
          "{} {}: {}, now {}: {}", failure.at.size() > 19 ? failure.at.substr(11, 8) : failure.at,
          failure.error_class.empty() ? Name(failure.outcome) : failure.error_class,
          NameOf(failure), failure.job_state, VisibleText(failure.message)));
    }
    return lines;
  }

  const LiveSnapshot& snapshot_;
  ScreenShape shape_;
  int columns_;
  std::size_t rows_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> DrawScreen(const LiveSnapshot& snapshot, const ScreenShape& shape) {
  return Screen(snapshot, shape).Draw();
}

}  // namespace unmask
