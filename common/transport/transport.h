// Messages between ranks, in order and without loss while both ends live. One thread owns a
// Transport.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/ids.h"

namespace unmask {

struct Received {
  WorkerId from;  // the rank; 0 is the coordinator
  std::string bytes;
};
struct PeerLost {  // the transport knows that the peer is dead; silence is for heartbeats to judge
  WorkerId peer;
};
using TransportEvent = std::variant<Received, PeerLost>;

class Transport {
 public:
  virtual ~Transport() = default;
  virtual WorkerId self() const = 0;
  virtual int size() const = 0;  // ranks, the coordinator included
  // Queues the bytes for the next Poll or Flushed; never blocks. Sending to a lost peer is silently
  // dropped.
  virtual void Send(WorkerId to, std::string_view bytes) = 0;
  // The next event, or nullopt where nothing is there now. Also moves queued sends on.
  virtual std::optional<TransportEvent> Poll() = 0;
  // Moves queued sends on; whether every one has left.
  virtual bool Flushed() = 0;
};

}  // namespace unmask
