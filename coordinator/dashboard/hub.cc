#include "coordinator/dashboard/hub.h"

#include <vector>

namespace unmask {

void DashboardHub::AddStream(EventStream& stream) {
  streams_.insert(&stream);
  stream.Send(Event("sweep"));
  Await();
}

// Ticks only while somebody looks.
void DashboardHub::Await() {
  if (awaiting_ || streams_.empty() || ended_) return;
  awaiting_ = true;
  timer_.expires_after(limits_.publish);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto hub = weak.lock();
    if (error || !hub) return;
    hub->awaiting_ = false;
    hub->Publish();
    hub->Await();
  });
}

void DashboardHub::Publish() {
  if (streams_.empty() || ended_) return;
  const SharedText before = event_;
  const SharedText event = Event("sweep");
  if (event == before) return;
  const std::vector<EventStream*> streams(streams_.begin(), streams_.end());
  for (EventStream* stream : streams) stream->Send(event);
}

// One copy for all viewers.
SharedText DashboardHub::Event(const char* name) {
  const SharedText json = source_.SweepJson();
  if (json != published_ || ended_) {
    published_ = json;
    event_ = std::make_shared<const std::string>("event: " + std::string(name) +
                                                 "\ndata: " + *json + "\n\n");
  }
  return event_;
}

void DashboardHub::End() {
  ended_ = true;
  timer_.cancel();
  const SharedText event = Event("end");
  const std::vector<EventStream*> streams(streams_.begin(), streams_.end());
  for (EventStream* stream : streams) {
    stream->Send(event);
    stream->End();
  }
}

}  // namespace unmask
