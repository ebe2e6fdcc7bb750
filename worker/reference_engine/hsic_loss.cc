#include "worker/reference_engine/hsic_loss.h"

#include <ATen/ATen.h>

#include "common/base/check.h"
#include "worker/model/constants.h"

namespace unmask {
namespace {

at::Tensor Normalised(const at::Tensor& rows) {
  const at::Tensor squares = (rows * rows).sum(1, /*keepdim=*/true);
  const at::Tensor zero = squares == 0;
  // A one under the root keeps the gradient of a zero row finite, so that the fill can stop it.
  const at::Tensor norms = squares.masked_fill(zero, 1).sqrt().clamp_min(kUnitEpsilon);
  return (rows / norms).masked_fill(zero, 0);
}

at::Tensor RbfOfSquares(const at::Tensor& squared_distances, double sigma) {
  return (squared_distances * (-1.0 / (2.0 * sigma * sigma))).exp();
}

// k(a_i, b_i) for each row: [clips].
at::Tensor RowKernel(const at::Tensor& a, const at::Tensor& b, const Settings::Loss& loss) {
  if (loss.kernel == KernelKind::kLinear) return (a * b).sum(1);
  const at::Tensor difference = a - b;
  return RbfOfSquares((difference * difference).sum(1), loss.sigma);
}

// k(a_i, a_j): [clips, clips].
at::Tensor KernelMatrix(const at::Tensor& a, const Settings::Loss& loss) {
  at::Tensor products = a.matmul(a.t());
  if (loss.kernel == KernelKind::kLinear) return products;
  const at::Tensor squares = products.diagonal();
  return RbfOfSquares(squares.unsqueeze(0) + squares.unsqueeze(1) - 2 * products, loss.sigma);
}

at::Tensor PaperLoss(const at::Tensor& x, const at::Tensor& y, const Settings::Loss& loss) {
  const at::Tensor self = RowKernel(x, x, loss) * RowKernel(y, y, loss);
  return (RowKernel(x, y, loss) - self).square().mean();
}

// tr(KHLH) is the sum of K * HLH, where HLH is L with its row and column means taken off.
at::Tensor BiasedLoss(const at::Tensor& k, const at::Tensor& l) {
  const auto n = static_cast<double>(k.size(0));
  const at::Tensor centred = l - l.mean(0, true) - l.mean(1, true) + l.mean();
  return (k * centred).sum() / ((n - 1) * (n - 1));
}

at::Tensor UnbiasedLoss(const at::Tensor& k_full, const at::Tensor& l_full) {
  const auto n = static_cast<double>(k_full.size(0));
  UNMASK_CHECK(n >= 4);
  const at::Tensor diagonal = at::eye(k_full.size(0), k_full.options().dtype(at::kBool));
  const at::Tensor k = k_full.masked_fill(diagonal, 0);
  const at::Tensor l = l_full.masked_fill(diagonal, 0);
  const at::Tensor sums = k.sum() * l.sum() / ((n - 1) * (n - 2));
  const at::Tensor crossed = k.sum(0).dot(l.sum(0)) * (2 / (n - 2));
  return ((k * l).sum() + sums - crossed) / (n * (n - 3));
}

}  // namespace

at::Tensor HsicLoss(const at::Tensor& ter, const at::Tensor& der, const Settings::Loss& loss) {
  const at::Tensor x = Normalised(ter);
  const at::Tensor y = Normalised(der);
  switch (loss.hsic) {
    case HsicKind::kPaper:
      return PaperLoss(x, y, loss);
    case HsicKind::kBiased:
      return BiasedLoss(KernelMatrix(x, loss), KernelMatrix(y, loss));
    case HsicKind::kUnbiased:
      return UnbiasedLoss(KernelMatrix(x, loss), KernelMatrix(y, loss));
  }
  UNMASK_CHECK(false);
}

}  // namespace unmask
