#include "coordinator/core/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
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
  void Rollback() override { pending.clear(); }
  void Send(WorkerId to, const Message&) override {
    log.push_back("send " + std::to_string(to.value));
  }
  void Drop(WorkerId worker, const std::string& reason) override {
    log.push_back("drop " + std::to_string(worker.value) + " " + reason);
  }
  void Note(const std::string& line) override { log.push_back(line); }

  std::vector<std::string> pending, log;
  std::string refuses;
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

}  // namespace
}  // namespace unmask
