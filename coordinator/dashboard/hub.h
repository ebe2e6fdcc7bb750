// What the connections of a dashboard share: who we are, what is shown, how much is allowed, and
// the streams of server-sent events.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <set>

#include "common/base/clock.h"
#include "coordinator/dashboard/routes.h"

namespace unmask {

struct DashboardLimits {
  std::size_t connections = 32;  // more are closed unheard
  std::size_t streams = 16;      // of these; more are answered 503, and the page asks by itself
  Millis head{5'000};            // for a whole request head, and between requests
  Millis write{5'000};           // for a response or an event
  Millis publish{1'000};         // between events
};

class EventStream {
 public:
  virtual ~EventStream() = default;
  virtual void Send(const SharedText& event) = 0;
  virtual void End() = 0;  // after what was sent
};

// One thread, that of the io_context. Outlives its connections, which share it.
class DashboardHub : public std::enable_shared_from_this<DashboardHub> {
 public:
  DashboardHub(boost::asio::io_context& io, DashboardIdentity identity, DashboardLimits limits,
               DashboardSource& source)
      : identity_(std::move(identity)), limits_(limits), source_(source), timer_(io) {}

  const DashboardIdentity& identity() const { return identity_; }
  const DashboardLimits& limits() const { return limits_; }
  DashboardSource& source() { return source_; }

  bool MayConnect() const { return connections_ < limits_.connections; }
  void OnConnected() { ++connections_; }
  void OnDisconnected() { --connections_; }
  std::size_t streams() const { return streams_.size(); }
  bool MayStream() const { return streams_.size() < limits_.streams && !ended_; }
  void AddStream(EventStream& stream);
  void RemoveStream(EventStream& stream) { streams_.erase(&stream); }

  // The last state goes to every stream, and the streams end.
  void End();

 private:
  void Await();
  void Publish();
  SharedText Event(const char* name);

  DashboardIdentity identity_;
  DashboardLimits limits_;
  DashboardSource& source_;
  boost::asio::steady_timer timer_;
  std::size_t connections_ = 0;
  std::set<EventStream*> streams_;
  SharedText published_;  // the JSON of event_
  SharedText event_;
  bool awaiting_ = false;
  bool ended_ = false;
};

}  // namespace unmask
