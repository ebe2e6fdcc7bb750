// Lanes refilled as jobs stop, against static gangs of the same width, in which the next jobs begin
// when the last of a gang has stopped:
//   unmask --store STORE query "SELECT epochs FROM jobs WHERE state = 'done'" --format csv |
//     lanes_refill LANES FEATURES ADAPTER STREAM [cuda]      (prints JSON)
// Numbers on stdin: how many epochs each job ran, in the order of the plan. A job is that many
// training steps here, one for each epoch, on batches of 32; both ways use the same engine.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/random_fold.h"
#include "common/base/text.h"
#include "worker/lanes_engine/lanes_engine.h"

namespace unmask {
namespace {

constexpr std::int64_t kBatch = 32;
constexpr std::int64_t kClasses = 6;

class Bench {
 public:
  Bench(std::int64_t lanes, at::Device device, const ModelShape& shape,
        std::vector<std::int64_t> epochs)
      : lanes_(static_cast<std::size_t>(lanes)),
        device_(device),
        shape_(shape),
        epochs_(std::move(epochs)),
        fold_(RandomFold(kBatch, shape.features, kClasses)) {}

  struct Run {
    LanePack::Count count;
    double seconds = 0;
    double cpu_seconds = 0;  // what others do on the machine changes it less
  };

  Run Refilled() const {
    return Timed([this](LanePool& pool) { Train(pool, 0, epochs_.size()); });
  }

  Run Gangs() const {
    return Timed([this](LanePool& pool) {
      for (std::size_t first = 0; first < epochs_.size(); first += lanes_) {
        Train(pool, first, std::min(first + lanes_, epochs_.size()));
      }
    });
  }

 private:
  // Jobs [first, end), each by the next thread that is free.
  void Train(LanePool& pool, std::size_t first, std::size_t end) const {
    std::atomic<std::size_t> next = first;
    std::vector<std::thread> slots;
    slots.reserve(lanes_);
    for (std::size_t i = 0; i < lanes_; ++i) {
      slots.emplace_back([&] {
        for (std::size_t job = next++; job < end; job = next++) TrainOne(pool, epochs_[job]);
      });
    }
    for (std::thread& slot : slots) slot.join();
  }

  void TrainOne(LanePool& pool, std::int64_t steps) const {
    const Settings settings;
    const auto engine = pool.Make(settings, shape_, fold_);
    engine->SetWeights(InitialWeights(shape_, 0, ""));
    MaskMaker masks(shape_, settings.train.dropout, 0, "");
    std::vector<std::int64_t> clips(kBatch);
    std::iota(clips.begin(), clips.end(), 0);
    for (std::int64_t step = 0; step < steps; ++step) {
      engine->Step(0, clips, masks.Numbers(step, 0));
    }
  }

  template <class F>
  Run Timed(F train) const {
    LanePool pool(static_cast<std::int64_t>(lanes_), device_);
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t cpu_begin = std::clock();
    train(pool);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return {pool.count(), took.count(),
            static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC};
  }

  std::size_t lanes_;
  at::Device device_;
  ModelShape shape_;
  std::vector<std::int64_t> epochs_;
  FoldData fold_;
};

int Main(int argc, char** argv) {
  const bool cuda = argc == 6 && std::string_view(argv[5]) == "cuda";
  if (argc != 5 && !cuda) {
    fmt::print(stderr, "usage: lanes_refill LANES FEATURES ADAPTER STREAM [cuda] < EPOCHS\n");
    return 2;
  }
  const ModelShape shape{std::atoll(argv[2]),
                         std::atoll(argv[3]),
                         std::atoll(argv[4]),
                         {{Task::kTer, kClasses}, {Task::kDer, kClasses}}};
  std::vector<std::int64_t> epochs;
  for (std::string line; std::getline(std::cin, line);) {
    if (const auto number = ParseInt(Trim(line))) epochs.push_back(*number);  // not the header
  }
  const Bench bench(std::atoll(argv[1]), cuda ? at::kCUDA : at::kCPU, shape, epochs);
  const Bench::Run refilled = bench.Refilled();
  const Bench::Run gangs = bench.Gangs();
  const auto print = [](const char* name, const Bench::Run& run) {
    fmt::print(R"("{}": {{"steps": {}, "seconds": {:.2f}, "cpu_seconds": {:.2f}}}, )", name,
               run.count.steps, run.seconds, run.cpu_seconds);
  };
  fmt::print(R"({{"jobs": {}, "job_steps": {}, )", epochs.size(), refilled.count.used);
  print("refilled", refilled);
  print("gangs", gangs);
  const double steps =
      static_cast<double>(gangs.count.steps) / static_cast<double>(refilled.count.steps);
  fmt::print(R"("ratios": {{"steps": {:.3f}, "seconds": {:.2f}, "cpu_seconds": {:.2f}}}}})", steps,
             gangs.seconds / refilled.seconds, gangs.cpu_seconds / refilled.cpu_seconds);
  fmt::print("\n");
  return 0;
}

}  // namespace
}  // namespace unmask

int main(int argc, char** argv) { return unmask::Main(argc, argv); }
