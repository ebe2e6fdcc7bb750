#include "coordinator/report/result_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "common/base/text.h"
#include "common/config/names.h"
#include "sql/packed.h"

namespace unmask {
namespace {

std::string PredictionsDifference(const JobResult& stored, const JobResult& fresh) {
  if (stored.predictions.size() != fresh.predictions.size()) return "the tasks";
  for (std::size_t task = 0; task < stored.predictions.size(); ++task) {
    const TaskPredictions& was = stored.predictions[task];
    const TaskPredictions& is = fresh.predictions[task];
    if (was.samples != is.samples || was.labels != is.labels || was.classes != is.classes)
      return "clips or labels";
    for (std::size_t i = 0; i < std::min(was.logits.size(), is.logits.size()); ++i) {
      if (was.logits[i] == is.logits[i]) continue;
      return fmt::format("{} logit of clip '{}': {}, stored {}", Name(was.task),
                         VisibleText(was.samples[i / was.classes.size()]), is.logits[i],
                         was.logits[i]);
    }
    if (was != is) return "predictions";
  }
  return "";
}

// As the store gives it back: NaN is NULL there, and the sign of a zero is lost.
std::optional<double> AsStored(std::optional<double> figure) {
  return figure && std::isnan(*figure) ? std::nullopt : figure;
}

// Builds of before recorded an HSIC of 0 where a subject has one clip (0/0), and less than 0 by
// rounding.
std::optional<double> AsRecordedToday(std::optional<double> hsic, const JobResult& stored) {
  const bool one_clip =
      !stored.predictions.empty() && stored.predictions.front().samples.size() == 1;
  if (!hsic || (one_clip && *hsic == 0)) return std::nullopt;
  return std::max(0.0, *hsic);
}

std::string FigureDifference(std::string_view name, std::optional<double> stored,
                             std::optional<double> fresh) {
  if (stored == fresh) return "";
  const auto text = [](std::optional<double> figure) {
    return figure ? ShortestReal(*figure) : "none";
  };
  return fmt::format("{} {}, stored {}", name, text(fresh), text(stored));
}

// In float32, which is what the store keeps of a loss; a NaN equals itself.
bool SameReal(double stored, double fresh) {
  const auto was = static_cast<float>(stored);
  const auto is = static_cast<float>(fresh);
  return was == is || (std::isnan(was) && std::isnan(is));
}

std::string CurvesDifference(const std::vector<CurvePoint>& stored,
                             const std::vector<CurvePoint>& fresh) {
  if (stored.size() != fresh.size()) {
    return fmt::format("curves of {} points, stored {}", fresh.size(), stored.size());
  }
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const CurvePoint& was = stored[i];
    const CurvePoint& is = fresh[i];
    if (was.epoch != is.epoch || was.split != is.split || was.task != is.task) {
      return "the curves' epochs";
    }
    const bool same_loss = SameReal(was.loss, is.loss);
    if (same_loss && SameReal(was.accuracy, is.accuracy)) continue;
    return fmt::format("{} {} of {} at epoch {}: {}, stored {}", Name(was.split),
                       same_loss ? "accuracy" : "loss", Name(was.task), was.epoch,
                       same_loss ? is.accuracy : is.loss, same_loss ? was.accuracy : was.loss);
  }
  return "";
}

}  // namespace

std::string FirstDifference(const JobResult& stored, const JobResult& fresh) {
  if (stored.best_epoch != fresh.best_epoch || stored.epochs != fresh.epochs) {
    return fmt::format("epochs {} (best {}), stored {} (best {})", fresh.epochs, fresh.best_epoch,
                       stored.epochs, stored.best_epoch);
  }
  if (std::string difference = PredictionsDifference(stored, fresh); !difference.empty()) {
    return difference;
  }
  std::string difference =
      FigureDifference("held_out_hsic", AsRecordedToday(stored.held_out_hsic, stored),
                       AsStored(fresh.held_out_hsic));
  if (!difference.empty()) return difference;
  difference =
      FigureDifference("stream_cosine", stored.stream_cosine, AsStored(fresh.stream_cosine));
  if (!difference.empty()) return difference;
  // Both through the store's text: sorted alike, rounded alike.
  return CurvesDifference(UnpackCurves(PackCurves(stored.curves)),
                          UnpackCurves(PackCurves(fresh.curves)));
}

}  // namespace unmask
