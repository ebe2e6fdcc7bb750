#include "worker/lanes_engine/lane_control.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"
#include "worker/model/constants.h"

namespace unmask {
namespace {

// NVRTC's sources include nothing, so they say their own.
static_assert(kLaneAdamEpsilon == kAdamEpsilon && kLaneNormEpsilon == kBatchNormEpsilon &&
              kLaneUnitEpsilon == kUnitEpsilon);

class Row {
 public:
  explicit Row(std::span<float> row) : row_(row) {
    UNMASK_CHECK(row.size() == kControlColumns);
    std::fill(row.begin(), row.end(), 0.0F);
  }
  void Set(Control column, double value) {
    row_[static_cast<std::size_t>(column)] = static_cast<float>(value);
  }

 private:
  std::span<float> row_;
};

void FillLoss(const Settings::Loss& loss, double n, Row& row) {
  row.Set(Control::kBeta, loss.beta);
  row.Set(Control::kAlpha, loss.alpha);
  row.Set(Control::kHsic, static_cast<double>(loss.hsic));
  row.Set(Control::kLinearKernel, loss.kernel == KernelKind::kLinear ? 1 : 0);
  row.Set(Control::kGamma, -1.0 / (2.0 * loss.sigma * loss.sigma));
  row.Set(Control::kBiased, 1 / ((n - 1) * (n - 1)));
  if (n < 4) return;  // too few for the unbiased estimator
  row.Set(Control::kUnbiased, 1 / (n * (n - 3)));
  row.Set(Control::kUnbiasedSums, 1 / ((n - 1) * (n - 2)));
  row.Set(Control::kUnbiasedCross, 2 / (n - 2));
}

void FillAdam(const Settings::Train& train, double steps, Row& row) {
  row.Set(Control::kDecay, train.weight_decay);
  row.Set(Control::kFirst, 1 - kAdamBeta1);
  row.Set(Control::kSecond, 1 - kAdamBeta2);
  row.Set(Control::kCorrection, 1 / std::sqrt(1 - std::pow(kAdamBeta2, steps)));
  row.Set(Control::kStep, -train.lr / (1 - std::pow(kAdamBeta1, steps)));
}

}  // namespace

void FillControl(const Settings& settings, LaneWork work, std::int64_t rows, std::int64_t steps,
                 std::span<float> to) {
  Row row(to);
  row.Set(Control::kCorrection, 1);  // keeps what is multiplied by a zero step finite
  if (work == LaneWork::kNothing) return;
  const auto n = static_cast<double>(rows);
  row.Set(Control::kRows, n);
  row.Set(Control::kInverseRows, 1 / n);
  row.Set(Control::kKept, 1);
  if (work == LaneWork::kEvaluate) return;
  UNMASK_CHECK(rows >= 2 && steps > 0);
  row.Set(Control::kTrains, 1);
  row.Set(Control::kMomentum, kBatchNormMomentum);
  row.Set(Control::kVarianceFactor, n / (n - 1));
  row.Set(Control::kKept, 1.0 / (1.0 - settings.train.dropout));
  FillLoss(settings.loss, n, row);
  FillAdam(settings.train, static_cast<double>(steps), row);
}

}  // namespace unmask
