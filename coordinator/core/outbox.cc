#include "coordinator/core/outbox.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/planted_bugs.h"

namespace unmask {

void Outbox::Persist(Record record) {
  queue_.emplace_back(std::move(record));
  ++pending_records_;
}

void Outbox::Send(WorkerId to, Message message) {
  const bool leaks = Planted(PlantedBug::kAcknowledgedBeforeCommit) &&
                     std::holds_alternative<Acknowledged>(message);
  if (queue_.empty() || leaks) {
    messages_.Send(to, message);
  } else {
    queue_.emplace_back(Outgoing{to, std::move(message)});
  }
}

void Outbox::Drop(WorkerId worker, const std::string& reason) {
  if (queue_.empty()) {
    messages_.Drop(worker, reason);
  } else {
    queue_.emplace_back(Dropped{worker, reason});
  }
}

void Outbox::Note(const std::string& line) { messages_.Note(line); }

Status Outbox::Pump(Millis now) {
  if (queue_.empty()) return {};
  if (!oldest_) oldest_ = now;
  if (now < *NextDue()) return {};
  return Flush(now);
}

Status Outbox::Flush(Millis now) {
  if (queue_.empty()) return {};
  if (auto committed = ApplyAndCommit(); !committed.ok()) {
    records_.Rollback();
    if (!failing_since_) failing_since_ = now;
    if (!oldest_) oldest_ = now;
    retry_at_ = now + config_.retry_after;
    return committed;
  }
  failing_since_.reset();
  oldest_.reset();
  pending_records_ = 0;
  for (const Entry& entry : queue_) Deliver(entry);
  queue_.clear();
  return {};
}

std::optional<Millis> Outbox::NextDue() const {
  if (!oldest_) return std::nullopt;
  const Millis due = *oldest_ + config_.commit_after;
  return failing_since_ ? std::max(due, retry_at_) : due;
}

Status Outbox::ApplyAndCommit() {
  for (const Entry& entry : queue_) {
    if (const auto* record = std::get_if<Record>(&entry)) UNMASK_TRY(records_.Apply(*record));
  }
  return records_.Commit();
}

void Outbox::Deliver(const Entry& entry) {
  if (const auto* outgoing = std::get_if<Outgoing>(&entry)) {
    messages_.Send(outgoing->to, outgoing->message);
  } else if (const auto* dropped = std::get_if<Dropped>(&entry)) {
    messages_.Drop(dropped->worker, dropped->reason);
  }
}

}  // namespace unmask
