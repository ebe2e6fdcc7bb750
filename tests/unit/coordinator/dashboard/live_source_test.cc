#include "coordinator/dashboard/live_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/testing/store_env.h"

namespace unmask {
namespace {

using testing::HasSubstr;
using testing::Not;

class HandClock final : public Clock {
 public:
  Millis Now() const override { return now; }
  std::string WallTime() const override { return kStoreNow; }
  Millis now{1'000};
};

class LiveSourceTest : public testing::Test {
 protected:
  std::string Log(const std::string& bytes, std::size_t max_bytes = 1000) {
    const fs::path path = folder.path() / "a.log";
    EXPECT_TRUE(WriteFileDurably(path, bytes).ok());
    return LogTailJson(path, max_bytes).value_or("none");
  }
  TempFolder folder;
  HandClock clock;
  Millis cost{0};  // of a build
  LiveSource source{clock, StorePaths{folder.path()},
                    [this] {
                      clock.now += cost;
                      LiveSnapshot snapshot;
                      snapshot.sweep = "s-1";
                      return snapshot;
                    },
                    [](const std::string& key) { return key == std::string(64, 'a'); }};
};

TEST_F(LiveSourceTest, IsBuiltAtMostOnceASecondForAllViewers) {
  const SharedText first = source.SweepJson();
  EXPECT_THAT(*first, HasSubstr("s-1"));
  EXPECT_THAT(*source.Metrics(), HasSubstr("unmask_jobs{"));
  clock.now += Millis(999);
  EXPECT_EQ(source.SweepJson(), first);
  EXPECT_EQ(source.builds(), 1);
  clock.now += Millis(1);
  EXPECT_NE(source.SweepJson(), first);
  EXPECT_EQ(source.builds(), 2);
  source.Expire();
  (void)source.SweepJson();
  EXPECT_EQ(source.builds(), 3);
}

TEST_F(LiveSourceTest, ALargeSweepIsBuiltLessOften) {
  cost = Millis(50);
  (void)source.SweepJson();
  clock.now += Millis(4'999);
  (void)source.SweepJson();
  EXPECT_EQ(source.builds(), 1);
  clock.now += Millis(1);
  (void)source.SweepJson();
  EXPECT_EQ(source.builds(), 2);
}

TEST_F(LiveSourceTest, LogsAreOfKnownJobsAlone) {
  ASSERT_TRUE(MakeFolders(folder.path() / "logs").ok());
  ASSERT_TRUE(WriteFileDurably(folder.path() / "logs/aaaaaaaaaaaa-3.log", "boom\n").ok());
  ASSERT_TRUE(WriteFileDurably(folder.path() / "logs/bbbbbbbbbbbb-3.log", "boom\n").ok());
  const auto log = source.LogJson(std::string(64, 'a'), AttemptNumber{3});
  ASSERT_TRUE(log);
  EXPECT_THAT(*log, HasSubstr("boom"));
  EXPECT_FALSE(source.LogJson(std::string(64, 'a'), AttemptNumber{4}));
  EXPECT_FALSE(source.LogJson(std::string(64, 'b'), AttemptNumber{3}));
}

TEST_F(LiveSourceTest, ALogIsTextWhateverIsInIt) {
  const auto json = nlohmann::json::parse(Log("one\n\x1b[31mtwo\x07\n<b>three</b>\xff\r\n"));
  EXPECT_EQ(json["text"], "one\n\\x1b[31mtwo\\x07\n<b>three</b>\\xff\\x0d\n");
  EXPECT_FALSE(json["truncated"]);
}

TEST_F(LiveSourceTest, OnlyTheEndOfALongLogIsRead) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(i) + "\n";
  const auto json = nlohmann::json::parse(Log(text, 100));
  EXPECT_TRUE(json["truncated"]);
  EXPECT_EQ(json["bytes"], text.size());
  const auto tail = json["text"].get<std::string>();
  EXPECT_LE(tail.size(), 100U);
  EXPECT_TRUE(tail.starts_with("line ")) << tail;
  EXPECT_TRUE(tail.ends_with("line 999\n")) << tail;
  EXPECT_EQ(nlohmann::json::parse(Log(""))["text"], "");
}

}  // namespace
}  // namespace unmask
