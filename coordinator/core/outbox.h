// Makes "committed before sent" true: records and messages queue in the order of their cause, and
// a message leaves only after everything persisted before it is committed (group commit). A commit
// that fails (no room, busy) loses nothing: all of it is kept and tried again whole.
#pragma once

#include <cstddef>
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
};

// One thread. Both sinks must outlive it and must not call back into it.
class Outbox final : public Effects {
 public:
  struct Config {
    Millis commit_after{50};   // age of the oldest pending record
    Millis retry_after{1000};  // after a commit that failed
  };
  Outbox(RecordSink& records, MessageSink& messages) : Outbox(records, messages, Config()) {}
  Outbox(RecordSink& records, MessageSink& messages, Config config)
      : records_(records), messages_(messages), config_(config) {}

  void Persist(Record record) override;
  void Send(WorkerId to, Message message) override;
  void Drop(WorkerId worker, const std::string& reason) override;
  void Note(const std::string& line) override;

  // Call after every batch of events: takes `now` as the age of what is new, and commits and sends
  // when the oldest pending record is old enough. An error is the sink's; everything is kept.
  Status Pump(Millis now);
  // Commits and sends now, whatever the age.
  Status Flush(Millis now);

  // When Pump will have something to do; nullopt: nothing is pending.
  std::optional<Millis> NextDue() const;
  // Since when commits have failed without a success; nullopt: they do not.
  std::optional<Millis> failing_since() const { return failing_since_; }
  std::size_t pending_records() const { return pending_records_; }
  bool empty() const { return queue_.empty(); }

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

  Status ApplyAndCommit();
  void Deliver(const Entry& entry);

  RecordSink& records_;
  MessageSink& messages_;
  Config config_;
  std::vector<Entry> queue_;  // starts with a Record unless empty
  std::size_t pending_records_ = 0;
  std::optional<Millis> oldest_;  // when Pump first saw the oldest pending record
  std::optional<Millis> failing_since_;
  Millis retry_at_{};
};

}  // namespace unmask
