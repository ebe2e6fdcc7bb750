#include "worker/agent/attempt_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using ::testing::Eq;
using ::testing::Optional;

class HandClock final : public Clock {
 public:
  Millis Now() const override { return now; }
  std::string WallTime() const override { return std::to_string(now.count()); }
  Millis now{1'000};
};

class AttemptLogsTest : public ::testing::Test {
 protected:
  std::optional<std::string> FileOf(const LeaseId& lease) const {
    const std::string name =
        lease.job_key.substr(0, 12) + "-" + std::to_string(lease.attempt.value) + ".log";
    if (logs_) logs_->Settle();
    const auto text = ReadFile(folder_ / name);
    return text.ok() ? std::optional(*text) : std::nullopt;
  }
  void Wait(int milliseconds) {
    clock_.now += Millis(milliseconds);
    logs_->WriteOld(clock_.now);
  }

  const LeaseId a_{std::string(64, 'a'), AttemptNumber{1}, CoordinatorEpoch{1}};
  const LeaseId b_{std::string(64, 'b'), AttemptNumber{2}, CoordinatorEpoch{1}};
  const TempFolder temp_;
  const fs::path folder_ = temp_.path();
  HandClock clock_;
  std::optional<AttemptLogs> logs_{std::in_place, folder_, clock_};
};

TEST_F(AttemptLogsTest, AShortAttemptThatEndsWellLeavesNoFile) {
  logs_->Add(a_, "leased", LogWorth::kDetail);
  logs_->Add(a_, "done", LogWorth::kGoodEnd);
  Wait(10'000);
  EXPECT_EQ(FileOf(a_), std::nullopt);
}

TEST_F(AttemptLogsTest, AFailureIsWrittenWithWhatCameBefore) {
  logs_->Add(a_, "leased", LogWorth::kDetail);
  logs_->Add(b_, "leased", LogWorth::kDetail);
  clock_.now += Millis(5);
  logs_->Add(a_, "failed", LogWorth::kBadEnd);
  EXPECT_THAT(FileOf(a_), Optional(Eq("1000 leased\n1005 failed\n")));
  EXPECT_EQ(FileOf(b_), std::nullopt);
}

TEST_F(AttemptLogsTest, WhatIsOfNoteIsWrittenAtOnce_AndTheEndAfterIt) {
  logs_->Add(a_, "leased", LogWorth::kDetail);
  logs_->Add(a_, "checkpoint", LogWorth::kNotable);
  EXPECT_THAT(FileOf(a_), Optional(Eq("1000 leased\n1000 checkpoint\n")));
  logs_->Add(a_, "epoch", LogWorth::kDetail);
  logs_->Add(a_, "done", LogWorth::kGoodEnd);
  EXPECT_THAT(FileOf(a_), Optional(Eq("1000 leased\n1000 checkpoint\n1000 epoch\n1000 done\n")));
}

TEST_F(AttemptLogsTest, ALongAttemptIsWrittenWhileItRuns) {
  logs_->Add(a_, "leased", LogWorth::kDetail);
  Wait(999);
  EXPECT_EQ(FileOf(a_), std::nullopt);
  Wait(251);
  EXPECT_THAT(FileOf(a_), Optional(Eq("1000 leased\n")));
}

TEST_F(AttemptLogsTest, AnAgentThatEndsWritesWhatItHas) {
  logs_->Add(a_, "leased", LogWorth::kDetail);
  logs_.reset();
  EXPECT_THAT(FileOf(a_), Optional(Eq("1000 leased\n")));
}

TEST_F(AttemptLogsTest, AFolderThatIsGoneCostsTheLinesAlone) {
  fs::remove_all(folder_);
  logs_->Add(a_, "failed", LogWorth::kBadEnd);
  EXPECT_EQ(FileOf(a_), std::nullopt);
}

}  // namespace
}  // namespace unmask
