// Job-steps a second of the core engine, dropout masks included, on one thread:
//   core_steps FEATURES ADAPTER STREAM SECONDS     (prints one number)
// The work of bench/peers/pytorch_steps.py: DSID, 6 and 6 classes, batches of 32, alpha .5, beta 1.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <numeric>

#include "bench/random_fold.h"
#include "worker/core_engine/core_engine.h"

namespace unmask {
namespace {

constexpr std::int64_t kClips = 640;
constexpr std::int64_t kBatch = 32;
constexpr std::int64_t kClasses = 6;

double StepsPerSecond(const ModelShape& shape, double seconds) {
  const FoldData fold = RandomFold(kClips, shape.features, kClasses);
  const Settings settings;
  const auto engine = MakeCoreEngine(settings, shape, fold);
  engine->SetWeights(InitialWeights(shape, 0, "a"));
  MaskMaker masks(shape, settings.train.dropout, 0, "a");
  std::vector<std::int64_t> clips(kClips);
  std::iota(clips.begin(), clips.end(), 0);
  const auto epoch = [&](std::int64_t number) {
    for (std::int64_t step = 0; step < kClips / kBatch; ++step) {
      const auto batch = std::span(clips).subspan(static_cast<std::size_t>(step * kBatch), kBatch);
      engine->Step(0, batch, masks.Make(number, step, kBatch));
    }
  };
  epoch(0);  // warm
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::duration<double>(seconds);
  std::int64_t epochs = 1;
  while (Clock::now() < end) epoch(epochs++);
  const std::chrono::duration<double> took = Clock::now() - begin;
  return static_cast<double>((epochs - 1) * (kClips / kBatch)) / took.count();
}

}  // namespace
}  // namespace unmask

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: core_steps FEATURES ADAPTER STREAM SECONDS\n");
    return 2;
  }
  const auto number = [&](int i) { return std::atoll(argv[i]); };
  const unmask::ModelShape shape{
      number(1), number(2), number(3), {{unmask::Task::kTer, 6}, {unmask::Task::kDer, 6}}};
  fmt::print("{:.1f}\n", unmask::StepsPerSecond(shape, std::atof(argv[4])));
  return 0;
}
