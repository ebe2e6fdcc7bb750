// A scheduler, the jobs and workers of a test, and every effect that it had. A test consumes each
// effect; one that is left over fails it, and so does a broken invariant after any event.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "coordinator/core/scheduler.h"

namespace unmask {

struct SentMessage {
  WorkerId to;
  Message message;
};
struct DroppedWorker {
  WorkerId worker;
  std::string reason;
};

class FakeEffects final : public Effects {
 public:
  using Effect = std::variant<Record, SentMessage, DroppedWorker>;
  void Persist(Record record) override { effects.emplace_back(std::move(record)); }
  void Send(WorkerId to, Message message) override {
    effects.emplace_back(SentMessage{to, std::move(message)});
  }
  void Drop(WorkerId worker, const std::string& reason) override {
    effects.emplace_back(DroppedWorker{worker, reason});
  }
  void Note(const std::string& line) override { notes.push_back(line); }

  std::deque<Effect> effects;
  std::deque<std::string> notes;
};

// "a", needs nothing. Set what a test is about.
inline SchedulerJob AJob(std::string key, std::vector<std::string> dependencies = {}) {
  SchedulerJob job;
  job.spec = "spec of " + key;
  job.key = std::move(key);
  job.dependencies = std::move(dependencies);
  return job;
}

inline WorkerInfo AWorker(int id, int slots = 1, std::string numerics_class = "class") {
  return {WorkerId{id}, "host", "cpu", std::move(numerics_class), slots};
}

class SchedulerEnv {
 public:
  explicit SchedulerEnv(SchedulerConfig config = {})
      : scheduler(config, CoordinatorEpoch{7}, fake) {}
  ~SchedulerEnv() { ExpectNothing(); }

  // --- events, with the invariants checked after each
  void Add(std::vector<SchedulerJob> jobs) {
    scheduler.AddJobs(std::move(jobs), now);
    Check();
  }
  void Join(const WorkerInfo& worker) {
    scheduler.OnWorkerJoined(worker, now);
    Check();
  }
  void Lose(int worker) {
    scheduler.OnWorkerLost(WorkerId{worker}, "killed", now);
    Check();
  }
  void Say(int worker, const Message& message) {
    scheduler.OnMessage(WorkerId{worker}, message, now);
    Check();
  }
  void Tick(Millis later) {
    now += later;
    scheduler.OnTick(now);
    Check();
  }
  void Stop() {
    scheduler.OnStopRequested(now);
    Check();
  }

  // --- effects, in their order
  template <typename T>
  T Recorded() {
    const auto* record = Next<Record>();
    EXPECT_TRUE(record && std::holds_alternative<T>(*record)) << "expected another record";
    T taken = record && std::holds_alternative<T>(*record) ? std::get<T>(*record) : T{};
    Consume();
    return taken;
  }
  template <typename T>
  T Sent(int to) {
    const auto* sent = Next<SentMessage>();
    EXPECT_TRUE(sent && std::holds_alternative<T>(sent->message)) << "expected another message";
    EXPECT_EQ(sent ? sent->to.value : 0, to);
    T taken = sent && std::holds_alternative<T>(sent->message) ? std::get<T>(sent->message) : T{};
    Consume();
    return taken;
  }
  std::string Dropped(int worker) {
    const auto* dropped = Next<DroppedWorker>();
    EXPECT_TRUE(dropped) << "expected a Drop";
    EXPECT_EQ(dropped ? dropped->worker.value : 0, worker);
    const std::string reason = dropped ? dropped->reason : "";
    Consume();
    return reason;
  }
  // What people are told, beside the other effects.
  std::string Noted() {
    EXPECT_FALSE(fake.notes.empty()) << "expected a Note";
    if (fake.notes.empty()) return "";
    std::string line = std::move(fake.notes.front());
    fake.notes.pop_front();
    return line;
  }
  void ExpectNothing() {
    EXPECT_TRUE(fake.effects.empty()) << fake.effects.size() << " effects are left over";
    fake.effects.clear();
    EXPECT_TRUE(fake.notes.empty()) << "a note is left over: " << fake.notes.front();
    fake.notes.clear();
  }

  // --- what many tests need
  LeaseId ExpectLease(int worker, const std::string& key) {
    const auto record = Recorded<RecordLease>();
    const auto lease = Sent<Lease>(worker);
    EXPECT_EQ(lease.id.job_key, key);
    EXPECT_EQ(record.lease, lease.id);
    EXPECT_EQ(record.worker.id.value, worker);
    return lease.id;
  }
  LeaseId JoinAndLease(const WorkerInfo& worker, const std::string& key) {
    Join(worker);
    Sent<Welcome>(worker.id.value);
    return ExpectLease(worker.id.value, key);
  }
  RecordAttemptEnd Fail(int worker, const LeaseId& lease,
                        FailureClass failure = FailureClass::kKilled, bool sole_suspect = true) {
    Say(worker, AttemptFailed{lease, failure, "it broke", sole_suspect});
    auto end = Recorded<RecordAttemptEnd>();
    EXPECT_EQ(end.lease, lease);
    return end;
  }
  void Finish(int worker, const LeaseId& lease) {
    Say(worker, ResultReady{lease, {}});
    EXPECT_EQ(Recorded<RecordResult>().lease, lease);
  }

  FakeEffects fake;
  Scheduler scheduler;
  Millis now{1000};

 private:
  template <typename T>
  const T* Next() const {
    return fake.effects.empty() ? nullptr : std::get_if<T>(&fake.effects.front());
  }
  void Consume() {
    if (!fake.effects.empty()) fake.effects.pop_front();
  }
  void Check() const {
    const Status sane = scheduler.SanityCheck();
    EXPECT_TRUE(sane.ok()) << FormatError(sane.error());
  }
};

}  // namespace unmask
