#include "coordinator/core/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Both sinks write into one log, so that their order shows.
class FakeSinks final : public RecordSink, public MessageSink {
 public:
  Status Apply(const Record& record) override {
    const std::string key = std::get<RecordJobFailed>(record).job_key;
    if (key == refuses) return InternalError("no room");
    if (key == throws_at) throw std::bad_alloc();
    pending.push_back(key);
    return {};
  }
  Status Commit() override {
    if (full) return InternalError("no room");
    std::string line = "commit";
    for (const std::string& key : pending) line += " " + key;
    log.push_back(line);
    pending.clear();
    return {};
  }
  void Rollback() override {
    pending.clear();
    ++rollbacks;
  }
  void Send(WorkerId to, const Message&) override {
    log.push_back("send " + std::to_string(to.value));
  }
  void Drop(WorkerId worker, const std::string& reason) override {
    log.push_back("drop " + std::to_string(worker.value) + " " + reason);
  }
  void Note(const std::string& line) override { log.push_back(line); }

  std::vector<std::string> pending, log;
  std::string refuses, throws_at;
  int rollbacks = 0;
  bool full = false;
};

Record R(const std::string& key) { return RecordJobFailed{key, ""}; }

TEST(OutboxTest, WithNothingPendingAMessageLeavesAtOnce) {
  FakeSinks sinks;
  Outbox outbox(sinks, sinks);
  outbox.Send(WorkerId{1}, Goodbye{});
  outbox.Drop(WorkerId{1}, "gone");
  EXPECT_THAT(sinks.log, ElementsAre("send 1", "drop 1 gone"));
  EXPECT_FALSE(outbox.NextDue());
}

TEST(OutboxTest, AMessageWaitsForTheRecordsBeforeItAndKeepsItsOrder) {
  FakeSinks sinks;
  Outbox outbox(sinks, sinks);
  outbox.Persist(R("a"));
  outbox.Send(WorkerId{1}, Goodbye{});
  outbox.Persist(R("b"));
  outbox.Send(WorkerId{2}, Goodbye{});
  outbox.Drop(WorkerId{2}, "gone");
  EXPECT_TRUE(outbox.Pump(Millis(100)).ok());
  EXPECT_EQ(outbox.NextDue(), Millis(150));
  EXPECT_TRUE(outbox.Pump(Millis(149)).ok());
  EXPECT_THAT(sinks.log, IsEmpty());
  EXPECT_TRUE(outbox.Pump(Millis(150)).ok());
  EXPECT_THAT(sinks.log, ElementsAre("commit a b", "send 1", "send 2", "drop 2 gone"));
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.pending_records(), 0U);
}

TEST(OutboxTest, TheAgeIsThatOfTheOldestRecord) {
  FakeSinks sinks;
  Outbox outbox(sinks, sinks);
  outbox.Persist(R("a"));
  EXPECT_TRUE(outbox.Pump(Millis(0)).ok());
  outbox.Persist(R("b"));
  EXPECT_TRUE(outbox.Pump(Millis(40)).ok());
  EXPECT_TRUE(outbox.Pump(Millis(50)).ok());
  EXPECT_THAT(sinks.log, ElementsAre("commit a b"));
}

// Nothing of it stays in the transaction, and nothing is lost.
TEST(OutboxTest, WantOfMemoryIsAFailedCommit) {
  FakeSinks sinks;
  sinks.throws_at = "b";
  Outbox outbox(sinks, sinks);
  outbox.Persist(R("a"));
  outbox.Persist(R("b"));
  EXPECT_FALSE(outbox.Flush(Millis(0)).ok());
  EXPECT_EQ(sinks.rollbacks, 1);
  EXPECT_EQ(outbox.pending_records(), 2U);
  sinks.throws_at.clear();
  EXPECT_TRUE(outbox.Flush(Millis(0)).ok());
  EXPECT_THAT(sinks.log, ElementsAre("commit a b"));
}

TEST(OutboxTest, FlushDoesNotWait) {
  FakeSinks sinks;
  Outbox outbox(sinks, sinks);
  outbox.Persist(R("a"));
  EXPECT_TRUE(outbox.Flush(Millis(0)).ok());
  EXPECT_THAT(sinks.log, ElementsAre("commit a"));
}

TEST(OutboxTest, AFailedCommitKeepsEverythingAndIsTriedAgainWhole) {
  FakeSinks sinks;
  Outbox outbox(sinks, sinks);
  sinks.full = true;
  outbox.Persist(R("a"));
  outbox.Send(WorkerId{1}, Goodbye{});
  EXPECT_FALSE(outbox.Flush(Millis(0)).ok());
  EXPECT_EQ(outbox.failing_since(), Millis(0));
  outbox.Persist(R("b"));
  EXPECT_TRUE(outbox.Pump(Millis(999)).ok()) << "not due before its retry";
  EXPECT_FALSE(outbox.Pump(Millis(1000)).ok());
  EXPECT_EQ(outbox.failing_since(), Millis(0));
  sinks.full = false;
  EXPECT_TRUE(outbox.Pump(Millis(2000)).ok());
  EXPECT_THAT(sinks.log, ElementsAre("commit a b", "send 1"));
  EXPECT_FALSE(outbox.failing_since());
}

TEST(OutboxTest, ARecordThatCannotBeAppliedRollsTheWholeBatchBack) {
  FakeSinks sinks;
  Outbox outbox(sinks, sinks);
  sinks.refuses = "b";
  outbox.Persist(R("a"));
  outbox.Persist(R("b"));
  EXPECT_FALSE(outbox.Flush(Millis(0)).ok());
  EXPECT_THAT(sinks.pending, IsEmpty());
  sinks.refuses = "";
  EXPECT_TRUE(outbox.Flush(Millis(1)).ok());
  EXPECT_THAT(sinks.log, ElementsAre("commit a b"));
}

// Commits when it is told to, as a thread would at any time.
class FakeRunner final : public CommitRunner {
 public:
  void Start(std::function<Status()> commit) override { commit_ = std::move(commit); }
  std::optional<Status> Result() override {
    if (!done) return std::nullopt;
    return Wait();
  }
  Status Wait() override { return std::exchange(commit_, nullptr)(); }
  bool done = false;

 private:
  std::function<Status()> commit_;
};

class OutboxBesideTest : public testing::Test {
 protected:
  // Begins to commit "a", with a message behind it.
  void Begin() {
    outbox.Persist(R("a"));
    outbox.Send(WorkerId{1}, Goodbye{});
    EXPECT_TRUE(outbox.Pump(Millis(0)).ok());
    EXPECT_TRUE(outbox.Pump(Millis(50)).ok());
  }
  FakeSinks sinks;
  FakeRunner runner;
  Outbox outbox{sinks, sinks, Outbox::Config(), &runner};
};

TEST_F(OutboxBesideTest, WhatComesDuringACommitWaitsForTheNext) {
  Begin();
  outbox.Send(WorkerId{2}, Goodbye{});
  outbox.Persist(R("b"));
  outbox.Send(WorkerId{3}, Goodbye{});
  EXPECT_TRUE(outbox.Pump(Millis(60)).ok());
  EXPECT_THAT(sinks.log, IsEmpty());
  EXPECT_FALSE(outbox.empty());
  EXPECT_EQ(outbox.pending_records(), 2U);
  runner.done = true;
  EXPECT_TRUE(outbox.Pump(Millis(70)).ok());
  EXPECT_THAT(sinks.log, ElementsAre("commit a", "send 1", "send 2"));
  EXPECT_EQ(outbox.pending_records(), 1U);
  EXPECT_TRUE(outbox.Pump(Millis(110)).ok()) << "as old as it was when it was first seen";
  EXPECT_TRUE(outbox.Pump(Millis(111)).ok());
  EXPECT_THAT(sinks.log, ElementsAre("commit a", "send 1", "send 2", "commit b", "send 3"));
  EXPECT_TRUE(outbox.empty());
}

TEST_F(OutboxBesideTest, AMessageAloneLeavesAfterTheCommitAtWork) {
  Begin();
  outbox.Drop(WorkerId{2}, "gone");
  runner.done = true;
  EXPECT_TRUE(outbox.Pump(Millis(60)).ok());
  EXPECT_THAT(sinks.log, ElementsAre("commit a", "send 1", "drop 2 gone"));
  EXPECT_TRUE(outbox.empty());
  EXPECT_FALSE(outbox.NextDue());
}

TEST_F(OutboxBesideTest, WhatFailedIsTriedAgainWithWhatCameMeanwhile) {
  Begin();
  outbox.Persist(R("b"));
  sinks.full = runner.done = true;
  EXPECT_FALSE(outbox.Pump(Millis(60)).ok());
  EXPECT_EQ(outbox.failing_since(), Millis(60));
  EXPECT_EQ(outbox.pending_records(), 2U);
  sinks.full = false;
  EXPECT_TRUE(outbox.Pump(Millis(1059)).ok()) << "not due before its retry";
  EXPECT_TRUE(outbox.Pump(Millis(1060)).ok());
  EXPECT_TRUE(outbox.Pump(Millis(1061)).ok());
  EXPECT_THAT(sinks.log, ElementsAre("commit a b", "send 1"));
  EXPECT_FALSE(outbox.failing_since());
}

TEST_F(OutboxBesideTest, FlushWaitsForAllOfIt) {
  Begin();
  outbox.Persist(R("b"));
  EXPECT_TRUE(outbox.Flush(Millis(60)).ok());
  EXPECT_THAT(sinks.log, ElementsAre("commit a", "send 1", "commit b"));
  EXPECT_TRUE(outbox.empty());
}

}  // namespace
}  // namespace unmask
