// At the widths of `steps, 256 wide`: 512 dense features, adapter and streams 256 wide, batches of
// 32. `FLOP/s` counts a fused multiply-add as two.
#include <benchmark/benchmark.h>

#include "bench/kernels/core_kernels.h"
#include "common/random/philox.h"

namespace unmask {
namespace {

using benchmark::Counter;
using benchmark::State;

constexpr std::size_t kRows = 32;
constexpr std::size_t kFeatures = 512;
constexpr std::size_t kWidth = 256;

void Fill(Rows& rows, std::size_t count, std::string_view purpose, float kept = 1) {
  rows.Reserve(count);
  const RandomStream stream(0, "", purpose);
  std::vector<float> values(rows.width());
  for (std::uint32_t i = 0; i < count; ++i) {
    stream.FillUniform(i, 0, values);
    for (std::size_t k = 0; k < values.size(); ++k) {
      rows.row(i)[k] = values[k] < kept ? values[k] + 0.01F : 0;
    }
  }
}

void CountFlops(State& state, double each) {
  state.counters["FLOP/s"] =
      Counter(each * static_cast<double>(state.iterations()), Counter::kIsRate);
}

void Fill(Panels& panels, std::size_t count, std::string_view purpose) {
  Rows rows(kWidth);
  Fill(rows, count, purpose);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < kWidth; ++k) *panels.at(i, k) = rows.row(i)[k];
  }
}

// A layer of `inputs` with a share `kept` of its inputs not zero.
struct Layer {
  Layer(std::size_t inputs, float kept)
      : linear(inputs, kWidth),
        x(inputs),
        dz(kWidth),
        nonzeros(inputs),
        partial(kInputsAtATime * kRows * kGroup) {
    Fill(x, kRows, "x", kept);
    Fill(dz, kRows, "dz");
    Fill(linear.weight.value, inputs, "w");
    Fill(linear.weight.second, inputs, "v");
    nonzeros.Reserve(kRows);
    CoreMark(x, kRows, /*whole=*/true, nonzeros);
    flops = 2.0 * nonzeros.starts().back() * kWidth;
  }
  Linear linear;
  Rows x, dz;
  Nonzeros nonzeros;
  FloatBuffer partial;
  double flops;  // of one product with what is not zero
};

void BM_PeakProducts(State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(CorePeakProducts(1000));
  CountFlops(state, 2.0 * 12 * 1000 * static_cast<double>(CoreLanes()));
}
BENCHMARK(BM_PeakProducts);

void BM_Forward(State& state, std::size_t inputs, float kept) {
  Layer layer(inputs, kept);
  Rows z(kWidth);
  z.Reserve(kRows);
  for (auto _ : state) CoreForward(layer.linear, layer.x, layer.nonzeros, kRows, z);
  CountFlops(state, layer.flops);
}
BENCHMARK_CAPTURE(BM_Forward, dense_512, kFeatures, 1.0F);
BENCHMARK_CAPTURE(BM_Forward, quarter_256, kWidth, 0.25F);

// With Adam; the second asks for the inputs' gradients too.
void BM_Backward(State& state, std::size_t inputs, float kept, bool input_gradient) {
  Layer layer(inputs, kept);
  const AdamStep step(Settings().train, 1);
  for (auto _ : state) {
    CoreBackward(step, layer.linear, layer.x, layer.nonzeros, kRows, layer.dz, layer.partial,
                 input_gradient);
  }
  CountFlops(state, layer.flops * (input_gradient ? 2 : 1));
}
BENCHMARK_CAPTURE(BM_Backward, dense_512, kFeatures, 1.0F, false);
BENCHMARK_CAPTURE(BM_Backward, quarter_256, kWidth, 0.25F, true);

void BM_Adam(State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  Trained weight(rows, kWidth);
  Rows gradient(kWidth);
  Fill(gradient, 1, "g");
  const AdamStep step(Settings().train, 1);
  for (auto _ : state) CoreAdam(step, gradient, weight, rows);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows * kWidth));
}
BENCHMARK(BM_Adam)->Arg(16)->Arg(256)->Arg(1024);  // in the first, second and third cache

void BM_MarkNonzeros(State& state, std::size_t inputs, float kept) {
  Layer layer(inputs, kept);
  for (auto _ : state) CoreMark(layer.x, kRows, /*whole=*/false, layer.nonzeros);
}
BENCHMARK_CAPTURE(BM_MarkNonzeros, dense_512, kFeatures, 1.0F);
BENCHMARK_CAPTURE(BM_MarkNonzeros, quarter_256, kWidth, 0.25F);

void BM_Independence(State& state, HsicKind kind) {
  Workspace work({kFeatures, kWidth, kWidth, {{Task::kTer, 6}, {Task::kDer, 6}}});
  work.Reserve(kRows);
  for (HeadRows& head : work.heads) Fill(head.block.output, kRows, "streams", 0.5F);
  Settings::Loss loss;
  loss.hsic = kind;
  for (auto _ : state) benchmark::DoNotOptimize(CoreIndependence(loss, kRows, work));
}
BENCHMARK_CAPTURE(BM_Independence, paper, HsicKind::kPaper);
BENCHMARK_CAPTURE(BM_Independence, biased, HsicKind::kBiased);
BENCHMARK_CAPTURE(BM_Independence, unbiased, HsicKind::kUnbiased);

void BM_CrossEntropy(State& state) {
  Rows logits(6);
  Rows gradient(6);
  Fill(logits, kRows, "logits");
  gradient.Reserve(kRows);
  const std::vector<std::size_t> labels(kRows, 2);
  for (auto _ : state) benchmark::DoNotOptimize(CoreCrossEntropy(logits, labels, gradient));
}
BENCHMARK(BM_CrossEntropy);

void BM_DropoutMasks(State& state) {
  const ModelShape shape{kFeatures, kWidth, kWidth, {{Task::kTer, 6}, {Task::kDer, 6}}};
  MaskMaker masks(shape, 0.5, 0, "a");
  std::int64_t step = 0;
  for (auto _ : state) benchmark::DoNotOptimize(&masks.Make(0, step++, kRows));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(3 * kRows * kWidth));
}
BENCHMARK(BM_DropoutMasks);

}  // namespace
}  // namespace unmask
