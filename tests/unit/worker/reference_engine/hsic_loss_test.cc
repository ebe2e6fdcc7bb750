#include "worker/reference_engine/hsic_loss.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace unmask {
namespace {

Settings::Loss With(HsicKind hsic, KernelKind kernel, double sigma = 1) {
  Settings::Loss loss;
  loss.hsic = hsic;
  loss.kernel = kernel;
  loss.sigma = sigma;
  return loss;
}

at::Tensor Rows(const std::vector<float>& values, std::int64_t width) {
  return at::tensor(values).reshape({-1, width});
}

double Value(const at::Tensor& x, const at::Tensor& y, const Settings::Loss& loss) {
  return HsicLoss(x, y, loss).item<float>();
}

// Rows (1,0) and (0,1) in both streams but for the second clip's der, which is (1,0).
const at::Tensor& X() {
  static const at::Tensor x = Rows({2, 0, 0, 3}, 2);
  return x;
}
const at::Tensor& Y() {
  static const at::Tensor y = Rows({5, 0, 7, 0}, 2);
  return y;
}

TEST(HsicLoss, PaperByHand) {
  // Linear: k_xy = 1 and 0, k_xx k_yy = 1: mean of 0 and 1.
  EXPECT_NEAR(Value(X(), Y(), With(HsicKind::kPaper, KernelKind::kLinear)), 0.5, 1e-6);
  // RBF: squared distance 0 and 2: k_xy = 1 and exp(-1).
  const double away = std::pow(std::exp(-1.0) - 1, 2) / 2;
  EXPECT_NEAR(Value(X(), Y(), With(HsicKind::kPaper, KernelKind::kRbf)), away, 1e-6);
  const double wide = std::pow(std::exp(-0.25) - 1, 2) / 2;
  EXPECT_NEAR(Value(X(), Y(), With(HsicKind::kPaper, KernelKind::kRbf, 2)), wide, 1e-6);
}

TEST(HsicLoss, BiasedByHand) {
  // K = L = identity, H = [[.5,-.5],[-.5,.5]]: tr(HH) / 1 = tr(H) = 1.
  EXPECT_NEAR(Value(X(), X(), With(HsicKind::kBiased, KernelKind::kLinear)), 1, 1e-6);
  // L all ones: HLH = 0.
  EXPECT_NEAR(Value(X(), Y(), With(HsicKind::kBiased, KernelKind::kLinear)), 0, 1e-6);
  EXPECT_NEAR(Value(X(), X(), With(HsicKind::kBiased, KernelKind::kRbf)),
              std::pow(1 - std::exp(-1.0), 2), 1e-6);
}

TEST(HsicLoss, UnbiasedByHand) {
  // Two clips at (1,0), two at (0,1): off the diagonal K and L have ones between equals, 4 in all.
  // tr(KL) = 4, 1'K1 = 4, 1'KL1 = 4: (4 + 16/6 - 2/2 * 4) / (4 * 1) = 2/3.
  const at::Tensor x = Rows({1, 0, 1, 0, 0, 1, 0, 1}, 2);
  EXPECT_NEAR(Value(x, x, With(HsicKind::kUnbiased, KernelKind::kLinear)), 2.0 / 3, 1e-6);
  // Crossed pairs: tr(KL) = 0, and 1'KL1 = 4 still: (0 + 16/6 - 4) / 4 = -1/3.
  const at::Tensor y = Rows({1, 0, 0, 1, 1, 0, 0, 1}, 2);
  EXPECT_NEAR(Value(x, y, With(HsicKind::kUnbiased, KernelKind::kLinear)), -1.0 / 3, 1e-6);
}

TEST(HsicLoss, ZeroVectorsStayZeroWithZeroGradient) {
  for (const HsicKind hsic : {HsicKind::kPaper, HsicKind::kBiased, HsicKind::kUnbiased}) {
    for (const KernelKind kernel : {KernelKind::kRbf, KernelKind::kLinear}) {
      at::Tensor x = Rows({0, 0, 1, 2, 3, -1, -2, 1}, 2).requires_grad_();
      const at::Tensor y = Rows({1, 1, 0, 0, 2, 1, 1, -3}, 2);
      const at::Tensor loss = HsicLoss(x, y, With(hsic, kernel));
      loss.backward();
      EXPECT_TRUE(at::isfinite(loss).item<bool>());
      EXPECT_TRUE(at::isfinite(x.grad()).all().item<bool>());
      EXPECT_EQ(x.grad()[0].abs().sum().item<float>(), 0);
      EXPECT_GT(x.grad()[2].abs().sum().item<float>(), 0);
    }
  }
  // Both zero: distance 0, so k_xy = 1 with RBF; 0 - 0 with the linear kernel.
  const at::Tensor zero = Rows({0, 0}, 2);
  EXPECT_EQ(Value(zero, zero, With(HsicKind::kPaper, KernelKind::kRbf)), 0);
  EXPECT_EQ(Value(zero, zero, With(HsicKind::kPaper, KernelKind::kLinear)), 0);
}

}  // namespace
}  // namespace unmask
