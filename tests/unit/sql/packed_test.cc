#include "sql/packed.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "sql/query.h"
#include "tests/testing/store_env.h"

namespace unmask {
namespace {

std::vector<std::uint32_t> BitsOf(const std::vector<float>& values) {
  std::vector<std::uint32_t> bits;
  for (const float value : values) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

// Every bit pattern with equal chance: denormals, both zeros, the largest and the smallest.
std::vector<float> AnyFloats(std::size_t count, std::uint32_t seed) {
  using Limits = std::numeric_limits<float>;
  std::vector<float> values = {0.0F,
                               -0.0F,
                               Limits::denorm_min(),
                               -Limits::denorm_min(),
                               Limits::min(),
                               Limits::max(),
                               Limits::lowest(),
                               Limits::epsilon(),
                               0.1F,
                               16777216.0F,
                               1e10F,
                               -1.17549421e-38F};
  std::mt19937 random(seed);
  while (values.size() < count) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (std::isfinite(value)) values.push_back(value);
  }
  return values;
}

TEST(Packed, LogitsComeBackWithTheSameBits) {
  const std::uint32_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  const std::vector<float> values = AnyFloats(200000, seed);
  EXPECT_EQ(BitsOf(UnpackLogits(PackLogits(values, 8))), BitsOf(values));
}

TEST(Packed, LogitsAreRowsOfShortestNumbers) {
  EXPECT_EQ(PackLogits(std::vector<float>{0.1F, -2, 1e-45F, 3}, 2), "[[0.1,-2],[1e-45,3]]");
  EXPECT_EQ(PackLogits({}, 3), "[]");
  EXPECT_TRUE(UnpackLogits("[]").empty());
}

TEST(Packed, NotFiniteNumbersAreNull) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::string packed = PackLogits(std::vector<float>{infinity, 1, NAN, -infinity}, 2);
  EXPECT_EQ(packed, "[[null,1],[null,null]]");
  const std::vector<float> back = UnpackLogits(packed);
  ASSERT_EQ(back.size(), 4U);
  EXPECT_TRUE(std::isnan(back[0]));
  EXPECT_EQ(back[1], 1);
}

TEST(Packed, CurvesComeBackInOrder) {
  const std::vector<CurvePoint> curves = {{0, CurveSplit::kTrain, Task::kTer, 2, 0.5},
                                          {0, CurveSplit::kTrain, Task::kDer, 3, 0.25},
                                          {1, CurveSplit::kTrain, Task::kTer, 1, 0.75},
                                          {5, CurveSplit::kTrain, Task::kTer, 0.5, 1}};
  const std::string packed = PackCurves(curves);
  EXPECT_EQ(packed,
            "[{\"first\":0,\"split\":\"train\",\"task\":\"ter\",\"points\":[[2,0.5],[1,0.75]]},"
            "{\"first\":5,\"split\":\"train\",\"task\":\"ter\",\"points\":[[0.5,1]]},"
            "{\"first\":0,\"split\":\"train\",\"task\":\"der\",\"points\":[[3,0.25]]}]");
  EXPECT_EQ(UnpackCurves(packed),
            (std::vector<CurvePoint>{curves[0], curves[2], curves[3], curves[1]}));
  // Accuracies are quotients of counts, whose sums and order have to be told from the view.
  EXPECT_EQ(PackCurves({{0, CurveSplit::kValidation, Task::kTer, 1.0 / 3, 4.0 / 9}}),
            "[{\"first\":0,\"split\":\"validation\",\"task\":\"ter\",\"points\":"
            "[[0.33333334,0.4444444444444444]]}]");
  EXPECT_EQ(PackCurves({}), "[]");
  EXPECT_TRUE(UnpackCurves("[]").empty());
}

// A training that went on elsewhere may tell its points in another order.
TEST(Packed, CurvesAreSortedByEpoch) {
  const std::vector<CurvePoint> curves = {{2, CurveSplit::kTrain, Task::kTer, 0.5, 1},
                                          {0, CurveSplit::kTrain, Task::kTer, 2, 0.5},
                                          {1, CurveSplit::kTrain, Task::kTer, 1, 0.75}};
  EXPECT_EQ(UnpackCurves(PackCurves(curves)),
            (std::vector<CurvePoint>{curves[1], curves[2], curves[0]}));
}

class LogitObjects final : public RowSink {
 public:
  void Columns(const std::vector<std::string>&) override {}
  void Row(const std::vector<SqlValue>& values) override {
    const auto json = nlohmann::json::parse(std::get<std::string>(values[0]));
    for (const char* name : {"c0", "c1", "c2", "c3"}) logits.push_back(json.at(name).get<float>());
  }
  std::vector<float> logits;
};

// What a notebook sees: the view's JSON, read as doubles and narrowed. SQLite prints -0.0 as 0.0.
TEST(Packed, TheViewKeepsTheBits) {
  const std::uint32_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  StoreEnv env;
  const SweepPlan plan = MakeTestPlan("s-1", {{"single", ModelKind::kSingleTask, Task::kDer}});
  env.Register(plan);
  TaskPredictions predictions;
  predictions.task = Task::kDer;
  predictions.classes = {"c0", "c1", "c2", "c3"};
  constexpr std::size_t kClips = 500;
  for (std::size_t i = 0; i < kClips; ++i) predictions.samples.push_back(std::to_string(1000 + i));
  predictions.labels.assign(kClips, 0);
  predictions.predicted.assign(kClips, 3);
  predictions.logits = AnyFloats(kClips * 4, seed);
  JobResult result = TestResult(plan.jobs[0].spec);
  result.predictions = {predictions};
  const LeaseId lease = env.LeaseOf(plan.jobs[0].key);
  env.Lease(lease);
  env.Apply(RecordResult{lease, result});
  env.Commit();

  LogitObjects seen;
  StoreEnv::Expect(RunQuery(env.paths(), "SELECT logits FROM predictions ORDER BY sample",
                            std::chrono::seconds(60), seen));
  for (float& value : predictions.logits) value = value == 0 ? 0.0F : value;
  EXPECT_EQ(BitsOf(seen.logits), BitsOf(predictions.logits));

  const auto stored = env.Reader()->ResultOf(plan.jobs[0].key);
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(BitsOf(stored->predictions[0].logits), BitsOf(result.predictions[0].logits));
}

}  // namespace
}  // namespace unmask
