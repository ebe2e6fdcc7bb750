// What the scheduler may do to the world, and nothing else. The order of the calls is the order of
// cause: a Record that precedes a Send must be committed before that Send leaves. Outbox makes that
// true in the app and in the simulator.
#pragma once

#include <string>

#include "common/base/ids.h"
#include "common/protocol/messages.h"
#include "common/protocol/records.h"

namespace unmask {

class Effects {
 public:
  virtual ~Effects() = default;
  virtual void Persist(Record record) = 0;
  virtual void Send(WorkerId to, Message message) = 0;
  // The worker has left the scheduler's table, whatever the reason (lost, silent, drained). Only
  // Superseded is sent to it from here on, as an answer to what it still says, and one JoinAnew
  // where it was given up as silent.
  virtual void Drop(WorkerId worker, const std::string& reason) = 0;
  // One line for the log: a decision that no record tells.
  virtual void Note(const std::string& line) { (void)line; }
};

}  // namespace unmask
