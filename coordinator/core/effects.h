// What the scheduler may do to the world, and nothing else. The order of the calls is the order of
// cause: a Record that precedes a Send must be committed before that Send leaves (Outbox in the
// app; the simulator checks it).
#pragma once

#include <string>

#include "common/base/ids.h"
#include "common/protocol/messages.h"
#include "common/protocol/records.h"

namespace unmask {

// --- effects
// -----------------------------------------------------------------------------------------------------

class Effects {
 public:
  virtual ~Effects() = default;
  virtual void Persist(Record record) = 0;
  virtual void Send(WorkerId to, Message message) = 0;
  // The worker is given up (drained, silent, refused): nothing more is sent to it.
  virtual void Drop(WorkerId worker, const std::string& reason) = 0;
};

}  // namespace unmask
