#include "worker/lanes_engine/lane_hsic.h"

#include <ATen/ATen.h>

namespace unmask {
namespace {

// L2-normalised rows, and what the way back needs.
struct Unit {
  explicit Unit(const at::Tensor& rows) {
    const at::Tensor squares = (rows * rows).sum(2, /*keepdim=*/true);
    zero = squares == 0;
    const at::Tensor root = squares.sqrt();
    clamped = root < kLaneUnitEpsilon;
    norm = root.clamp_min(kLaneUnitEpsilon);
    unit = rows / norm;
  }

  // d/drows from d/dunit: (du - u (u . du)) / norm; nothing where the row is zero.
  at::Tensor Back(const at::Tensor& gradient) const {
    const at::Tensor along = (unit * gradient).sum(2, true).masked_fill(clamped, 0);
    return ((gradient - unit * along) / norm).masked_fill(zero, 0);
  }

  at::Tensor unit, norm, zero, clamped;
};

struct Term {
  at::Tensor loss;                             // [lanes, 1, 1]
  at::Tensor first_gradient, second_gradient;  // by the unit rows
};

at::Tensor SumOf(const at::Tensor& matrices) { return matrices.sum({1, 2}, /*keepdim=*/true); }

// mean over i of (k(x_i, y_i) - k(x_i, x_i) k(y_i, y_i))^2; an RBF kernel of a row and itself is 1.
Term PaperTerm(const at::Tensor& x, const at::Tensor& y, const at::Tensor& valid,
               const ControlColumn& control) {
  const at::Tensor linear = control(Control::kLinearKernel) != 0;
  const at::Tensor gamma = control(Control::kGamma);
  const at::Tensor difference = x - y;
  const at::Tensor rbf = ((difference * difference).sum(2, true) * gamma).exp();
  const at::Tensor kernel = at::where(linear, (x * y).sum(2, true), rbf);
  const at::Tensor xx = at::where(linear, (x * x).sum(2, true), 1.0);
  const at::Tensor yy = at::where(linear, (y * y).sum(2, true), 1.0);
  const at::Tensor error = (kernel - xx * yy) * valid;
  const at::Tensor inverse_rows = control(Control::kInverseRows);
  const at::Tensor d = 2 * error * inverse_rows;  // d loss / d k(x, y) = -d loss / d (xx yy)
  const at::Tensor pull = 2 * d * rbf * gamma * difference;  // of an RBF kernel
  return {SumOf(error * error) * inverse_rows, at::where(linear, d * y - 2 * d * yy * x, pull),
          at::where(linear, d * x - 2 * d * xx * y, -pull)};
}

// The kernel matrix of the unit rows, and the way back.
class Kernel {
 public:
  Kernel(const at::Tensor& rows, const at::Tensor& pairs, const ControlColumn& control)
      : rows_(rows),
        linear_(control(Control::kLinearKernel) != 0),
        gamma_(control(Control::kGamma)) {
    const at::Tensor products = rows.bmm(rows.transpose(1, 2));
    const at::Tensor squares = products.diagonal(0, 1, 2);
    const at::Tensor distances = squares.unsqueeze(1) + squares.unsqueeze(2) - 2 * products;
    matrix = at::where(linear_, products, (distances * gamma_).exp()) * pairs;
  }

  // From a symmetric d loss / d matrix, zero for what is no pair of clips: for products 2 G x, for
  // distances G' = gamma G K and 4 (rowsum(G') x - G' x).
  at::Tensor Back(const at::Tensor& gradient) const {
    const at::Tensor weights = at::where(linear_, gradient, gradient * matrix * gamma_);
    const at::Tensor mixed = weights.bmm(rows_);
    return at::where(linear_, 2 * mixed, 4 * (weights.sum(2, true) * rows_ - mixed));
  }

  at::Tensor matrix;  // [lanes, rows, rows], 0 for what is no pair of clips

 private:
  at::Tensor rows_, linear_, gamma_;
};

// HMH: row and column means taken off.
at::Tensor Centred(const at::Tensor& matrix, const at::Tensor& pairs, const at::Tensor& inverse) {
  const at::Tensor means = matrix.sum(2, true) * inverse;
  return (matrix - means - means.transpose(1, 2) + means.sum(1, true) * inverse) * pairs;
}

// d/dK of [sum(KL) + c sum(K) sum(L) - b (K1).(L1)] is L + c sum(L) - b (L1 1' + 1 (L1)')/2, off
// the diagonal; symmetric, as what it is multiplied with.
at::Tensor UnbiasedGradient(const at::Tensor& matrix, const at::Tensor& pairs,
                            const ControlColumn& control) {
  const at::Tensor sums = matrix.sum(2, true);
  const at::Tensor crossed =
      (sums + sums.transpose(1, 2)) * (0.5 * control(Control::kUnbiasedCross));
  const at::Tensor all = sums.sum(1, true) * control(Control::kUnbiasedSums);
  return (matrix + all - crossed) * pairs * control(Control::kUnbiased);
}

// Both estimators are bilinear in the two matrices, so the loss is sum(K * d loss / dK).
Term MatrixTerm(const at::Tensor& x, const at::Tensor& y, const at::Tensor& valid,
                const ControlColumn& control) {
  const at::Tensor biased = control(Control::kHsic) == static_cast<int>(HsicKind::kBiased);
  const at::Tensor all_pairs = valid * valid.transpose(1, 2);
  const at::Tensor others = 1 - at::eye(valid.size(1), valid.options());
  const at::Tensor pairs = at::where(biased, all_pairs, all_pairs * others);
  const Kernel k(x, pairs, control);
  const Kernel l(y, pairs, control);
  const auto gradient = [&](const at::Tensor& of) {
    return at::where(biased,
                     Centred(of, pairs, control(Control::kInverseRows)) * control(Control::kBiased),
                     UnbiasedGradient(of, pairs, control));
  };
  const at::Tensor by_k = gradient(l.matrix);
  return {SumOf(k.matrix * by_k), k.Back(by_k), l.Back(gradient(k.matrix))};
}

}  // namespace

LaneHsic HsicOfLanes(const at::Tensor& first, const at::Tensor& second, const at::Tensor& valid,
                     const ControlColumn& control, HsicKinds kinds) {
  const at::Tensor alpha = control(Control::kAlpha);
  const at::Tensor kind = control(Control::kHsic);
  const Unit x(first);
  const Unit y(second);
  LaneHsic hsic{at::zeros_like(alpha), at::zeros_like(first), at::zeros_like(second)};
  const auto take = [&](const at::Tensor& lanes, const Term& term) {
    hsic.loss = at::where(lanes, term.loss, hsic.loss);
    hsic.first_gradient =
        at::where(lanes, x.Back(term.first_gradient) * alpha, hsic.first_gradient);
    hsic.second_gradient =
        at::where(lanes, y.Back(term.second_gradient) * alpha, hsic.second_gradient);
  };
  const at::Tensor wanted = alpha != 0;
  const at::Tensor paper = kind == static_cast<int>(HsicKind::kPaper);
  if (kinds.paper) take(wanted & paper, PaperTerm(x.unit, y.unit, valid, control));
  if (kinds.matrix) take(wanted & ~paper, MatrixTerm(x.unit, y.unit, valid, control));
  return hsic;
}

}  // namespace unmask
