#include "double_model.h"

#include <algorithm>
#include <cmath>

#include "common/config/names.h"

namespace unmask::testing {
namespace {

Rows LinearRows(const Rows& input, const DoubleWeights& weights, const std::string& name) {
  const std::vector<double>& weight = weights.at(name + ".weight");
  const std::vector<double>& bias = weights.at(name + ".bias");
  Rows output;
  for (const auto& row : input) {
    output.emplace_back();
    for (std::size_t o = 0; o < bias.size(); ++o) {
      double sum = bias[o];
      for (std::size_t i = 0; i < row.size(); ++i) sum += weight[o * row.size() + i] * row[i];
      output.back().push_back(sum);
    }
  }
  return output;
}

// BatchNorm with the batch's own (biased) variance, ReLU, Dropout.
Rows Activate(Rows rows, const DoubleWeights& weights, const std::string& name,
              const std::vector<float>& mask) {
  const auto n = static_cast<double>(rows.size());
  const std::size_t width = rows[0].size();
  for (std::size_t c = 0; c < width; ++c) {
    double mean = 0;
    for (const auto& row : rows) mean += row[c] / n;
    double variance = 0;
    for (const auto& row : rows) variance += (row[c] - mean) * (row[c] - mean) / n;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const double normal = (rows[r][c] - mean) / std::sqrt(variance + 1e-5);
      const double scaled =
          normal * weights.at(name + ".norm.weight")[c] + weights.at(name + ".norm.bias")[c];
      rows[r][c] = std::max(scaled, 0.0) * mask[r * width + c];
    }
  }
  return rows;
}

// `weights`: of classes; empty: all alike.
double CrossEntropy(const Rows& logits, const std::vector<std::int64_t>& labels,
                    const std::vector<float>& weights) {
  double loss = 0;
  double all = 0;
  for (std::size_t r = 0; r < logits.size(); ++r) {
    double sum = 0;
    for (const double logit : logits[r]) sum += std::exp(logit);
    const auto label = static_cast<std::size_t>(labels[r]);
    const double weight = weights.empty() ? 1 : weights[label];
    loss += weight * (std::log(sum) - logits[r][label]);
    all += weight;
  }
  return loss / all;
}

Rows Normalised(Rows rows) {
  for (auto& row : rows) {
    double squares = 0;
    for (const double value : row) squares += value * value;
    for (double& value : row) value /= std::max(std::sqrt(squares), 1e-12);
  }
  return rows;
}

double Kernel(const std::vector<double>& a, const std::vector<double>& b,
              const Settings::Loss& loss) {
  double product = 0;
  double distance = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += a[i] * b[i];
    distance += (a[i] - b[i]) * (a[i] - b[i]);
  }
  return loss.kernel == KernelKind::kLinear ? product
                                            : std::exp(-distance / (2 * loss.sigma * loss.sigma));
}

Rows KernelRows(const Rows& rows, const Settings::Loss& loss) {
  Rows kernel;
  for (const auto& a : rows) {
    kernel.emplace_back();
    for (const auto& b : rows) kernel.back().push_back(Kernel(a, b, loss));
  }
  return kernel;
}

Rows Product(const Rows& a, const Rows& b) {
  Rows product(a.size(), std::vector<double>(a.size(), 0));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a.size(); ++j) {
      for (std::size_t k = 0; k < a.size(); ++k) product[i][j] += a[i][k] * b[k][j];
    }
  }
  return product;
}

double Trace(const Rows& a) {
  double trace = 0;
  for (std::size_t i = 0; i < a.size(); ++i) trace += a[i][i];
  return trace;
}

double Sum(const Rows& a) {
  double sum = 0;
  for (const auto& row : a) {
    for (const double value : row) sum += value;
  }
  return sum;
}

double Biased(const Rows& k, const Rows& l) {
  const auto n = static_cast<double>(k.size());
  Rows h(k.size(), std::vector<double>(k.size(), -1 / n));
  for (std::size_t i = 0; i < k.size(); ++i) h[i][i] += 1;
  return Trace(Product(Product(k, h), Product(l, h))) / ((n - 1) * (n - 1));
}

// Song et al. 2012, eq. (5).
double Unbiased(Rows k, Rows l) {
  const auto n = static_cast<double>(k.size());
  for (std::size_t i = 0; i < k.size(); ++i) k[i][i] = l[i][i] = 0;
  const Rows kl = Product(k, l);
  return (Trace(kl) + Sum(k) * Sum(l) / ((n - 1) * (n - 2)) - 2 / (n - 2) * Sum(kl)) /
         (n * (n - 3));
}

}  // namespace

DoubleWeights ToDouble(const NamedTensors& weights) {
  DoubleWeights doubles;
  for (const auto& [name, tensor] : weights) {
    doubles[name] = {tensor.values.begin(), tensor.values.end()};
  }
  return doubles;
}

double DoubleHsic(const Rows& x_rows, const Rows& y_rows, const Settings::Loss& loss) {
  const Rows x = Normalised(x_rows);
  const Rows y = Normalised(y_rows);
  if (loss.hsic == HsicKind::kBiased) return Biased(KernelRows(x, loss), KernelRows(y, loss));
  if (loss.hsic == HsicKind::kUnbiased) return Unbiased(KernelRows(x, loss), KernelRows(y, loss));
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double difference =
        Kernel(x[i], y[i], loss) - Kernel(x[i], x[i], loss) * Kernel(y[i], y[i], loss);
    sum += difference * difference;
  }
  return sum / static_cast<double>(x.size());
}

double DoubleLoss(const ModelShape& shape, const FoldData& fold, const DoubleWeights& weights,
                  const DropoutMasks& masks, const Settings::Loss& loss) {
  Rows x;
  for (std::size_t r = 0; r < fold.samples.size(); ++r) {
    std::vector<float> row(static_cast<std::size_t>(fold.width));
    fold.inputs->Copy(0, static_cast<std::int64_t>(r), row);
    x.emplace_back(row.begin(), row.end());
  }
  const Rows shared =
      Activate(LinearRows(x, weights, "adapter.linear"), weights, "adapter", masks.adapter);
  std::vector<Rows> streams;
  double total = 0;
  for (std::size_t i = 0; i < shape.heads.size(); ++i) {
    const std::string name(Name(shape.heads[i].task));
    streams.push_back(
        Activate(LinearRows(shared, weights, name + ".linear"), weights, name, masks.streams[i]));
    const double loss_i = CrossEntropy(LinearRows(streams.back(), weights, name + ".classifier"),
                                       fold.tasks[i].labels, fold.tasks[i].class_weights);
    total += (i == 0 ? 1 : loss.beta) * loss_i;
  }
  if (streams.size() < 2 || loss.alpha == 0) return total;
  return total + loss.alpha * DoubleHsic(streams[0], streams[1], loss);
}

}  // namespace unmask::testing
