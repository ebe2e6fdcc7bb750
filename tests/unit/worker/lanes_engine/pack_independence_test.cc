// The same job alone, packed with others, in another lane, in a lane that another job has left, and
// resumed from a checkpoint: the same bits.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <future>
#include <limits>
#include <numeric>
#include <thread>

#include "common/random/philox.h"
#include "tests/unit/worker/core_engine/random_job.h"
#include "tests/unit/worker/lanes_engine/device.h"
#include "tests/unit/worker/trainer/small_jobs.h"
#include "worker/lanes_engine/lanes_engine.h"

namespace unmask {
namespace {

using testing::RandomJob;
using testing::RecordingHooks;
using testing::RunSteps;
using testing::SettingsOf;
using testing::SmallDataset;
using testing::SmallSpec;
using testing::StillClock;
using testing::WeightsOf;
using PackIndependence = testing::DeviceTest;

constexpr std::int64_t kLanes = 4;

// Everything that a neighbour may have that a job has not: another loss, kernel, rate, dropout,
// weights of classes, fold (and so other batches, 35 or 47 clips in eights) and number of epochs.
std::vector<JobSpec> DifferentJobs() {
  std::vector<JobSpec> jobs;
  const std::vector<std::string> held_out = {"a", "b", "c", "d", "e"};
  for (const HsicKind hsic : {HsicKind::kPaper, HsicKind::kBiased, HsicKind::kUnbiased}) {
    for (const double alpha : {0.0, 0.5, 50.0}) {
      JobSpec spec = SmallSpec();
      const auto number = static_cast<std::int64_t>(jobs.size());
      spec.held_out = held_out[static_cast<std::size_t>(number) % held_out.size()];
      spec.seed = number % 2;
      spec.settings.model.adapter = 20;  // neither fills a cache line
      spec.settings.model.stream = 9;
      spec.settings.loss.alpha = alpha;
      spec.settings.loss.hsic = hsic;
      spec.settings.loss.kernel = number % 2 == 0 ? KernelKind::kRbf : KernelKind::kLinear;
      if (number % 4 == 1) spec.settings.loss.class_weights = ClassWeights::kBalanced;
      spec.settings.train.lr = 1e-3 * static_cast<double>(1 + number);
      spec.settings.train.dropout = 0.1 * static_cast<double>(number % 5);
      spec.settings.train.max_epochs = 3 + number % 4;
      spec.settings.train.patience = 2;
      jobs.push_back(spec);
    }
  }
  jobs.push_back(jobs.front());
  jobs.back().settings.model.kind = ModelKind::kSingleTask;  // another pack
  jobs.push_back(jobs[4]);
  jobs.back().settings.model.stream = 40;  // likewise
  return jobs;
}

EngineMaker MakerOf(LanePool& pool) {
  return [&pool](const Settings& settings, const ModelShape& shape, const FoldData& fold) {
    return pool.Make(settings, shape, fold);
  };
}

struct Trained {
  TrainDone done;
  std::vector<TrainingState> checkpoints;
};

Trained Train(LanePool& pool, const JobSpec& spec, TrainOptions options = {}) {
  options.checkpoint_seconds = 0;  // at every epoch's end
  const auto fold = PrepareFold(spec, SmallDataset());
  UNMASK_CHECK(fold.ok());
  RecordingHooks hooks;
  TrainOutcome outcome = TrainJob(spec, *fold, options, MakerOf(pool), StillClock(), hooks);
  return {std::get<TrainDone>(std::move(outcome)), std::move(hooks.checkpoints)};
}

std::vector<Trained> TrainEachAlone(const std::vector<JobSpec>& jobs) {
  std::vector<Trained> alone;
  for (const JobSpec& spec : jobs) {
    LanePool pool = testing::PoolOf(kLanes);
    alone.push_back(Train(pool, spec));
  }
  return alone;
}

// Jobs in `order`, on `slots` threads of one pool: whoever is free takes the next.
std::vector<Trained> TrainTogether(LanePool& pool, const std::vector<JobSpec>& jobs,
                                   const std::vector<std::uint32_t>& order, int slots,
                                   const std::vector<TrainOptions>& options) {
  std::vector<Trained> trained(jobs.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(slots));
  for (int slot = 0; slot < slots; ++slot) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < order.size(); at = next++) {
        trained[order[at]] = Train(pool, jobs[order[at]], options[order[at]]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return trained;
}

void ExpectSame(const TrainDone& a, const TrainDone& b, std::size_t job) {
  EXPECT_EQ(a.result.predictions, b.result.predictions) << "job " << job;
  EXPECT_EQ(a.result.curves, b.result.curves) << "job " << job;
  EXPECT_EQ(a.result.epochs, b.result.epochs) << "job " << job;
  EXPECT_EQ(a.result.held_out_hsic, b.result.held_out_hsic) << "job " << job;
  EXPECT_TRUE(a.best_weights == b.best_weights) << "job " << job;
}

TEST_F(PackIndependence, PackedPermutedAndRefilledJobsHaveTheBitsOfJobsAlone) {
  const std::vector<JobSpec> jobs = DifferentJobs();
  const std::vector<Trained> alone = TrainEachAlone(jobs);
  const RandomStream orders(1, "", "orders");
  std::uint32_t round = 0;
  for (const int slots : {1, 2, 3, 4, 7, 7, 4, 2}) {  // 7: more than a pack has lanes
    LanePool pool = testing::PoolOf(kLanes);
    const auto order = orders.Permutation(static_cast<std::uint32_t>(jobs.size()), round++, 0);
    const auto together =
        TrainTogether(pool, jobs, order, slots, std::vector<TrainOptions>(jobs.size()));
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      SCOPED_TRACE(::testing::Message() << slots << " slots, order " << round);
      ExpectSame(together[i].done, alone[i].done, i);
      EXPECT_EQ(together[i].checkpoints, alone[i].checkpoints) << "job " << i;
    }
  }
}

// A lane that has begun is waited for, so its neighbour's step is one with a step of its own.
TEST_F(PackIndependence, LanesShareSteps) {
  const RandomJob job;
  const FoldData fold = FoldOf(job);
  LanePool pool = testing::PoolOf(kLanes);
  const auto engine = pool.Make(SettingsOf(job), ShapeOf(job), fold);
  RunSteps(job, *engine, 0, 1);
  std::atomic<bool> done = false;
  std::thread neighbour([&] {
    const auto other = pool.Make(SettingsOf(job), ShapeOf(job), fold);
    RunSteps(job, *other, 0, 1);
    done = true;
  });
  while (!done) RunSteps(job, *engine, 1, 2);
  neighbour.join();
  EXPECT_EQ(pool.count().used, pool.count().steps + 1);
}

TEST_F(PackIndependence, ResumedJobsHaveTheBitsOfJobsAlone) {
  const std::vector<JobSpec> jobs = DifferentJobs();
  const std::vector<Trained> alone = TrainEachAlone(jobs);
  std::vector<std::uint32_t> order(jobs.size());
  std::iota(order.begin(), order.end(), 0U);
  for (const std::size_t epoch : {0U, 1U}) {
    std::vector<TrainOptions> options(jobs.size());
    for (std::size_t i = 0; i < jobs.size(); i += 1 + epoch) {  // among others that begin
      const auto read = DecodeCheckpoint(EncodeCheckpoint(alone[i].checkpoints.at(epoch)), "test");
      ASSERT_TRUE(read.ok());
      options[i].resume = *read;
    }
    LanePool pool = testing::PoolOf(kLanes);
    const auto resumed = TrainTogether(pool, jobs, order, 3, options);
    for (std::size_t i = 0; i < jobs.size(); ++i) ExpectSame(resumed[i].done, alone[i].done, i);
  }
}

// A lane whose job writes a checkpoint, or has ended, is not waited for, and keeps what it has.
TEST_F(PackIndependence, ALaneThatStepsAsideIsLeftAlone) {
  const RandomJob job;
  const FoldData fold = FoldOf(job);
  const auto steps = [&](bool others) {
    LanePool pool = testing::PoolOf(kLanes);
    const auto engine = pool.Make(SettingsOf(job), ShapeOf(job), fold);
    engine->SetWeights(WeightsOf(job));
    RunSteps(job, *engine, 0, 3);
    std::pair state{engine->Weights(), engine->Moments()};  // steps aside
    if (others) {
      const auto other = pool.Make(SettingsOf(job), ShapeOf(job), fold);
      other->SetWeights(WeightsOf(job));
      RunSteps(job, *other, 7, 12);
      EXPECT_TRUE(state == std::pair(engine->Weights(), engine->Moments()));
    }
    RunSteps(job, *engine, 3, 5);
    state = {engine->Weights(), engine->Moments()};
    return state;
  };
  EXPECT_TRUE(steps(/*others=*/true) == steps(/*others=*/false));
}

// Makes a view, as a training without a bank does, at the first Copy after Lose().
class LateInputs final : public Inputs {
 public:
  LateInputs(std::shared_ptr<const Inputs> inputs, std::function<void()> make)
      : inputs_(std::move(inputs)), make_(std::move(make)) {}
  void Lose() { made_ = false; }
  bool Has(std::int64_t) const override { return made_; }
  void Copy(std::int64_t view, std::int64_t clip, std::span<float> row) const override {
    if (!std::exchange(made_, true)) make_();
    inputs_->Copy(view, clip, row);
  }

 private:
  std::shared_ptr<const Inputs> inputs_;
  std::function<void()> make_;
  mutable bool made_ = true;
};

TEST_F(PackIndependence, ALaneThatMakesAViewIsNotWaitedFor) {
  const RandomJob job;
  const FoldData fold = FoldOf(job);
  LanePool pool = testing::PoolOf(kLanes);
  std::future<float> neighbour;
  auto waited = std::future_status::deferred;
  const auto inputs = std::make_shared<LateInputs>(fold.inputs, [&] {
    neighbour = std::async(std::launch::async, [&] {
      return RunSteps(job, *pool.Make(SettingsOf(job), ShapeOf(job), fold), 0, 1);
    });
    waited = neighbour.wait_for(std::chrono::seconds(20));
  });
  FoldData late = fold;
  late.inputs = inputs;
  const auto engine = pool.Make(SettingsOf(job), ShapeOf(job), late);
  RunSteps(job, *engine, 0, 1);
  inputs->Lose();
  RunSteps(job, *engine, 1, 2);
  EXPECT_EQ(waited, std::future_status::ready);
}

// Weights and moments after some steps of `job` in a lane of a pack, whose others hold `others`.
std::pair<NamedTensors, NamedTensors> InLane(const RandomJob& job, std::int64_t lane,
                                             const NamedTensors& others) {
  LanePool pool = testing::PoolOf(kLanes);
  const FoldData fold = FoldOf(job);
  std::vector<std::unique_ptr<Engine>> engines;
  for (std::int64_t i = 0; i < kLanes; ++i) {
    engines.push_back(pool.Make(SettingsOf(job), ShapeOf(job), fold));
    engines.back()->SetWeights(i == lane ? WeightsOf(job) : others);
  }
  Engine& engine = *engines[static_cast<std::size_t>(lane)];
  RunSteps(job, engine, 0, 3);
  engine.Evaluate(testing::BatchOf(job, 7));
  RunSteps(job, engine, 3, 4);
  return {engine.Weights(), engine.Moments()};
}

TEST_F(PackIndependence, EveryLaneGivesTheSameBitsWhateverTheOthersHold) {
  for (const RandomJob& job : testing::AllKindsOfJobs()) {
    NamedTensors zero = WeightsOf(job);
    NamedTensors broken = zero;
    for (auto& [name, tensor] : zero) std::fill(tensor.values.begin(), tensor.values.end(), 0.0F);
    for (auto& [name, tensor] : broken) {
      std::fill(tensor.values.begin(), tensor.values.end(),
                std::numeric_limits<float>::quiet_NaN());
    }
    const auto expected = InLane(job, 0, zero);
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const auto got = InLane(job, lane, broken);
      EXPECT_TRUE(got.first == expected.first) << "lane " << lane << ": " << job;
      EXPECT_TRUE(got.second == expected.second) << "lane " << lane << ": " << job;
    }
  }
}

}  // namespace
}  // namespace unmask
