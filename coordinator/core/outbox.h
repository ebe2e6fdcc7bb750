// Makes "committed before sent" true: records and messages queue in the order of their cause, and
// a message leaves only after everything persisted before it is committed (group commit). A commit
// that fails (no room) loses nothing: all of it is kept and tried again whole. A commit may
// run beside the scheduler (CommitRunner): what comes meanwhile waits for the next one.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "coordinator/core/effects.h"

namespace unmask {

// Where records go: the store, in the app ResultsStore.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual Status Apply(const Record& record) = 0;  // begins a transaction where none is open
  virtual Status Commit() = 0;
  virtual void Rollback() = 0;
};

// Where messages go when they may: the transport.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  virtual void Send(WorkerId to, const Message& message) = 0;
  virtual void Drop(WorkerId worker, const std::string& reason) = 0;
  virtual void Note(const std::string& line) = 0;
  // The record is committed, in its place among what is sent.
  virtual void OnCommitted(const Record& record) { (void)record; }
};

// Where commits run, one at a time: elsewhere than in the outbox's thread.
class CommitRunner {
 public:
  virtual ~CommitRunner() = default;
  virtual void Start(std::function<Status()> commit) = 0;
  // What came of it, told once; nullopt: it is still at work.
  virtual std::optional<Status> Result() = 0;
  virtual Status Wait() = 0;  // likewise, however long it takes
};

// One thread; only what it gives to `runner` is used elsewhere. All arguments must outlive it, and
// the sinks must not call back into it.
class Outbox final : public Effects {
 public:
  struct Config {
    Millis commit_after{50};   // age of the oldest pending record
    Millis retry_after{1000};  // after a commit that failed
  };
  Outbox(RecordSink& records, MessageSink& messages) : Outbox(records, messages, Config()) {}
  // Without a runner Pump and Flush commit by themselves.
  Outbox(RecordSink& records, MessageSink& messages, Config config, CommitRunner* runner = nullptr)
      : records_(records), messages_(messages), config_(config), runner_(runner) {}
  ~Outbox() override;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void Persist(Record record) override;
  void Send(WorkerId to, Message message) override;
  void Drop(WorkerId worker, const std::string& reason) override;
  void Note(const std::string& line) override;

  // Call after every batch of events: takes `now` as the age of what is new, and commits and sends
  // when the oldest pending record is old enough. An error is the sink's; everything is kept. With
  // a runner: begins the commit, and sends when it is called after its end.
  Status Pump(Millis now);
  // Commits and sends now, whatever the age; returns when all of it is done.
  Status Flush(Millis now);

  // When Pump will have something to do; nullopt: nothing is pending.
  std::optional<Millis> NextDue() const;
  // Since when commits have failed without a success; nullopt: they do not.
  std::optional<Millis> failing_since() const { return failing_since_; }
  std::size_t pending_records() const { return pending_records_; }
  bool empty() const { return queue_.empty() && !running_; }

 private:
  struct Outgoing {
    WorkerId to;
    Message message;
  };
  struct Dropped {
    WorkerId worker;
    std::string reason;
  };
  using Entry = std::variant<Record, Outgoing, Dropped>;

  void AddBehindRecords(Entry entry);  // where there are any
  Status Commit(Millis now);
  Status ApplyAndCommit();
  Status Finish(const Status& committed, Millis now);
  void DeliverWhatWaitsForNothing();
  void Deliver(const Entry& entry);

  RecordSink& records_;
  MessageSink& messages_;
  Config config_;
  CommitRunner* runner_;
  std::vector<Entry> queue_;  // starts with a Record unless empty, or something is running
  std::vector<Entry> batch_;  // what is being committed, and what leaves after it
  bool running_ = false;      // batch_ is the runner's to read
  std::size_t pending_records_ = 0;
  std::optional<Millis> oldest_;  // when Pump first saw the oldest record of queue_
  std::optional<Millis> failing_since_;
  Millis retry_at_{};
};

}  // namespace unmask
