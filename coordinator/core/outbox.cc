#include "coordinator/core/outbox.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

#include "coordinator/core/planted_bugs.h"

namespace unmask {

Outbox::~Outbox() {
  if (running_) (void)runner_->Wait();
}

void Outbox::Persist(Record record) {
  queue_.emplace_back(std::move(record));
  ++pending_records_;
}

void Outbox::Send(WorkerId to, Message message) {
  const bool leaks = Planted(PlantedBug::kAcknowledgedBeforeCommit) &&
                     std::holds_alternative<Acknowledged>(message);
  if (leaks) return messages_.Send(to, message);
  AddBehindRecords(Outgoing{to, std::move(message)});
}

void Outbox::Drop(WorkerId worker, const std::string& reason) {
  AddBehindRecords(Dropped{worker, reason});
}

void Outbox::AddBehindRecords(Entry entry) {
  if (empty()) return Deliver(entry);
  queue_.push_back(std::move(entry));
}

void Outbox::Note(const std::string& line) { messages_.Note(line); }

Status Outbox::Pump(Millis now) {
  if (!queue_.empty() && !oldest_) oldest_ = now;
  if (running_) {
    const std::optional<Status> committed = runner_->Result();
    if (!committed) return {};
    UNMASK_TRY(Finish(*committed, now));
  }
  if (queue_.empty() || now < *NextDue()) return {};
  return Commit(now);
}

Status Outbox::Flush(Millis now) {
  while (!empty()) {
    if (!running_) UNMASK_TRY(Commit(now));
    if (running_) UNMASK_TRY(Finish(runner_->Wait(), now));
  }
  return {};
}

std::optional<Millis> Outbox::NextDue() const {
  if (!oldest_) return std::nullopt;
  const Millis due = *oldest_ + config_.commit_after;
  return failing_since_ ? std::max(due, retry_at_) : due;
}

// All that is queued; with a runner it goes on there.
Status Outbox::Commit(Millis now) {
  batch_.swap(queue_);
  oldest_.reset();
  if (!runner_) return Finish(ApplyAndCommit(), now);
  running_ = true;
  runner_->Start([this] { return ApplyAndCommit(); });
  return {};
}

Status Outbox::ApplyAndCommit() {
  const auto apply = [this]() -> Status {
    try {
      for (const Entry& entry : batch_) {
        if (const auto* record = std::get_if<Record>(&entry)) UNMASK_TRY(records_.Apply(*record));
      }
      return records_.Commit();
    } catch (const std::bad_alloc&) {
      return InternalError("no memory");
    }
  };
  Status committed = apply();
  if (!committed.ok()) records_.Rollback();
  return committed;
}

Status Outbox::Finish(const Status& committed, Millis now) {
  running_ = false;
  if (!committed.ok()) {  // what came meanwhile goes behind it again
    std::ranges::move(queue_, std::back_inserter(batch_));
    queue_.clear();
    batch_.swap(queue_);
    if (!failing_since_) failing_since_ = now;
    if (!oldest_) oldest_ = now;
    retry_at_ = now + config_.retry_after;
    return committed;
  }
  failing_since_.reset();
  for (const Entry& entry : batch_) Deliver(entry);
  batch_.clear();
  DeliverWhatWaitsForNothing();
  return {};
}

// What was said while a commit ran, with no record of its own before it.
void Outbox::DeliverWhatWaitsForNothing() {
  const auto is_record = [](const Entry& entry) { return std::holds_alternative<Record>(entry); };
  const auto first_record = std::ranges::find_if(queue_, is_record);
  std::for_each(queue_.begin(), first_record, [this](const Entry& entry) { Deliver(entry); });
  queue_.erase(queue_.begin(), first_record);
  if (queue_.empty()) oldest_.reset();
}

void Outbox::Deliver(const Entry& entry) {
  if (const auto* record = std::get_if<Record>(&entry)) {
    --pending_records_;
    messages_.OnCommitted(*record);
  } else if (const auto* outgoing = std::get_if<Outgoing>(&entry)) {
    messages_.Send(outgoing->to, outgoing->message);
  } else if (const auto* dropped = std::get_if<Dropped>(&entry)) {
    messages_.Drop(dropped->worker, dropped->reason);
  }
}

}  // namespace unmask
