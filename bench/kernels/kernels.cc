// What everything else stands on, piece by piece: kernels [--benchmark_filter=REGEX ...]
// Here: random numbers, checksums, messages, pictures. The core engine: core_benchmarks.cc.
#include <benchmark/benchmark.h>

#include "common/base/sha256.h"
#include "common/protocol/codec.h"
#include "common/random/philox.h"
#include "tests/unit/worker/images/encode.h"
#include "worker/images/preprocess.h"

namespace unmask {
namespace {

using benchmark::State;

void BM_Philox(State& state) {
  const RandomStream stream(0, "", "bench");
  std::vector<float> values(static_cast<std::size_t>(state.range(0)));
  std::uint32_t step = 0;
  for (auto _ : state) stream.FillUniform(0, step++, values);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Philox)->Arg(8192);

void BM_Sha256(State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(Sha256Hex(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Sha256)->Arg(256)->Arg(1 << 20);

// A result with curves of 200 epochs and two tasks, as most are.
Message Result200() {
  ResultReady ready;
  ready.lease.job_key = std::string(64, 'a');
  ready.result.numerics_class = "cpu/avx512";
  for (std::int64_t epoch = 0; epoch < 200; ++epoch) {
    for (const Task task : {Task::kTer, Task::kDer}) {
      ready.result.curves.push_back({epoch, CurveSplit::kTrain, task, 0.5, 0.5});
    }
  }
  return ready;
}

void BM_EncodeResult(State& state) {
  const Message message = Result200();
  for (auto _ : state) benchmark::DoNotOptimize(Encode(message));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(Encode(message).size()));
}
BENCHMARK(BM_EncodeResult);

void BM_DecodeResult(State& state) {
  const std::string bytes = Encode(Result200());
  for (auto _ : state) benchmark::DoNotOptimize(Decode(bytes).ok());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(BM_DecodeResult);

// A JPEG of 640 x 480, smooth with some noise.
std::string Picture() {
  std::vector<std::uint8_t> samples;
  samples.reserve(640 * 480 * 3);
  const RandomStream stream(0, "", "picture");
  for (int i = 0; i < 640 * 480 * 3; ++i) {
    const auto noise = stream.Below(32, 0, static_cast<std::uint32_t>(i), 0);
    samples.push_back(static_cast<std::uint8_t>(i / 3 % 640 / 4 + static_cast<int>(noise)));
  }
  return testing::Jpeg(640, 480, 3, samples);
}

void BM_DecodeJpeg(State& state) {
  const std::string bytes = Picture();
  for (auto _ : state) benchmark::DoNotOptimize(DecodeImage(bytes, "").ok());
}
BENCHMARK(BM_DecodeJpeg)->Unit(benchmark::kMicrosecond);

// Shorter side to 224, the middle, normalised: as CLIP takes it.
void BM_Prepare(State& state) {
  const Image image = DecodeImage(Picture(), "").value();
  const Preprocessing preprocessing = DefaultPreprocessing(BackboneKind::kClip, {224, 224});
  for (auto _ : state) benchmark::DoNotOptimize(Prepare(image, preprocessing).values.data());
}
BENCHMARK(BM_Prepare)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace unmask

BENCHMARK_MAIN();
